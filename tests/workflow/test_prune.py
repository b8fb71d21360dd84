"""Pruning deletes what no study asks for, when told to, and nothing else."""

import json
import os
import subprocess

import pytest
from ruamel.yaml import YAML
from whole_runs import (
    PROJECT,
    TINY,
    edit_code,
    forget_configurations,
    jobs,
    run_folders,
    runs_of,
    script,
    snakemake,
)

from lr_atlas.common.errors import UserError
from lr_atlas.runs.atlas_code import readable
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.studies.known_configurations import (
    asked_for,
    known_configurations,
    remember_configuration,
)
from lr_atlas.tools.prune import orphans
from lr_atlas.tools.prune.orphans import Reason, delete, find_orphans
from prune import load_atlases


def prune(directory, *arguments, config=TINY, project=PROJECT):
    """Return what pruning prints."""
    given = ["--directory", directory, *(["--configfile", config] if config else [])]
    process = script("prune.py", *given, *arguments, project=project)
    assert process.returncode == 0, process.stderr
    return process.stdout


def files(directory):
    """{path: content} of all files, links as where they lead to."""
    return {
        str(path.relative_to(directory)): path.readlink()
        if path.is_symlink()
        else path.read_bytes()
        for path in directory.rglob("*")
        if path.is_symlink() or path.is_file()
    }


@pytest.fixture
def results(results):
    """The results of the tiny studies, as if the file that asked for them had been edited since."""
    forget_configurations(results)
    return results


def make_old(path):
    os.utime(path, (1e9, 1e9))


def test_where_all_is_asked_for_there_is_nothing_to_prune(results):
    before = files(results)
    assert "There are no orphans." in prune(results, "--yes")
    assert files(results) == before


def test_without_yes_it_shows_orphans_with_their_sizes_and_deletes_nothing(results, edited):
    before = files(results)
    text = prune(results, config=edited("seeds: 2", "seeds: 1"))
    assert "Runs that no study asks for (4, " in text
    name = next(folder.parent.name for folder in run_folders(results) if "seed1" in str(folder))
    size = sum(len(content) for path, content in before.items() if name in path)
    assert f"{name}" in text
    assert f"{size / 1000:.0f} kB" in text
    assert "Nothing was deleted." in text
    assert files(results) == before


def test_with_yes_it_deletes_all_that_belongs_to_an_orphan_and_nothing_else(results, edited):
    before = files(results)
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 1e+6]")
    assert "Deleted all of this: " in prune(results, "--yes", config=config)
    after = files(results)
    assert after == {path: text for path, text in before.items() if "-lr0.1-" not in path}
    assert len(before) - len(after) == 2 * (8 + 2 + 1 + 1)  # run, checkpoint, log, benchmark
    assert not list((results / "results").rglob("*-lr0.1-*"))
    assert "There are no orphans." in prune(results, "--yes", config=config)
    assert "train" not in jobs(snakemake("--dry-run", directory=results, config=config))


def test_what_any_of_several_configurations_asks_for_is_kept(results, edited, tmp_path):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: 0.01")
    other = config.rename(tmp_path / "other.yaml")
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: 0.1")
    before = files(results)
    text = prune(results, other, "--yes", config=config)
    assert f"What {config} or {other} or all together asks for is kept: 6 runs." in text
    assert {path.split("/")[2] for path in before.keys() - files(results).keys()} >= {
        folder.parent.name for folder in run_folders(results) if "lr1000000" in str(folder)
    }
    assert len(run_folders(results)) == 6


def test_what_several_configurations_ask_for_only_together_is_kept(results, edited, tmp_path):
    """The second one changes some keys of the first, and is no configuration by itself."""
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: 0.5")
    change = tmp_path / "change.yaml"
    optimizers = "[{name: sgd, lr: [0.01, 0.1], momentum: 0.9}, {name: adam}]"
    change.write_text(f"studies: {{tiny: {{optimizers: {optimizers}}}}}\n")
    before = files(results)
    text = prune(results, change, "--yes", config=config)
    assert len(run_folders(results)) == 6
    assert not [folder for folder in run_folders(results) if "lr1000000" in str(folder)]
    assert "Runs that no study asks for (2, " in text
    assert files(results).items() < before.items()


