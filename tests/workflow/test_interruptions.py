"""After any end of a run or the workflow the next start goes on, and the bytes are the same."""

import errno
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
from whole_runs import PROJECT, TINY, executed, jobs, run_folders, snakemake

from lr_atlas.common.entry_point import ending_signals
from lr_atlas.common.fingerprint import code_digests
from lr_atlas.common.process_record import process_has_ended, remember_process
from lr_atlas.data.image_files import save_images
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.runs.tidying import tidy_up
from lr_atlas.runs.training_code import training_code
from lr_atlas.runs.training_job import CheckpointKeeper, seconds_between
from lr_atlas.studies.run_identity import run_name

CONFIGURATION = {
    "dataset": "fashion_mnist",
    "seed": 0,
    "batch_size": 1,
    "validation": 100,
    "model": {"hidden": [256], "dropout": 0.2},  # so that an epoch takes some milliseconds
    "optimizer": {"name": "rmsprop", "lr": 0.0001, "momentum": 0.5},
}
EPOCHS = 250


@pytest.fixture(scope="module")
def images(tiny_arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "train.npz"
    save_images(path, *tiny_arrays["train"])
    return path


def training(images, folder):
    """A training job that has just been started; its log comes through stderr."""
    return subprocess.Popen(
        [
            *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", str(EPOCHS)),
            *("--configuration", json.dumps(CONFIGURATION), "--training-images", images),
            *("--checkpoints", folder / "kept", "--output-directory", folder / "run"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(pattern, stream):
    """The lines of a stream until one matches, that one last."""
    lines = []
    for line in stream:
        lines.append(line)
        if re.search(pattern, line):
            return lines
    raise AssertionError(f"no line matches {pattern}:\n{''.join(lines)}")


def bytes_of(folder):
    return {name: (folder / name).read_bytes() for name in ("history.csv", "model.pt")}


@pytest.fixture(scope="module")
def undisturbed(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    process = training(images, folder)
    process.communicate()
    assert process.returncode == 0
    return bytes_of(folder / "run")


def test_a_run_killed_five_times_at_random_moments_gives_the_same_bytes(
    images, undisturbed, tmp_path
):
    moments = random.Random(1)
    starts = []
    for _ in range(5):
        process = training(images, tmp_path)
        log = read_until(r"epoch +\d+/", process.stderr)
        starts.append(int(re.search(r"epoch +(\d+)/", log[-1])[1]))
        for _ in range(moments.randrange(30, 50)):
            process.stderr.readline()
        process.kill()
        process.communicate()
        assert not (tmp_path / "run").exists()
    process = training(images, tmp_path)
    log = process.communicate()[1]
    assert process.returncode == 0, log
    assert starts == sorted(starts)
    assert starts[-1] > 1
    assert "going on after" in log
    assert bytes_of(tmp_path / "run") == undisturbed
    assert [path.name for path in (tmp_path / "kept").rglob("*.unfinished")] == []


def test_a_run_that_is_asked_to_stop_keeps_all_that_it_has_done(images, undisturbed, tmp_path):
    stopped = 0
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        process = training(images, tmp_path)
        read_until(rf"epoch +{stopped + 30}/", process.stderr)
        process.send_signal(number)
        log = process.communicate()[1]
        assert process.returncode == 128 + number
        assert "Traceback" not in log
        stopped = int(re.search(rf"stopped by {number.name} in epoch (\d+);", log)[1])
    process = training(images, tmp_path)
    log = process.communicate()[1]
    assert f"going on after {stopped - 1} of {EPOCHS} epochs" in log
    assert bytes_of(tmp_path / "run") == undisturbed


def test_a_pack_whose_terminal_is_closed_keeps_what_its_run_has_done(images, tmp_path):
    scripts = PROJECT / "scripts"
    run = {
        "name": run_name(CONFIGURATION),
        "configuration": CONFIGURATION,
        "epochs": EPOCHS,
        "images": [str(images)],
    }
    code = {name: code_digests(scripts / name) for name in ("train.py", "train_pack.py")}
    code["training"] = training_code([])
    started = tmp_path / "started.json"
    started.write_text(json.dumps({"start": None, "code": code, "packs": {"study/pack": [run]}}))
    process = subprocess.Popen(
        [
            *(sys.executable, scripts / "train_pack.py", "--started", started),
            *("--pack", "study/pack", "--checkpoints", tmp_path / "kept"),
            *("--results", tmp_path / "results", "--output", tmp_path / "done"),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "results" / "logs" / "train" / run["name"] / f"epochs-{EPOCHS}.packed.log"
    while not (log.exists() and "INFO epoch" in log.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    said = process.communicate()[1]
    assert process.returncode == 128 + signal.SIGHUP
    assert "Traceback" not in said + log.read_text()
    assert re.search(r"stopped by SIGTERM in epoch \d+", log.read_text())
    assert len(list((tmp_path / "kept").rglob(f"epochs-{EPOCHS}.zip"))) == 1
    assert not (tmp_path / "done").exists()


def test_a_closed_terminal_does_not_end_what_was_started_to_outlive_it():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert ending_signals() == (signal.SIGTERM,)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        assert ending_signals() == (signal.SIGTERM, signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_checkpoints_cost_a_hundredth_and_are_never_far_apart():
    assert seconds_between([0.005]) == 0.5
    # A disk that was busy once, or a process that was stopped for a minute.
    assert seconds_between([0.005, 0.5]) == 0.5
    assert seconds_between([0.005, 0.005, 60.0, 0.005, 0.5]) == 0.5
    # A slow disk: a kill costs ten seconds at most ...
    assert seconds_between([0.005, 0.5, 0.5]) == 10
    assert seconds_between([1.0] * 5) == 10
    # ... unless that would be more than a tenth of the time.
    assert seconds_between([3.0] * 5) == 30


def test_the_keeper_goes_by_the_last_checkpoints(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("lr_atlas.runs.training_job.time.perf_counter", lambda: clock[0])
    took = {"seconds": 0.5}

    class Progressing:
        def state(self):
            clock[0] += took["seconds"]
            return {}, b"", b""

    written = []
    monkeypatch.setattr(
        "lr_atlas.runs.training_job.write_checkpoint", lambda *_, **__: written.append(1)
    )
    keeper = CheckpointKeeper(PROJECT, None, Progressing(), [])
    keeper.save()
    for _ in range(3):
        clock[0] += 0.51
        took["seconds"] = 0.004
        keeper.after_piece()
    assert len(written) == 4, "one slow checkpoint puts off no other"


# The whole workflow


def started(directory, *arguments, lines="--printshellcmds", config=TINY):
    """A Snakemake that has just been started, in a process group of its own.

    lines: the option by which it says what it does in its own lines; None for those of users.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    command += [*([lines] if lines else []), "--cores", "2", "--directory", directory, *arguments]
    command += ["--configfile", config]
    return subprocess.Popen(
        list(map(str, command)),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished_runs(directory):
    """{run: bytes} of the runs whose files are all there: their stamps are written last."""
    folders = [each for each in run_folders(directory) if any(each.glob("code-*"))]
    return {folder.parent.name: bytes_of(folder) for folder in folders}


#: A job per run, so that others are still to come when the first one has finished.
ONE_BY_ONE = ("--until", "train", "--set-resources", "train_pack:runs_per_job=1")


def test_the_workflow_goes_on_after_ctrl_c_after_kills_and_beside_another(built, tmp_path):
    process = started(tmp_path, *ONE_BY_ONE)
    read_until(r"Finished jobid: \d+ \(Rule: train\)", process.stdout)
    os.killpg(process.pid, signal.SIGSTOP)  # so that it does not end before the second one begins
    second = snakemake(directory=tmp_path)
    os.killpg(process.pid, signal.SIGCONT)
    text = second.stdout + second.stderr
    assert second.returncode != 0
    assert "cannot be locked" in text
    assert "Traceback" not in text

    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C in a terminal does
    process.communicate()
    assert process.returncode != 0
    whole = finished_runs(tmp_path)
    assert 1 <= len(whole) < 8, "what was finished is kept"
    found = jobs(snakemake("--dry-run", directory=tmp_path))
    # Runs that were about to end are taken for interrupted ones.
    assert 8 - len(whole) <= found["train"] <= 8 - len(whole) + 2

    unfinished = sorted(finished_runs(built).keys() - whole.keys())
    with held(tmp_path, unfinished[0]):
        process = started_and_in_a_pack(tmp_path)
        process.kill()  # Snakemake alone: its jobs go on without it, and hold its stdout
        process.wait()
        process.stdout.close()
        assert list((tmp_path / ".snakemake" / "locks").glob("*.lock"))

        process = started(tmp_path, "--until", "train")
        log = read_until(r"rule train", process.stdout)
        assert "Removed the lock of a Snakemake that was killed" in "".join(log)
        os.killpg(process.pid, signal.SIGKILL)  # as a power cut, all at once
        process.communicate()

    table = "results/studies/tiny/runs.csv"
    process = snakemake(table, directory=tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    assert finished_runs(tmp_path) == finished_runs(built)
    assert "Nothing to be done" in snakemake("--dry-run", table, directory=tmp_path).stdout


PACKED = ("--until", "train", "--set-resources", "train_pack:runs_per_job=8")


def held(directory, run):
    """Hold the lock of a run, so that no pack ends before it is let go, on no machine."""
    return only_one_works(directory / "results" / "checkpoints", run)


def started_and_in_a_pack(directory, said=" run", config=TINY):
    """A Snakemake of which the one pack has begun to train, and has said something in its log."""
    process = started(directory, *PACKED, lines=None, config=config)
    while said not in pack_log(directory):
        assert process.poll() is None
        time.sleep(0.02)
    return process


def pack_log(directory):
    logs = (directory / "results" / "logs" / "train_pack").rglob("*.log")
    return "".join(log.read_text() for log in logs)


def test_what_a_pack_finishes_that_outlives_its_snakemake_is_taken_by_the_next(built, tmp_path):
    with held(tmp_path, max(finished_runs(built))):
        process = started_and_in_a_pack(tmp_path)
        process.kill()  # Snakemake alone
    while not (tmp_path / "results" / "packs" / "tiny" / "pack").exists():
        time.sleep(0.05)
    process.communicate()
    done = executed(snakemake(*PACKED, directory=tmp_path))
    assert (done["train_pack"], done["train"]) == (1, 8)
    assert finished_runs(tmp_path) == finished_runs(built)


def test_ctrl_c_ends_a_pack_without_a_traceback_and_its_runs_go_on(built, tmp_path):
    with held(tmp_path, max(finished_runs(built))):
        process = started_and_in_a_pack(tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate()
    assert process.returncode != 0
    assert "Traceback" not in said
    assert len(finished_runs(tmp_path)) < 8

    process = snakemake(*PACKED, directory=tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    assert finished_runs(tmp_path) == finished_runs(built)


def test_after_ctrl_c_what_a_pack_has_finished_and_begun_is_counted(tmp_path, edited):
    # The first run of the pack has three epochs for another study; nothing else comes to an end.
    config = edited("epochs: 3", "epochs: 1000000")
    process = started_and_in_a_pack(tmp_path, ": done\n", config)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    assert process.returncode != 0
    for unwanted in ("Traceback", "Exception", "Error", "python ", "train_pack"):
        assert unwanted not in said
    assert len(finished_runs(tmp_path)) == 0, "Snakemake moves them when the pack has ended"
    # The next one goes on from what it has trained.
    count = "1 of the 9 runs that were asked for are finished"
    assert f"{count}; begun, and kept as far as they are: 1." in said
    assert max(map(len, said.splitlines())) < 120


def test_more_epochs_train_only_those_that_are_missing(edited, tmp_path):
    one_run = "seeds: 1\n    optimizers:\n      - {name: adam}"

    def study(epochs, directory):
        config = edited(f"epochs: 3\n    {one_run}", f"epochs: {epochs}\n    {one_run}")
        target = ("shared", "--until", "train")
        process = snakemake(*target, directory=directory, config=config)
        assert jobs(process)["train"] == 1
        (log,) = (directory / "results" / "logs" / "train").glob(f"*/epochs-{epochs}.log")
        (folder,) = (directory / "results" / "runs").glob(f"*/epochs-{epochs}")
        epochs_in_log = re.findall(r"epoch +(\d+)/", log.read_text())
        return bytes_of(folder), [int(epoch) for epoch in epochs_in_log]

    study(10, tmp_path / "extended")
    extended, trained = study(30, tmp_path / "extended")
    at_once, _ = study(30, tmp_path / "at once")
    assert trained == list(range(11, 31))
    assert extended == at_once
    shortened, _ = study(20, tmp_path / "extended")
    rows = at_once["history.csv"].splitlines(keepends=True)
    assert shortened["history.csv"] == b"".join(rows[:21])


def test_a_lock_that_nobody_is_known_to_have_left_stays(tmp_path):
    owner = tmp_path / ".snakemake" / "lr-atlas" / "process.json"
    owner.parent.mkdir(parents=True)
    owner.write_text("{}")
    record = owner.with_name("record")
    assert list(tidy_up(tmp_path / "results", tmp_path / ".snakemake", owner, record, [])) == []
    assert not owner.exists(), "the owner of an earlier lock is never taken for that of the next"
    lock = tmp_path / ".snakemake" / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("results/report.html\n")
    process = snakemake(directory=tmp_path)
    assert process.returncode == 1
    assert "can be removed with the --unlock argument" in process.stdout + process.stderr
    assert lock.exists()


HOLD = (
    "import sys, subprocess; from pathlib import Path;"
    "import lr_atlas.common.process_record as record;"
)


def owner_process(owner, then):
    """A process that has written itself down in `owner`, and then does something."""
    code = f"{HOLD} record.remember_process(Path({str(owner)!r})); {then}"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().strip() == "ready"
    return process


def test_a_lock_is_removed_only_if_its_owner_is_known_to_be_gone(tmp_path):
    owner = tmp_path / "owner.json"
    assert not process_has_ended(owner)  # nothing was written down
    process = owner_process(owner, "print('ready', flush=True); input()")
    assert not process_has_ended(owner)
    assert [path.name for path in tmp_path.iterdir()] == ["owner.json"]
    process.kill()
    process.communicate()
    record = owner.read_text()
    owner.write_text(record.replace(socket.gethostname(), "elsewhere"))
    assert not process_has_ended(owner)  # nothing is known of other machines
    owner.write_text(record)
    assert process_has_ended(owner)
    assert not process_has_ended(owner)  # only one process is told so


def test_what_an_owner_has_started_does_not_keep_its_lock(tmp_path):
    owner = tmp_path / "owner.json"
    job = "[sys.executable, '-c', \"print('ready', flush=True); input()\"]"
    process = owner_process(owner, f"subprocess.run({job})")
    process.kill()
    process.wait()  # its job still waits for a line
    assert process_has_ended(owner)
    process.communicate("\n")


def test_an_owner_takes_the_place_of_an_earlier_one_and_needs_no_locks(tmp_path, monkeypatch):
    owner = tmp_path / "owner.json"
    owner.write_text("anything")
    remember_process(owner)
    assert not process_has_ended(owner)
    owner.unlink()

    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("lr_atlas.common.process_record.fcntl.flock", no_locks)
    remember_process(owner)
    assert list(tmp_path.iterdir()) == []
