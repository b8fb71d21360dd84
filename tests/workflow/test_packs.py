"""Several runs are trained in one job, which asks for what they need together."""

import csv
import json
import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from whole_runs import TINY, executed, jobs, run_folders, runs_of, snakemake

from lr_atlas.runs.checkpoints import NOTHING_TO_TRAIN
from lr_atlas.runs.job_resources import guessed_seconds, memory_mb, minutes, size_of_model
from lr_atlas.runs.packs import fitting_size, packs
from lr_atlas.runs.single_run import Task
from lr_atlas.training.form import Form
from train_pack import Member, in_order

NAMES = st.sets(st.text("abcdef0123456789-", min_size=1), min_size=1, max_size=80)


@given(NAMES, st.integers(1, 20))
def test_every_run_is_in_one_pack_and_no_pack_is_too_large(names, size):
    found = packs(names, size)
    assert found.keys() == names
    for pack in set(found.values()):
        in_pack = [name for name in names if found[name] == pack]
        assert len(in_pack) <= size


@given(NAMES, st.text("xyz", min_size=1), st.integers(1, 20))
def test_a_run_that_is_added_splits_at_most_the_pack_that_it_comes_into(names, added, size):
    before, after = packs(names, size), packs({*names, added}, size)
    moved = {name for name in names if before[name] != after[name]}
    assert len({before[name] for name in moved}) <= 1
    assert all(after[added].startswith(before[name]) for name in moved)


def test_packs_are_mostly_full():
    """The average job trains about 70 % of the runs that it may, as binary trees have it."""
    names = {f"fashion_mnist-sgd-lr{number}-seed0" for number in range(2_000)}
    for size in (5, 20):
        jobs = len(set(packs(names, size).values()))
        assert 0.6 < len(names) / jobs / size < 0.8


def test_a_core_gets_a_job_for_every_ten_seconds_of_training_at_least_one_and_at_most_three():
    def size(runs, cores, seconds=1.0):
        return fitting_size([seconds] * runs, cores)

    assert size(12, 2) == size(12, 2, seconds=3) == 6
    assert size(12, 2, seconds=4) == 3
    assert size(12, 2, seconds=5) == 2
    assert size(45, 2) == 10
    assert size(45, 2, seconds=30) == 7


def test_a_few_runs_for_each_core_are_jobs_of_their_own():
    assert [fitting_size([1.0] * runs, 2) for runs in (0, 1, 11)] == [1, 1, 1]
    assert fitting_size([1.0] * 45, 16) == 1


def test_a_job_trains_neither_more_than_ten_runs_nor_for_longer_than_ten_minutes():
    def size(seconds):
        return fitting_size([seconds] * 10_000, 2)

    assert size(0.001) == size(1) == 10
    assert size(200) == 3
    assert size(5_000) == 1


@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=80), st.integers(1, 40))
def test_no_core_is_left_without_a_job_while_there_are_runs_for_it(seconds, cores):
    """Packs are as many as runs by their size, or more."""
    assert len(seconds) / fitting_size(seconds, cores) >= min(len(seconds), cores)


def test_resources_grow_with_the_setting_and_with_the_attempt():
    def weights(*hidden):
        return size_of_model({"hidden": hidden}, Form((28, 28), 10)).weights

    usual = memory_mb(70_000 * 784, weights(128, 64), 20_000, 1)
    assert 1_000 <= usual <= 2_000
    assert memory_mb(70_000 * 784, weights(4096, 4096), 20_000, 1) > usual
    assert memory_mb(70_000 * 784, weights(128, 64), 50_000_000, 1) > usual
    assert memory_mb(70_000 * 784, weights(128, 64), 20_000, 2) == 2 * usual
    assert minutes([60.0] * 20, 1) < minutes([60.0] * 40, 1)
    assert minutes([60.0] * 20, 3) == 3 * minutes([60.0] * 20, 1)
    assert minutes([60.0] * 20, 1) > 20
    assert guessed_seconds(60_000, 10, 1_000) > guessed_seconds(60_000, 100, 1_000)