def test_files_count_each_by_itself_and_together_as_far_as_they_can(tmp_path):
    texts = {
        "whole": "{dataset: mnist, optimizers: [{name: adam}], reference: {source: us, values: "
        "[{where: {optimizer: adam}, train_loss: 1}]}}",
        "other": "{dataset: mnist, optimizers: [{name: sgd}]}",  # does not fit to that reference
        "change": "{epochs: 5}",
        "wrong": "{optimizers: [{name: amad}]}",
    }
    paths = {name: tmp_path / f"{name}.yaml" for name in texts}
    for name, path in paths.items():
        path.write_text(f"studies: {{a: {texts[name]}}}\n")

    def asked(*names):
        atlases = [atlas for atlas, _ in load_atlases([paths[name] for name in names], {})]
        return [(atlas.plans["a"].settings[0], *atlas.lengths.popitem()[1]) for atlas in atlases]

    adam, sgd = "adam-lr0.001", "sgd-lr0.001"
    assert asked("whole") == [(adam, 10)]
    assert asked("whole", "other") == [(adam, 10), (sgd, 10)]
    assert asked("whole", "change") == [(adam, 10), (adam, 5)]
    assert asked("other", "whole") == [(sgd, 10), (adam, 10), (adam, 10)]
    for names in (["change"], ["change", "whole"], ["whole", "wrong"], ["other", "wrong", "whole"]):
        with pytest.raises(UserError):
            asked(*names)


def test_values_of_the_command_line_count_as_in_a_run(results, edited):
    config = edited("seeds: 2", "seeds: 1")
    before = files(results)
    assert "There are no orphans." in prune(
        results, "--yes", "--config", "studies={tiny: {seeds: 2}}", config=config
    )
    assert files(results) == before


def test_a_shorter_run_goes_and_its_checkpoint_stays_for_the_longer_one(results, edited):
    config = edited("epochs: 3", "epochs: 5")
    before = files(results / "results" / "checkpoints")
    text = prune(results, "--yes", config=config)
    assert "Lengths of runs that no study asks for (21, " in text
    assert [folder.parent.name.split("-seed")[0] for folder in run_folders(results)] == [
        "fashion_mnist-adam-lr0.001"  # the study `shared` asks for three epochs of it
    ]
    assert files(results / "results" / "checkpoints") == before
    plan = script("plan.py", "--directory", results, "--configfile", config).stdout
    assert "after 3 of 5 epochs" in plan
    assert "Orphaned" not in plan


def test_checkpoints_by_other_code_go_and_stale_runs_stay(results, copied):
    edit_code(copied)
    text = prune(results, "--yes", project=copied)
    assert "Checkpoints by other code than the present, or damaged (8, " in text
    assert "only if that code comes back" in text
    assert len(run_folders(results)) == 8
    assert not list((results / "results" / "checkpoints").iterdir())


def test_a_damaged_checkpoint_goes(results):
    path = next((results / "results" / "checkpoints").glob("*/*/*.zip"))
    path.write_bytes(b"no archive")
    prune(results, "--yes")
    assert not path.parent.parent.exists()
    assert len(list((results / "results" / "checkpoints").iterdir())) == 7


def test_what_a_killed_job_left_unfinished_goes_but_not_what_is_being_written(results):
    folder = run_folders(results)[0]
    origin = next((results / "results" / "checkpoints").glob("*/*/"))
    left = [folder / ".model.pt.17.unfinished", origin / ".epochs-3.zip.17.unfinished"]
    fresh = folder / ".run.json.18.unfinished"
    for path in (*left, fresh):
        path.write_text("half of it")
    for path in left:
        make_old(path)
    before = files(results)
    assert "What killed jobs left unfinished (2, 20 B)" in prune(results, "--yes")
    assert before.keys() - files(results).keys() == {str(p.relative_to(results)) for p in left}


def test_links_are_neither_followed_nor_deleted(results, edited, tmp_path):
    folder = next(f for f in run_folders(results) if "adam" in str(f) and "seed1" in str(f))
    outside = tmp_path / "outside"
    outside.mkdir()
    for path in (folder, folder.parents[2] / "logs" / "train"):
        path.rename(outside / path.name)
        path.symlink_to(outside / path.name)
    before, kept = files(outside), files(results)
    text = prune(results, "--yes", config=edited("seeds: 2", "seeds: 1"))
    assert "Links are left alone: " in text
    assert files(outside) == before
    assert str(folder.relative_to(results)) in files(results)
    assert "results/logs/train" in files(results)
    assert len(files(results)) < len(kept)


