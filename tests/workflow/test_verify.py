"""Verifying recomputes cached runs elsewhere and finds every byte that is not as it should be."""

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile

import pandas as pd
import psutil
import pytest
from whole_runs import PROJECT, TINY, jobs, run_folders, snakemake

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import code_digests
from lr_atlas.common.processes import run_all
from lr_atlas.runs.folder_difference import history_difference
from lr_atlas.runs.provenance import made_with, makers_for_reading, software
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.tools.verify.cached_runs import RunCache, named_runs
from lr_atlas.tools.verify.certificate import Verification, read_certificate
from lr_atlas.tools.verify.recomputation import with_environment
from lr_atlas.tools.verify.verification import AGREES, DIFFERS, judge_by_checkpoint
from lr_atlas.tools.verify.verification_text import verification_for_reading
from lr_atlas.training.records import METRICS
from verify import how_many_at_once

VERIFY = PROJECT / "scripts" / "verify.py"
TRAIN = PROJECT / "scripts" / "train.py"


def command(directory, *arguments):
    found = [sys.executable, VERIFY, "--configfile", TINY, "--directory", directory, "--cores", 2]
    return list(map(str, [*found, *arguments]))


def verify(directory, *arguments):
    """Run scripts/verify.py on the tiny studies; returns (finished process, certificate)."""
    process = subprocess.run(command(directory, *arguments), capture_output=True, text=True)
    path = directory / "results" / "verification.json"
    return process, json.loads(path.read_text()) if path.exists() else None


def folder_of(directory, *words):
    """The folder of the one run whose name holds all words."""
    found = [f for f in run_folders(directory) if all(word in str(f) for word in words)]
    assert len(found) == 1
    return found[0]


def change_a_digit(path, line, column):
    """Change the last digit of one value of a CSV file."""
    lines = [row.split(",") for row in path.read_text().splitlines()]
    value = lines[line][column]
    lines[line][column] = value[:-1] + str((int(value[-1]) + 1) % 10)
    path.write_text("\n".join(map(",".join, lines)) + "\n")


def change_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def change_checkpoint(folder, name, change):
    """Apply a function to the bytes of a file in the checkpoint at a run's end."""
    path = next(checkpoints(folder).glob("*/*.zip"))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def change_first_loss(state):
    state = json.loads(state)
    state["progress"]["records"][0]["running"]["loss"] = 1.25
    return json.dumps(state).encode()


def checkpoints(folder):
    return folder.parents[2] / "checkpoints" / folder.parent.name


@pytest.fixture
def copy(built, tmp_path):
    """A copy of the finished tiny studies."""
    return shutil.copytree(built, tmp_path / "a copy")


@pytest.fixture(scope="module")
def confirmed(built, tmp_path_factory):
    """(A copy with a verification of two runs, the finished process, the certificate)."""
    copy = shutil.copytree(built, tmp_path_factory.mktemp("confirmed") / "copy")
    return copy, *verify(copy, "--sample", "2", "--random-seed", "7")


@pytest.fixture(scope="module")
def damaged(built, tmp_path_factory):
    """A copy in which each run was damaged in another way: (folder, process, certificate)."""
    copy = shutil.copytree(built, tmp_path_factory.mktemp("damaged") / "copy")
    change_a_digit(folder_of(copy, "adam", "seed0") / "history.csv", line=2, column=5)

    without_checkpoint = folder_of(copy, "adam", "seed1")
    change_a_byte(without_checkpoint / "model.pt")
    shutil.rmtree(checkpoints(without_checkpoint))

    in_both = folder_of(copy, "lr0.1-", "seed0")
    change_checkpoint(in_both, "state.json", change_first_loss)
    rows = [row.split(",") for row in (in_both / "history.csv").read_text().splitlines()]
    rows[1][1] = "1.25"
    (in_both / "history.csv").write_text("\n".join(map(",".join, rows)) + "\n")

    (folder_of(copy, "lr0.1-", "seed1") / "history.csv").write_bytes(b"\xff\xfe\x00")

    description = folder_of(copy, "lr0.01-", "seed0") / "run.json"
    description.write_text(description.read_text().replace('"finished"', '"collapsed"'))

    stale = folder_of(copy, "lr0.01-", "seed1")
    for stamp in stale.glob("code-*"):
        stamp.rename(stale / "code-0123456789ab")
    description = json.loads((stale / "run.json").read_text())
    description["code"]["lr_atlas/training/loop.py"] = "0123456789ab"
    (stale / "run.json").write_text(json.dumps(description))

    timing = folder_of(copy, "lr1000000-", "seed0") / "timing.csv"
    timing.write_text("epoch,train_seconds,evaluate_seconds\n7,1,1\n")

    right = folder_of(copy, "lr1000000-", "seed1")
    change_checkpoint(right, "model.pt", lambda content: content + b"x")
    return copy, *verify(copy, "--runs", "tiny")