def test_every_second_attempt_begins_at_the_other_end():
    """So a run that takes the whole job with it does so after all others have had their turn."""
    base = {"dataset": "mnist", "optimizer": {"name": "sgd", "lr": 0.1}}
    members = [
        Member(Task({**base, "seed": seed}, epochs, (), Path()), Path(), Path())
        for seed in range(3)
        for epochs in (5, 3)
    ]
    first = [(each.task.name, each.task.epochs) for each in in_order(members, 1)]
    assert [epochs for _, epochs in first] == [3, 5] * 3
    assert [name for name, _ in first] == sorted(name for name, _ in first)
    second = [(each.task.name, each.task.epochs) for each in in_order(members, 2)]
    assert second == [*first[4:], *first[2:4], *first[:2]]
    assert in_order(members, 3) == in_order(members, 1)


PACKED = ("--set-resources", "train_pack:runs_per_job=3")
#: A table that all runs are in, so that no test waits for figures.
TABLE = "results/studies/tiny/runs.csv"


def run_files(directory):
    """{run and file: bytes} of what decides the results; timings differ."""
    return {
        (folder.parent.name, name): (folder / name).read_bytes()
        for folder in run_folders(directory)
        for name in ("history.csv", "model.pt")
    }


def test_packed_runs_have_the_bytes_of_single_ones_and_are_not_trained_again(built, tmp_path):
    done = executed(snakemake(TABLE, *PACKED, directory=tmp_path))
    runs = runs_of(TINY)
    assert done["train_pack"] == len(set(packs(runs, 3).values())) < done["train"] == len(runs)
    assert run_files(tmp_path) == run_files(built)
    logs = {path.parent.name: path.read_text() for path in tmp_path.rglob("train/*/epochs-3.log")}
    assert logs.keys() == set(runs)
    assert not any(NOTHING_TO_TRAIN in log for log in logs.values()), "moved, without Python"
    assert not (tmp_path / "results" / "packs").exists()
    assert not any((tmp_path / "results" / "trained").iterdir())
    for options in (PACKED, ()):
        assert jobs(snakemake("-n", TABLE, *options, directory=tmp_path)) == {}


def test_a_grid_can_be_trained_in_parts_of_equal_size(built, tmp_path):
    """As `docs/large_studies.md` has it."""
    parts = [
        executed(snakemake(*PACKED, "--batch", f"collect={part}/2", TABLE, directory=tmp_path))
        for part in (1, 2)
    ]
    assert [part["train"] for part in parts] == [4, 4]
    assert [part.get("collect", 0) for part in parts] == [0, 1]
    assert run_files(tmp_path) == run_files(built)


def test_where_files_cannot_be_moved_runs_come_from_their_checkpoints(built, tmp_path):
    (tmp_path / "bin").mkdir()
    mv = tmp_path / "bin" / "mv"
    mv.write_text("#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n")
    mv.chmod(0o755)
    environment = {"PATH": f"{mv.parent}:{os.environ['PATH']}"}
    process = snakemake(*PACKED, "--until", "train", directory=tmp_path, environment=environment)
    assert executed(process)["train"] == len(runs_of(TINY))
    assert run_files(tmp_path) == run_files(built)
    log = next(tmp_path.rglob("train/*/epochs-3.log")).read_text()
    assert NOTHING_TO_TRAIN in log
    assert "not permitted" not in log


def test_only_what_is_missing_of_a_pack_is_trained(results):
    """The pack of a deleted run goes through its runs again, and finds the others finished."""
    folder = run_folders(results)[0]
    for path in folder.iterdir():
        path.unlink()
    for path in (results / "results" / "checkpoints" / folder.parent.name).rglob("*.zip"):
        path.unlink()
    process = snakemake(*PACKED, "--until", "train", directory=results)
    assert executed(process) == {"train_pack": 1, "train": 1}
    log = next(results.rglob("logs/train_pack/tiny/*.log")).read_text()
    assert "INFO 1 run\n" in log
    assert f"{folder.parent.name}, 3 epochs: done" in log