def test_what_training_jobs_did_not_make_is_left_alone(results, edited):
    others = [
        "runs/notes.txt",
        "runs/old/epochs-3/run.json",
        "checkpoints/by hand/epochs-3.zip",
        "models/model.pt",
    ]
    for name in others:
        path = results / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    note = run_folders(results)[0].parent / "note.txt"
    note.write_text("mine")
    prune(results, "--yes", config=edited("studies:", "studies: &s"))
    prune(results, "--yes", config=None)
    assert run_folders(results) == [results / "results" / "runs" / "old" / "epochs-3"]
    assert note.exists()
    for name in others:
        assert (results / "results" / name).exists()
    assert list((results / "results" / "data").rglob("train.npz"))
    assert (results / "results" / "studies" / "tiny" / "summary.csv").exists()


@pytest.mark.parametrize("place", ["elsewhere", "results/checkpoints"])
def test_a_shared_cache_is_left_alone(place, results, tmp_path):
    cache = results / place
    if place == "elsewhere":
        (results / "results" / "checkpoints").rename(cache)
    config = tmp_path / "one.yaml"
    data = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
    config.write_text(
        f"datasets: {{fashion_mnist: {{directory: {data}}}}}\n"
        f"cache: {{directory: {cache}}}\n"
        "studies: {one: {dataset: fashion_mnist, validation: 100, batch_size: 20, "
        "optimizers: [{name: sgd}]}}\n"
    )
    before = files(cache)
    assert f"The cache {cache} is left alone" in prune(results, "--yes", config=config)
    assert files(cache) == before
    assert not run_folders(results)


def test_it_refuses_while_snakemake_works_there(results, edited):
    locks = results / ".snakemake" / "locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text("results/report.html\n")
    before = files(results)
    config = edited("seeds: 2", "seeds: 1")
    process = script("prune.py", "--yes", "--directory", results, "--configfile", config)
    assert process.returncode == 1
    assert "Snakemake is at work in this folder" in process.stderr
    assert len(process.stderr.splitlines()) == 1
    assert files(results) == before


def test_a_configuration_that_cannot_be_read_deletes_nothing(results, edited):
    before = files(results)
    config = edited("name: adam", "name: amad")
    process = script("prune.py", "--yes", "--directory", results, "--configfile", TINY, config)
    assert process.returncode == 1
    assert "did you mean 'adam'?" in process.stderr
    assert files(results) == before


def test_interrupted_it_leaves_no_half_of_a_run_and_can_be_started_again(results, monkeypatch):
    def interrupted(path):
        next(path.glob("*.csv")).unlink()
        raise KeyboardInterrupt

    folder = run_folders(results)[0]
    code = json.loads((folder / "run.json").read_text())["code"]
    asked = {f.parent.name: {3} for f in run_folders(results) if f != folder}
    found, _ = find_orphans(results / "results", asked, [code])
    orphan = next(each for each in found if each.path == folder)
    with monkeypatch.context() as patch:
        patch.setattr(orphans.shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            delete(orphan, [])
    assert not folder.exists()
    rest, _ = find_orphans(results / "results", asked, [code])
    assert [each.reason for each in rest if "runs" in each.path.parts].count(Reason.UNFINISHED) == 1
    for each in rest:
        delete(each, [])
    assert find_orphans(results / "results", asked, [code]) == ([], [])
    assert not folder.parent.exists()


def test_what_other_configurations_ask_for_is_kept_and_they_are_named(results, edited, tmp_path):
    """The one that was run here, the folder's own studies, and those of the project."""
    before, config = files(results), edited("seeds: 2", "seeds: [7]")
    own = results / "studies" / "own.yaml"
    own.parent.mkdir()
    own.write_text(config.read_text().replace("seeds: [7]", "seeds: 1"), encoding="utf-8")
    remember_configuration(results / ".snakemake" / "lr-atlas", [TINY], {})
    before |= files(results)
    text = prune(results, "--yes", config=config)
    assert "There are no orphans." in text
    for name in (PROJECT / "config.yaml", PROJECT / "studies" / "quick.yaml", TINY, own):
        assert str(name.relative_to(PROJECT) if PROJECT in name.parents else name) in text
    assert files(results) == before
    plan = script("plan.py", "--directory", results, "--configfile", config).stdout
    assert "On disk too: 7 runs of other configurations." in plan
    assert "rphaned" not in plan

    forget_configurations(results)
    text = prune(results, config=config)
    assert "Runs that no study asks for (4, " in text
    own.write_text("studies: {}\n")
    process = script("prune.py", "--yes", "--directory", results, "--configfile", config)
    assert process.returncode == 1
    assert "own.yaml" in process.stderr
    assert "nothing is pruned" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_configuration_is_remembered_once_and_with_its_values(tmp_path):
    for values in ({}, {"figures": {"style": "slides"}}, {}):
        remember_configuration(tmp_path / ".snakemake" / "lr-atlas", [TINY], values)
    found = [each for each in known_configurations(tmp_path) if TINY in each.files]
    assert [each.overrides for each in found] == [{}, {"figures": {"style": "slides"}}]


def test_what_a_module_asks_for_is_remembered_though_it_has_no_file(tmp_path):
    read = YAML(typ="safe").load(TINY.read_text(encoding="utf-8"))
    folder = TINY.parent / read["datasets"]["fashion_mnist"]["directory"]
    read["datasets"]["fashion_mnist"]["directory"] = str(folder)
    remember_configuration(tmp_path / ".snakemake" / "lr-atlas", [], read)
    known = known_configurations(tmp_path)
    assert known[-1].name == "a workflow that uses this one"
    assert asked_for(atlas for atlas, _ in readable(known[-1:])).keys() == runs_of(TINY)


@pytest.fixture
def orphaned(tmp_path):
    """A results folder with one orphaned run: (its place, its folders)."""
    name = "mnist-adam-lr0.001-seed0-0123456789ab"
    folders = [
        tmp_path / "results" / "runs" / name / "epochs-3",
        tmp_path / "results" / "checkpoints" / name / "0123456789ab",
    ]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "some file").write_text("bytes")
    return tmp_path / "results", folders


