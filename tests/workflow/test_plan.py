"""The plan says what the workflow would train, and the workflow then trains just that."""

import base64
import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from whole_runs import (
    PROJECT,
    TINY,
    edit_code,
    forget_configurations,
    jobs,
    plan,
    row_of,
    run_folders,
    script,
    snakemake,
    statuses,
)

from lr_atlas.runs.checkpoints import STATE
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.studies.atlas import load_atlas

LEARNING_RATES = "lr: [0.01, 0.1, 1e+6]"


def folder_of(directory, *words):
    """The folder of the first run whose name has all the words."""
    return next(f for f in run_folders(directory) if all(word in str(f) for word in words))


def checkpoint_of(folder):
    """The checkpoint that the run in a folder ended with."""
    return next((folder.parents[2] / "checkpoints" / folder.parent.name).glob("*/*.zip"))


def leave_in_the_middle(folder, **origin):
    """Make a finished run one whose job was killed after its last epoch but one.

    origin: what its checkpoint says otherwise of where it comes from.
    """
    path = checkpoint_of(folder)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    state = json.loads(content[STATE])
    records = state["progress"]["records"][:-1]
    steps = [0, *(record["step"] for record in records)][-1]
    epochs = {"records": records, "epochs": len(records), "step": steps}
    state["progress"] |= epochs | {"images": 0, "seen": 0}
    state["origin"] |= origin
    content[STATE] = json.dumps(state | {"description": None}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    shutil.rmtree(folder)


def mark_as_interrupted(folder):
    """Leave the mark of a Snakemake that was killed while the run's job was about to end."""
    name = folder.relative_to(folder.parents[3]) / "history.csv"
    mark = base64.urlsafe_b64encode(str(name).encode()).decode()
    (folder.parents[3] / ".snakemake" / "incomplete" / mark).write_text("")


def test_everything_is_cached_after_a_run(results):
    text, rows = plan(results)
    assert statuses(rows) == {"cached": 8}
    assert "Nothing to train." in text
    assert "Orphaned" not in text


def test_a_run_that_studies_share_counts_once(results):
    text, rows = plan(results)
    assert row_of(rows, "adam", "seed0")["studies"] == "tiny shared"
    assert re.search(r"^all +8 *$", text, re.MULTILINE)


def test_runs_that_diverged_are_marked(results):
    text, rows = plan(results)
    assert {key[0] for key, row in rows.items() if row["diverged_epoch"]} == {
        key[0] for key in rows if "lr1000000" in key[0]
    }
    assert "2 diverged, in epoch 1" in text


def test_a_run_that_was_moved_away_and_linked_is_cached(results, tmp_path):
    folder = folder_of(results, "adam", "seed1").parent
    folder.rename(tmp_path / "away")
    folder.symlink_to(tmp_path / "away")
    assert statuses(plan(results)[1]) == {"cached": 8}


def test_it_starts_without_torch_snakemake_and_pandas(results, copied):
    # A study that names classes of packages has them looked at, which needs torch.
    (copied / "studies" / "optimizers-and-schedules.yaml").unlink()
    code = (
        "import runpy, sys; sys.argv.pop(0); sys.path.insert(0, 'scripts');"
        "runpy.run_path(sys.argv[0], run_name='__main__');"
        "assert not {'torch', 'snakemake', 'pandas'} & set(sys.modules)"
    )
    arguments = ["scripts/plan.py", "--configfile", TINY, "--directory", results]
    process = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=copied,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr


def test_without_a_configuration_it_takes_the_one_that_a_run_would(results, edited):
    _, rows = plan(results, None)
    assert len(rows) == 105
    shutil.copy(edited("seeds: 2", "seeds: 1"), results / "config.yaml")
    _, rows = plan(results, None)
    assert statuses(rows) == {"cached": 4}


def test_several_configurations_and_values_are_merged_as_in_a_run(results, edited, tmp_path):
    (tmp_path / "more.yaml").write_text("studies: {tiny: {epochs: 4}}\n")
    given = [edited("seeds: 2", "seeds: 1"), tmp_path / "more.yaml"]
    values = ["studies={shared: {epochs: 5}}"]
    _, rows = plan(results, given[0], given[1], "--config", *values)
    assert sorted(epochs for _, epochs in rows) == [4, 4, 4, 4, 5]
    command = ["--dry-run", "--configfile", *given, "--config", *values]
    process = snakemake(*command, directory=results, config=None)
    assert jobs(process)["train"] == 5


def test_a_changed_key_is_named_where_a_whole_study_is_new(results, edited):
    forget_configurations(results)
    text, rows = plan(
        results, edited("model: {hidden: [16]}", "model: {hidden: [16], dropout: 0.1}")
    )
    assert statuses(rows) == {"new": 8, "cached": 1}
    # The study `shared` still asks for the eighth run as it was.
    assert (
        "New, though orphaned runs differ in nothing but: model.dropout 0.0 -> 0.1 (7 runs)."
        in text
    )
    assert row_of(rows, "sgd-lr0.1", "seed1")["reason"] == "model.dropout 0.0 -> 0.1"
    assert "Orphaned on disk: 7 runs" in text


def test_other_code_and_its_files_are_named(results, copied):
    edit_code(copied)
    text, rows = plan(results, project=copied)
    assert statuses(rows) == {"stale": 8}
    assert {row["reason"] for row in rows.values()} == {
        "other code: scripts/lr_atlas/training/trainer.py"
    }
    assert "2 diverged before, in epoch 1" in text


def test_another_torch_makes_stale_if_the_user_says_so(results, edited):
    folder = folder_of(results, "adam", "seed0")
    description = (folder / "run.json").read_text().replace('"torch": "2.', '"torch": "1.')
    (folder / "run.json").write_text(description)
    next(folder.glob("code-*-torch-*")).unlink()
    checkpoint_of(folder).unlink()
    assert statuses(plan(results)[1]) == {"cached": 8}
    config = edited("studies:", "recompute: {on_new_torch: true}\nstudies:")
    _, rows = plan(results, config)
    assert statuses(rows) == {"cached": 7, "stale": 1}
    assert row_of(rows, "adam", "seed0")["reason"].startswith("another torch: 1.")


def test_a_damaged_checkpoint_and_a_shorter_run_are_no_start_and_the_plan_says_so(results, edited):
    folder = folder_of(results, "adam", "seed1")
    shutil.rmtree(folder)
    checkpoint_of(folder).write_bytes(b"no archive")
    _, rows = plan(results)
    row = row_of(rows, "adam", "seed1")
    assert (row["status"], row["reason"]) == ("stale", "its checkpoint: it is damaged")
    _, rows = plan(results, edited("epochs: 3", "epochs: 2"))
    row = row_of(rows, "sgd-lr0.1", "seed1")
    assert row["status"] == "stale"
    assert row["reason"] == "it was trained past this, for 3 epochs"


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ({"torch": "1.0.0"}, "another torch: 1.0.0, here "),
        ({"device": "cuda (NVIDIA H100)"}, "another device: cuda, here cpu"),
        ({"data": {"train.npz": "0"}}, "other images"),
        ({"code": {"train.py": "0"}}, "other code: scripts/lr_atlas/training/__init__.py, "),
    ],
)
def test_why_a_run_cannot_go_on_is_said(origin, reason, results, edited):
    leave_in_the_middle(folder_of(results, "adam", "seed1"), **origin)
    config = edited("studies:", "compute: {device: cpu}\nstudies:")
    row = row_of(plan(results, config)[1], "adam", "seed1")
    assert row["status"] == "stale"
    assert row["reason"].startswith(reason)