def entry(certificate, *words):
    found = [run for run in certificate["runs"] if all(word in run["run"] for word in words)]
    assert len(found) == 1
    return found[0]


def test_runs_as_they_were_trained_are_confirmed_byte_for_byte(confirmed):
    copy, process, certificate = confirmed
    assert process.returncode == 0, process.stderr
    assert "recomputed 2 of 8 cached runs: the same, byte for byte" in process.stderr
    assert [run["result"] for run in certificate["runs"]] == ["same", "same"]
    assert (certificate["sample"], certificate["random_seed"]) == (2, 7)
    assert certificate["cached_runs"] == 8
    assert certificate["held_against_checkpoints"] == {"as in the checkpoint": 8}
    assert certificate["skipped"] == []
    for run in certificate["runs"]:
        folder = copy / "results" / "runs" / run["run"] / "epochs-3"
        description = json.loads((folder / "run.json").read_text())
        assert run["chosen"] == "sample"
        assert run["studies"]["tiny"].startswith(description["configuration"]["optimizer"]["name"])
        assert run["made_with"] == run["verified_with"] == made_with(description)
        assert list(run["files"]) == ["history.csv", "model.pt"]
        assert all(each["cached"] == each["recomputed"] for each in run["files"].values())
        assert re.fullmatch("[0-9a-f]{64}", run["files"]["model.pt"]["cached"])


def test_a_changed_digit_is_found_with_its_epoch_and_column(damaged):
    _, _, certificate = damaged
    difference = entry(certificate, "adam", "seed0")["difference"]
    assert (difference["file"], difference["epoch"]) == ("history.csv", 2)
    assert difference["column"] == "validation_loss"
    assert difference["cached"][:-1] == difference["recomputed"][:-1]
    assert difference["cached"] != difference["recomputed"]


def test_a_changed_model_is_found(damaged):
    _, _, certificate = damaged
    found = entry(certificate, "adam", "seed1")
    assert found["result"] == "different"
    assert found["difference"]["text"] == "history.csv agrees, model.pt differs"
    history, model = found["files"]["history.csv"], found["files"]["model.pt"]
    assert history["cached"] == history["recomputed"]
    assert model["cached"] != model["recomputed"]


def test_what_was_changed_in_the_checkpoint_too_is_found_by_recomputing(damaged):
    _, _, certificate = damaged
    found = entry(certificate, "lr0.1-", "seed0")
    assert found["chosen"] == "named"  # and not because of its checkpoint
    assert found["difference"]["cached"] == "1.25"


def test_a_history_that_cannot_be_read_is_a_difference(damaged):
    _, _, certificate = damaged
    found = entry(certificate, "lr0.1-", "seed1")
    assert found["difference"]["text"] == "history.csv is not readable as text"


def test_a_run_of_other_code_is_skipped_and_the_module_named(damaged):
    _, process, certificate = damaged
    assert [skipped["reason"] for skipped in certificate["skipped"]] == [
        "made by other code: lr_atlas/training/loop.py changed"
    ]
    assert "skipped 1 of 8 runs: 1 made by other code" in process.stderr
    assert not any("lr0.01-" in run["run"] and run["seed"] == 1 for run in certificate["runs"])