def test_a_run_that_a_job_works_on_is_left_alone(orphaned, tmp_path):
    """A job that has outlived its Snakemake may still write."""
    results, (folder, checkpoint) = orphaned
    command = ["--yes", "--directory", tmp_path]
    with only_one_works(results / "checkpoints", folder.parent.name):
        process = script("prune.py", *command)
        assert process.returncode == 0, process.stderr
        said = f"Left alone, since a job works on it: {folder.parent.name}. Deleted the rest: 0 B."
        assert said in process.stdout
        assert folder.exists()
        assert (checkpoint.parent / "lock").exists()
    assert "Deleted all of this: 10 B." in script("prune.py", *command).stdout
    assert not folder.parent.exists()
    assert not checkpoint.parent.exists()


def test_a_folder_that_may_not_be_read_ends_in_one_message(orphaned, monkeypatch):
    results, (folder, _) = orphaned

    def refused(path):
        if str(os.fspath(path)) == str(folder):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(path)

    scan = os.scandir
    monkeypatch.setattr(orphans.os, "scandir", refused)
    with pytest.raises(UserError, match=r"epochs-3 cannot be read: .*chmod -R u\+rX"):
        find_orphans(results, {}, [{}])
    with pytest.raises(UserError, match="epochs-3 cannot be read: "):
        RunFolders(results / "runs")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["prune"], ["scripts/prune.py"]),
        (["prune", "YES=0"], ["scripts/prune.py"]),
        (["prune", "YES="], ["scripts/prune.py"]),
        (["prune", "YES=1", "CONFIG=my own.yaml"], ["prune.py", "--yes", '"my own.yaml"']),
        (["plan", "CORES=3", "CONFIG=my own.yaml"], ["plan.py", "--cores 3", '"my own.yaml"']),
        (["plan"], ["scripts/plan.py --cores all"]),
        (["suggest", "CONFIG=my own.yaml"], ["scripts/suggest.py", '"my own.yaml"']),
        (["suggest", "YES=1"], ["scripts/suggest.py", "--yes"]),
        (["compare", "A=a b", "B=c"], ['scripts/compare.py "a b" "c"']),
        (["compare", "A=a", "B=c", "METRIC=train_loss"], ["--metric train_loss"]),
    ],
)
def test_make_calls_the_commands(arguments, expected, monkeypatch):
    monkeypatch.setenv("YES", "1")  # as something else may have left it
    process = subprocess.run(
        ["make", "--dry-run", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert all(text in process.stdout for text in expected)
    assert ("--yes" in process.stdout) == ("YES=1" in arguments)