def test_runs_of_an_earlier_version_of_the_project_are_stale(results):
    folder = folder_of(results, "adam", "seed1")
    description = json.loads((folder / "run.json").read_text())
    for key in ("code", "data", "trained_in"):
        del description[key]
    (folder / "run.json").write_text(json.dumps(description))
    for path in (*folder.glob("code-*"), checkpoint_of(folder)):
        path.unlink()
    row = row_of(plan(results)[1], "adam", "seed1")
    assert (row["status"], row["reason"]) == (
        "stale",
        "other code: an earlier version of this project",
    )


NO_DESCRIPTIONS = (
    {"machine": None},
    {"versions": {}},
    {"code": [1]},
    {"trained_in": None},
    {"diverged_epoch": "1"},
    {"canonical_configuration": {}},
)


def test_a_description_that_is_none_counts_as_missing(tmp_path):
    """The same as without the file: nothing is known of the run."""
    runs = tmp_path / "here" / "results" / "runs"
    whole = {
        **{"status": "finished", "diverged_epoch": None, "device": "cpu"},
        **{"training_images": 200, "validation_images": 100},
        **{"versions": {"torch": "2.0.0"}, "machine": {"processor": "abacus"}},
    }
    chosen = list(zip(load_atlas([TINY]).runs.items(), NO_DESCRIPTIONS, strict=False))
    assert len(chosen) == len(NO_DESCRIPTIONS)
    for (key, run), change in chosen:
        path = runs / run.folder / "run.json"
        path.parent.mkdir(parents=True)
        described = {"canonical_configuration": run.configuration, **whole}
        path.write_text(json.dumps(described))
        assert RunFolders(runs).description(key)["code"] is None
        path.write_text(json.dumps(described | change))
        assert RunFolders(runs).description(key) is None, change
    _, rows = plan(tmp_path / "here")
    for (key, _), change in chosen:
        assert rows[key]["reason"] == "its folder is not complete", change


def test_the_output_may_be_cut_off(results):
    command = [sys.executable, PROJECT / "scripts" / "plan.py", "--directory", results]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait()