def test_an_edited_run_json_and_an_edited_timing_are_found(damaged):
    _, _, certificate = damaged
    assert entry(certificate, "lr0.01-")["difference"]["text"] == (
        'run.json, status: "collapsed" in the cache, "finished" recomputed'
    )
    assert entry(certificate, "lr1000000-", "seed0")["difference"]["text"] == (
        "all else agrees, timing.csv does not belong to it"
    )


def test_a_damaged_checkpoint_of_a_right_run_is_named(damaged):
    copy, process, certificate = damaged
    found = entry(certificate, "lr1000000-", "seed1")
    assert (found["chosen"], found["result"]) == ("not as in the checkpoint", "same")
    folder = checkpoints(folder_of(copy, "lr1000000-", "seed1"))
    assert f"its checkpoint is not: delete {folder}\n" in process.stderr + "\n"


def test_a_checkpoint_of_which_the_headers_are_damaged_is_no_witness(copy):
    cache = RunCache(load_atlas([TINY]), copy / "results", code_digests(TRAIN))
    run = cache.atlas.plans["shared"].runs[0]
    assert judge_by_checkpoint(run, cache) == AGREES
    path = next(checkpoints(cache.folder(run)).glob("*/*.zip"))
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2", 0, content.rindex(b"model.pt"))
    content[entry + 8] |= 1  # as if it were encrypted
    path.write_bytes(content)
    assert judge_by_checkpoint(run, cache) == DIFFERS


def test_a_difference_ends_in_one_message_and_exit_code_1(damaged):
    _, process, _ = damaged
    assert process.returncode == 1
    assert "of 7 recomputed runs 1 are the same" in process.stderr
    assert re.search(
        r"history.csv, epoch 2, validation_loss: [\d.]+ in the cache, [\d.]+ recomputed",
        process.stderr,
    )
    assert "Traceback" not in process.stderr


def test_doing_what_is_said_brings_the_bytes_back(damaged, built):
    copy, _, certificate = damaged
    for run in certificate["runs"]:
        for path in re.findall(r"(\S*results/(?:runs|checkpoints)/[^\s,;]+)", run["remedy"] or ""):
            shutil.rmtree(copy.parent / path)
    process = snakemake("results/studies/tiny/runs.csv", directory=copy)
    assert process.returncode == 0, process.stdout + process.stderr
    for folder in run_folders(built):
        again = copy / folder.relative_to(built)
        for name in ("history.csv", "model.pt"):
            assert (again / name).read_bytes() == (folder / name).read_bytes()
    verified = read_certificate(copy / "results" / "verification.json")
    runs = copy / "results" / "runs"
    _, table = verification_for_reading(load_atlas([TINY]).plans["tiny"], *verified, runs)
    assert table["result"].str.contains("of earlier files, since replaced").any()


def test_a_changed_run_is_found_though_it_was_not_drawn(copy):
    changed = run_folders(copy)[0]
    change_a_byte(changed / "model.pt")
    process, certificate = verify(copy, "--sample", "1", "--random-seed", "1")
    assert process.returncode == 1
    assert [(run["chosen"], run["result"]) for run in certificate["runs"]] == [
        ("not as in the checkpoint", "different"),
        ("sample", "same"),
    ]
    assert certificate["runs"][0]["run"] == changed.parent.name
    assert f"delete {changed}, and the next run of the workflow writes it anew" in process.stderr


def test_missing_images_end_in_a_message_with_what_makes_them(copy):
    shutil.rmtree(copy / "results" / "data")
    process, certificate = verify(copy)
    assert (process.returncode, certificate) == (1, None)
    assert re.search("are made by: snakemake --cores 1 results/data/.*/train.npz", process.stderr)