def test_a_run_that_crashes_costs_itself_alone(built, tmp_path):
    victim = sorted(runs_of(TINY))[0]
    (tmp_path / "results" / "checkpoints" / victim / "lock").mkdir(parents=True)
    process = snakemake(*PACKED, "--until", "train", directory=tmp_path)
    assert process.returncode == 1
    expected = {key: value for key, value in run_files(built).items() if key[0] != victim}
    assert run_files(tmp_path) == expected
    log = tmp_path / "results" / "logs" / "train" / victim / "epochs-3.log"
    assert f"{victim}/lock is a folder where a plain file belongs" in log.read_text()


def test_a_pack_that_is_killed_leaves_what_it_has_finished(built, tmp_path):
    """As where a run takes all memory: its pack dies with it, each time."""
    killer = sorted(name for name in runs_of(TINY) if "sgd-lr0.1" in name)[0]
    environment = kill_when_training(killer, tmp_path)
    options = (*PACKED[:-1], "train_pack:runs_per_job=100")
    process = snakemake(
        *(TABLE, *options, "--retries", "1", "--notemp"),
        directory=tmp_path,
        environment=environment,
    )
    assert process.returncode == 1
    expected = {key: value for key, value in run_files(built).items() if key[0] != killer}
    assert run_files(tmp_path) == expected, "the second attempt came from the other end"
    assert "7 of the 8 runs that were asked for are finished" in process.stdout + process.stderr
    with open(tmp_path / TABLE, encoding="utf-8") as file:
        assert {row["run"] for row in csv.DictReader(file)} == {run for run, _ in expected}


def kill_when_training(run, folder):
    """Variables with which every training job that comes to this run is killed, parent and all."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(
        "import multiprocessing, os, signal, sys\n"
        "def watch(event, arguments):\n"
        # The process of a run begins with the folder of its log, which has the run's name.
        f"    is_folder = event == 'open' and arguments[0] == '{run}'\n"
        "    if is_folder and multiprocessing.parent_process():\n"
        "        os.kill(os.getppid(), signal.SIGKILL)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "if 'train_pack.py' in ' '.join(sys.orig_argv):\n"
        "    sys.addaudithook(watch)\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(folder / "site")}


def test_packs_of_no_size_are_refused(tmp_path):
    process = snakemake("-n", "--set-resources", "train_pack:runs_per_job=0", directory=tmp_path)
    assert process.returncode == 1
    assert "runs_per_job of train_pack must be at least 1" in process.stdout + process.stderr
    assert "Traceback" not in process.stdout + process.stderr


def test_runs_of_a_pack_are_trained_at_once_where_a_profile_says_so(tmp_path):
    given = ("--set-resources", "train_pack:runs_per_job=10", "train_pack:stacked=10")
    done = executed(snakemake(*given, "--until", "collect", directory=tmp_path))
    assert done["train_pack"] == 1
    described = [
        json.loads((folder / "run.json").read_text(encoding="utf-8"))
        for folder in run_folders(tmp_path)
    ]
    assert {each["gradients"] for each in described} == {"stacked"}
    assert {each["device"] for each in described} == {"cpu, a row of 10"}
    assert {each["status"] for each in described} >= {"finished", "diverged"}
    logs = [*(tmp_path / "results" / "logs" / "train").glob("*/epochs-3.log")]
    assert len(logs) == len(described)
    assert all(" row " in path.read_text(encoding="utf-8") for path in logs)
    # They are finished for a start that stacks nothing, too.
    assert "train" not in jobs(snakemake("-n", "--until", "collect", directory=tmp_path))