def test_bad_input_ends_in_one_message(results, edited):
    process = script("plan.py", "--configfile", edited("name: adam", "name: amad"))
    assert process.returncode == 1
    assert "did you mean 'adam'?" in process.stderr
    assert "Traceback" not in process.stderr
    for path in (results / "no folder" / "plan.csv", results):
        process = script("plan.py", "--directory", results, "--csv", path)
        assert process.returncode == 1
        assert f"--csv {path}: no file can be written there: " in process.stderr
        assert "Traceback" not in process.stderr
        assert process.stdout == ""
    assert script("plan.py", "--cores", "0").returncode == 2
    assert script("plan.py", "--config", "threads").returncode == 2


def test_a_long_study_is_folded_with_what_is_to_be_done_first(results, edited):
    rates = ", ".join(f"{n}e-5" for n in range(1, 18))
    config = edited(LEARNING_RATES, f"lr: [0.01, 0.1, 1e+6, {rates}]")
    text, rows = plan(results, config)
    assert len(rows) == 42
    assert "… and 6 rows with 12 runs: --all shows them" in text
    assert "cached" not in text.split("shared: 1 run")[0]
    text, _ = plan(results, config, "--all")
    assert "--all" not in text
    assert len(re.findall(r"^sgd-lr", text, re.MULTILINE)) == 20


# Held against what then really runs


class Situation:
    """A folder with the results of the tiny studies, a configuration, and the project.

    The configuration asks for four of the runs, one of which diverges in its first epoch.
    """

    def __init__(self, directory, edited, copied):
        self.directory, self.project = directory, copied
        self.config = edited("seeds: 2", "seeds: 1")

    def edit(self, old, new):
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new, 1), encoding="utf-8")

    def nothing_there(self):
        shutil.rmtree(self.directory)
        self.edit(LEARNING_RATES, "lr: [0.1]")

    def more_epochs_and_a_learning_rate_added(self):
        self.edit("epochs: 3", "epochs: 5")
        self.edit(LEARNING_RATES, "lr: [0.01, 0.03, 1e+6]")

    def other_code(self):
        self.edit(LEARNING_RATES, "lr: 1e+6")
        edit_code(self.project)

    def left_in_the_middle_deleted_and_interrupted(self):
        leave_in_the_middle(folder_of(self.directory, "adam", "seed0"))
        shutil.rmtree(folder_of(self.directory, "sgd-lr0.01", "seed0"))
        mark_as_interrupted(folder_of(self.directory, "sgd-lr0.1", "seed0"))

    def another_folder_has_trained_it(self):
        cache = self.directory.parent / "cache"
        (self.directory / "results" / "checkpoints").rename(cache)
        shutil.rmtree(self.directory)
        self.edit("studies:", f"cache: {{directory: {cache}}}\nstudies:")

    def two_lengths_at_once_and_images_gone(self):
        self.edit(LEARNING_RATES, "lr: 0.02, epochs: [2, 4]")
        shutil.rmtree(self.directory / "results" / "data")


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (Situation.nothing_there, {"new": 2}),
        # The study `shared` still asks for three epochs.
        (
            Situation.more_epochs_and_a_learning_rate_added,
            {"cached": 1, "continue": 2, "new": 1, "take over": 1},
        ),
        (Situation.other_code, {"stale": 2}),
        (
            Situation.left_in_the_middle_deleted_and_interrupted,
            {"cached": 1, "continue": 1, "take over": 2},
        ),
        (Situation.another_folder_has_trained_it, {"take over": 4}),
        # The finished run is taken over once more, since its images are made anew.
        (
            Situation.two_lengths_at_once_and_images_gone,
            {"take over": 1, "new": 1, "continue": 1},
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_the_plan_says_is_what_then_runs(situation, expected, results, edited, copied):
    here = Situation(results, edited, copied)
    situation(here)
    _, rows = plan(here.directory, here.config, project=here.project)
    assert statuses(rows) == expected
    process = snakemake(
        *("--until", "train"),
        directory=here.directory,
        config=here.config,
        project=here.project,
        # With more, two lengths of one run start together, and the longer may be first.
        cores=1 if situation is Situation.two_lengths_at_once_and_images_gone else 2,
    )
    to_do = {key: row for key, row in rows.items() if row["status"] != "cached"}
    assert jobs(process).get("train", 0) == len(to_do)
    for (name, epochs), row in to_do.items():
        log = here.directory / "results" / "logs" / "train" / name / f"epochs-{epochs}.log"
        text = log.read_text(encoding="utf-8")
        assert ("nothing to train: taken from" in text) == (row["status"] == "take over")
        done = re.search(rf"going on after (\d+) of {epochs} epochs", text)
        assert (done is not None) == (row["status"] == "continue")
        if done:
            assert done[1] == row["epochs_done"]
        if "diverged" not in text:
            trained = len(re.findall(rf"epoch \d+/{epochs} ", text))
            assert trained == int(row["epochs_to_train"])
    assert statuses(plan(here.directory, here.config, project=here.project)[1]) == {
        "cached": len(rows)
    }