def test_a_folder_without_runs_ends_in_a_message(tmp_path):
    process, certificate = verify(tmp_path)
    assert (process.returncode, certificate) == (1, None)
    assert "no run to verify; of 8: 8 not trained yet. Run the workflow first" in process.stderr


def test_a_job_that_fails_is_reported_with_its_reason(copy):
    for images in (copy / "results" / "data").glob("*/train.npz"):
        images.write_bytes(b"not an archive")
    process, certificate = verify(copy, "--runs", "shared")
    assert process.returncode == 1
    assert certificate["runs"][0]["result"] == "failed"
    assert certificate["runs"][0]["difference"]["text"].startswith("exit code 1: ")
    assert "it could not be recomputed" in process.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_no_job_no_folder_and_no_certificate(number, built, tmp_path):
    """The first run has ended when the signal comes, the second goes on."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command(built, "--runs", "tiny", "--cores", 1),
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        lines = iter(process.stderr.readline, "")
        assert any("1 of 8" in line for line in lines)
        children = psutil.Process(process.pid).children()
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == 128 + number
    assert "Traceback" not in rest
    assert not any(child.is_running() for child in children)
    assert list(tmp_path.glob("lr-atlas-*")) == []
    assert not (built / "results" / "verification.json").exists()


@pytest.mark.parametrize(
    ("made_on", "configured", "has_gpu", "torch", "at_once"),
    [
        ("cuda (H)", "auto", True, "2.13.0", 1),
        ("cuda (H)", "cuda", False, "2.13.0", 1),
        ("cuda (H)", "auto", False, "2.13.0", 3),
        ("cuda (H)", "auto", True, "2.13.0+cpu", 3),
        ("cpu", "cuda", True, "2.13.0", 3),
    ],
)
def test_runs_that_need_a_gpu_are_recomputed_one_at_a_time(
    made_on, configured, has_gpu, torch, at_once, tmp_path, monkeypatch
):
    config = tmp_path / "config.yaml"
    config.write_text(
        f"compute: {{device: {configured}, threads: 2}}\n"
        "studies: {a: {dataset: mnist, optimizers: [{name: sgd}]}}\n"
    )
    monkeypatch.setattr("lr_atlas.runs.devices.has_gpu", lambda: has_gpu)
    monkeypatch.setattr("lr_atlas.runs.devices.torch_version", lambda: torch)
    cache = RunCache(load_atlas([config]), tmp_path, {})
    run, *others = cache.atlas.runs.values()
    for other in (run, *others):
        cache.folder(other).mkdir(parents=True)
        (cache.folder(other) / "run.json").write_text('{"device": "cpu"}')
    (cache.folder(run) / "run.json").write_text(json.dumps({"device": made_on}))
    chosen = [(each, "sample") for each in (*others, run)]
    assert how_many_at_once(chosen, cache, cores=7) == at_once


def test_names_of_runs_settings_and_studies_stand_for_all_their_runs():
    plans = load_atlas([TINY]).plans
    run = plans["tiny"].runs[0]
    assert named_runs(plans, [run.name]) == [run]
    assert len(named_runs(plans, ["sgd-lr0.1"])) == 2
    assert len(named_runs(plans, ["tiny"])) == 8
    assert len(named_runs(plans, ["shared", "adam-lr0.001", run.name])) == 2


def test_an_unknown_name_is_answered_with_the_nearest():
    plans = load_atlas([TINY]).plans
    with pytest.raises(UserError, match=r"'sgd-lr0\.2': did you mean 'sgd-lr0\.1'\?"):
        named_runs(plans, ["tiny", "sgd-lr0.2"])


HISTORY = ",".join(("epoch", *METRICS)) + "\n1,2,3,4,5,6,7\n2,3,4,5,6,7,8\n"


@pytest.mark.parametrize(
    ("cached", "text", "epoch", "column"),
    [
        (HISTORY.replace("2,3,4,5,6,7,8\n", ""), "1 epochs in the cache, 2 recomputed", 2, None),
        (HISTORY + "3,1,1,1,1,1,1\n", "3 epochs in the cache, 2 recomputed", 3, None),
        (HISTORY.replace("1,2,3", "1,2.0,3"), "2.0 in the cache, 2 rec", 1, "running_loss"),
        (HISTORY.replace("7,8", "7"), "nothing in the cache, 8 rec", 2, "validation_accuracy"),
        (HISTORY.replace("7,8", "7,8,9"), "after the last column: 9 in", 2, None),
        (HISTORY.replace("\n", "\r\n"), "the values in history.csv agree", None, None),
        (HISTORY.replace("epoch", "epochs"), "not the columns but: epochs,", None, None),
        ("", "not the columns but: nothing", None, None),
    ],
)
def test_the_first_difference_of_two_histories_is_named(cached, text, epoch, column):
    difference = history_difference(cached.encode(), HISTORY.encode())
    assert text in difference.text
    assert (difference.epoch, difference.column) == (epoch, column)


def test_the_same_histories_have_no_difference():
    assert history_difference(HISTORY.encode(), HISTORY.encode()) is None


def test_commands_run_several_at_a_time_and_say_how_they_ended():
    commands = {n: [sys.executable, "-c", f"print({n}); exit({n})"] for n in range(3)}
    ended = dict(run_all(commands, at_once=2))
    assert {n: (each.returncode, each.stdout) for n, each in ended.items()} == {
        n: (n, f"{n}\n") for n in range(3)
    }


def test_a_new_certificate_rewrites_pages_and_report_and_nothing_else(built, confirmed):
    copy, _, _ = confirmed
    page = "results/studies/tiny/report.html"
    assert "No run was recomputed" in (built / page).read_text()
    found = jobs(snakemake(directory=copy))
    assert found == {"study_page": 2, "report": 1, "all": 1, "total": 4}
    text = (copy / page).read_text()
    assert "2 of the 8 runs of this study. Compared byte by byte" in text
    assert "2 of 2 are the same." in text
    (copy / "results" / "verification.json").touch()
    process = snakemake("--dry-run", directory=copy)
    assert "Nothing to be done" in process.stdout + process.stderr


def test_a_broken_certificate_is_named(tmp_path):
    for content in ("{", "[]", '{"verified_at": "2026", "runs": [{"run": "a"}]}'):
        (tmp_path / "verification.json").write_text(content)
        with pytest.raises(UserError, match=r"verification\.json: this is no certificate"):
            read_certificate(tmp_path / "verification.json")


MAKER = {"torch": "2.13.0", "python": "3.11.7", "blas": "openblas 0.3.30 Haswell"}
MAKER |= {"device": "cpu", "processor": "A", "threads": 1}


def test_the_page_says_which_runs_differ_and_what_was_on_both_sides(built, copy):
    plan = load_atlas([TINY]).plans["shared"]
    run = plan.runs[0]
    files = {"history.csv": {"cached": "0", "recomputed": "1"}}
    found = Verification(
        *(run.name, run.epochs, run.seed, {"shared": run.setting}, "sample", "different"),
        *({"text": "epoch 2"}, files, MAKER, MAKER | {"torch": "2.14.0"}, None),
    )
    sentence, table = verification_for_reading(plan, "2026-01-02T03:04:05+00:00", [found], copy)
    assert sentence.startswith("Recomputed on 2026-01-02 03:04 UTC")
    assert sentence.endswith("0 of 1 are the same; see the table.")
    row = table.iloc[0]
    assert row["result"] == "of earlier files, since replaced (different: epoch 2)"
    assert (
        row["made with"] == "torch 2.13.0, Python 3.11.7, openblas 0.3.30 Haswell, cpu, A, 1 thread"
    )
    assert row["recomputed with"].startswith("torch 2.14.0")


@pytest.fixture
def runs():
    """A runs table: two settings of two seeds, one run of which an older torch has made."""
    return pd.DataFrame(
        {
            "setting": ["a", "a", "b", "b"],
            "seed": [0, 1, 0, 1],
            "torch": ["2.12.0", "2.13.0", "2.13.0", "2.13.0"],
            "python": "3.11.7",
            "blas": "openblas 0.3.30",
            "device": "cpu",
            "processor": ["A", "A", "A", "A, then B"],
        }
    )


def test_what_made_the_runs_is_a_row_for_each_combination_with_its_runs(runs):
    table = makers_for_reading(runs)
    assert table[["torch", "processor", "runs", "which"]].to_numpy().tolist() == [
        ["2.13.0", "A", "2", "all others"],
        ["2.12.0", "A", "1", "a (seed 0)"],
        ["2.13.0", "A, then B", "1", "b (seed 1)"],
    ]
    assert "which" not in makers_for_reading(runs[runs["seed"] == 2].reset_index())


def test_several_versions_of_torch_are_named_with_what_that_means(runs):
    text = software(runs)
    assert "torch 2.12.0 (1 of the runs) and 2.13.0 (3 of the runs) on cpu" in text
    assert "differ in the version of torch and the processor" in text
    alone = software(runs[runs["seed"] == 0][1:])
    assert alone == "Trained with torch 2.13.0 on cpu."


def test_a_run_that_went_on_on_another_processor_names_both_in_turn():
    description = {
        "versions": {"torch": "2.13.0", "python": "3.11.7", "blas": "openblas 0.3.30"},
        "device": "cpu",
        "machine": {"system": "Linux", "processor": "B"},
        "threads": 1,
        "trained_in": [
            {"from_epoch": epoch, "processor": processor}
            for epoch, processor in ((1, "A"), (2, "A"), (5, "B"))
        ],
    }
    assert made_with(description)["processor"] == "A, then B"


def test_a_run_that_went_on_with_other_kernels_names_both_in_turn():
    blas = {"blas": "openblas 0.3.30 Haswell"}
    parts = [
        {"from_epoch": 1, "processor": "A"},
        {"from_epoch": 2, "processor": "A", **blas, "environment": {}},
        {"from_epoch": 3, "processor": "A", **blas, "environment": {"OPENBLAS_CORETYPE": "Zen"}},
    ]
    made = made_with(
        {
            "versions": {"torch": "2.13.0", "python": "3.11.7", **blas},
            "device": "cpu",
            "machine": {"system": "Linux", "processor": "A"},
            "threads": 1,
            "trained_in": parts,
        }
    )
    name = blas["blas"]
    assert made["blas"] == f"{name}, then {name} (OPENBLAS_CORETYPE=Zen)"


def test_a_run_is_recomputed_with_the_kernels_that_were_chosen_for_it_and_no_others(tmp_path):
    run = next(iter(load_atlas([TINY]).plans.values())).runs[0]
    cache = RunCache(load_atlas([TINY]), tmp_path, {})
    assert cache.kernel_choices(run) == {}
    cache.folder(run).mkdir(parents=True)
    parts = [{}, {"environment": {"MKL_CBWR": "AVX2", "LD_PRELOAD": "no kernel"}}]
    for trained_in, expected in ((parts, {"MKL_CBWR": "AVX2"}), ([{}], {}), (None, {}), ([], {})):
        (cache.folder(run) / "run.json").write_text(json.dumps({"trained_in": trained_in}))
        assert cache.kernel_choices(run) == expected

    present = {"MKL_CBWR": "COMPATIBLE", "OPENBLAS_CORETYPE": "Zen", "HOME": "/"}
    command = with_environment({"MKL_CBWR": "AVX2"}, present)
    show = [*command, sys.executable, "-c", "import os; print(dict(os.environ))"]
    printed = subprocess.run(show, env=present, capture_output=True, text=True).stdout
    found = {name: ast.literal_eval(printed).get(name) for name in present}
    assert found == {"MKL_CBWR": "AVX2", "OPENBLAS_CORETYPE": None, "HOME": "/"}
    assert with_environment({}, {"HOME": "/"}) == []
