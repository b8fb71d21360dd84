"""Runs of several budgets with one trunk: the bytes of each alone, the stable part once."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from whole_runs import PROJECT

from lr_atlas.data.image_files import save_images
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.training_code import training_code
from lr_atlas.studies.run_identity import run_name
from lr_atlas.studies.trunks import group_name, shared_steps, trunk_configuration

#: Epochs on 200 images, of 10 steps.
BUDGETS = (4, 6, 10)


def configuration(epochs, optimizer=None, **changes):
    return {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16], "dropout": 0.2},
        "optimizer": optimizer or {"name": "sgd", "lr": 0.1, "momentum": 0.9},
        "schedule": {"name": "warmup_stable_decay", "warmup": 7, "cooldown": 0.35},
        "horizon": {"epochs": epochs},
        **changes,
    }


@pytest.fixture(scope="module")
def images(tiny_arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "train.npz"
    save_images(path, *tiny_arrays["train"])
    return path


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr("lr_atlas.training.trainer._PIECE", 60)


def trained(run, epochs, images, folder, checkpoints):
    """Train a run as a job does, and return the bytes that it leaves."""
    conditions = Conditions(training_code([run]), "cpu", checkpoints, "keep")
    complete_run(Task(run, epochs, [images], folder), conditions)
    return {name: (folder / name).read_bytes() for name in ("history.csv", "model.pt")}


def epochs_trained(caplog):
    return len(re.findall(r"epoch +\d+/\d+  during", caplog.text))


#: By compiled steps and by autograd, with what else goes on from step to step.
CASES = {
    "sgd": {},
    "adamw": {"optimizer": {"name": "adamw", "lr": 0.01}},
    "accumulated": {"accumulate": 2, "momentum_schedule": {"name": "constant", "warmup": 9}},
    "averaged": {"average": {"name": "ema", "decay": 0.9}},
    "autograd": {"loss": {"name": "cross_entropy", "label_smoothing": 0.1}, "average": "none"},
}


@pytest.mark.parametrize("case", CASES)
def test_forks_have_the_bytes_of_runs_alone_and_the_trunk_is_trained_once(
    case, images, small_pieces, tmp_path, caplog
):
    caplog.set_level("INFO")
    runs = {epochs: configuration(epochs, **CASES[case]) for epochs in BUDGETS}
    alone = {
        epochs: trained(run, epochs, images, tmp_path / f"alone{epochs}", [])
        for epochs, run in runs.items()
    }
    assert epochs_trained(caplog) == sum(BUDGETS)
    caplog.clear()
    kept = [tmp_path / "kept"]
    shared = {
        epochs: trained(run, epochs, images, tmp_path / f"shared{epochs}", kept)
        for epochs, run in runs.items()
    }
    assert shared == alone
    of_epoch = 5 if case == "accumulated" else 10
    steps = [shared_steps(runs[epochs], 200) for epochs in BUDGETS]
    # The cool-down falls from the second of its steps on.
    assert steps == [epochs * of_epoch - round(0.35 * epochs * of_epoch) + 1 for epochs in BUDGETS]
    assert epochs_trained(caplog) == 4 + (6 - steps[0] // of_epoch) + (10 - steps[1] // of_epoch)
    assert caplog.text.count("the cool-down forks after ") == 3
    assert len([*kept[0].rglob("steps-*.zip")]) == 3


def test_a_run_of_the_longest_budget_first_and_another_cool_down_give_the_same_bytes(
    images, small_pieces, tmp_path, caplog
):
    caplog.set_level("INFO")
    other = {"name": "warmup_stable_decay", "warmup": 7, "cooldown": 12, "shape": "sqrt"}
    runs = [configuration(6), configuration(4), configuration(6, schedule=other)]
    kept = [tmp_path / "kept"]
    for index, run in enumerate(runs):
        epochs = run["horizon"]["epochs"]
        shared = trained(run, epochs, images, tmp_path / f"shared{index}", kept)
        assert shared == trained(run, epochs, images, tmp_path / f"alone{index}", [])
    assert len({run_name(trunk_configuration(run)) for run in runs}) == 1


@pytest.mark.parametrize("lr", [1e3, 1e30])
def test_a_trunk_that_diverges_is_trained_once_and_ends_all_of_its_runs(
    lr, images, small_pieces, tmp_path, caplog
):
    caplog.set_level("INFO")
    # The first epochs of the 60 stable steps are enough.
    diverging = {"optimizer": {"name": "sgd", "lr": lr, "momentum": 0.9}}
    runs = {epochs: configuration(epochs, **diverging) for epochs in BUDGETS}
    alone = {
        epochs: trained(run, epochs, images, tmp_path / f"alone{epochs}", [])
        for epochs, run in runs.items()
    }
    assert caplog.text.count("diverged") >= len(BUDGETS)
    caplog.clear()
    kept = [tmp_path / "kept"]
    shared = {
        epochs: trained(run, epochs, images, tmp_path / f"shared{epochs}", kept)
        for epochs, run in runs.items()
    }
    assert shared == alone
    assert caplog.text.count("all runs of this trunk diverge at its step ") == 1
    assert len([*kept[0].rglob("diverged.zip")]) == 1
    for epochs in BUDGETS:
        files = [tmp_path / f"{how}{epochs}" / "dynamics.csv" for how in ("shared", "alone")]
        assert files[0].read_bytes() == files[1].read_bytes()
        told = json.loads((tmp_path / f"shared{epochs}" / "run.json").read_bytes())
        assert (told["status"], told["epochs"]) == ("diverged", epochs)
        assert told["canonical_configuration"] == runs[epochs]


def test_what_must_know_its_end_beside_the_cool_down_has_no_trunk():
    stable = configuration(4)
    assert group_name(stable) == group_name(configuration(10)) != run_name(stable)
    alone = [
        configuration(4, schedule={"name": "warmup_stable_decay", "warmup": 0.1}),
        configuration(4, momentum_schedule="linear"),
        configuration(4, schedule="cosine"),
        configuration(4, average={"name": "swa", "start": 0.75}),
    ]
    assert [trunk_configuration(run) for run in alone] == [None] * 4
    assert trunk_configuration(configuration(4, average={"name": "ema", "decay": 0.9}))
    assert group_name(configuration(4, seed=1)) != group_name(stable)
    by_epochs = {"name": "constant", "warmup": {"epochs": 1}}
    assert trunk_configuration(configuration(4, weight_decay_schedule=by_epochs))


def job(run, epochs, images, folder, kept):
    """A training job that has just been started; its log comes through stderr."""
    return subprocess.Popen(
        [
            *(sys.executable, PROJECT / "scripts" / "train.py", "--epochs", str(epochs)),
            *("--configuration", json.dumps(run), "--training-images", images),
            *("--checkpoints", kept, "--output-directory", folder),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("killed_in", ["trunk", "fork"])
def test_a_job_that_was_killed_in_the_trunk_or_in_a_fork_is_taken_up_to_the_same_bytes(
    killed_in, images, tmp_path
):
    budgets = (30, 60)
    schedule = {"name": "warmup_stable_decay", "warmup": 20, "cooldown": 0.5}
    runs = {epochs: configuration(epochs, schedule=schedule, batch_size=2) for epochs in budgets}
    kept = tmp_path / "kept"
    process = job(runs[30], 30, images, tmp_path / "first", kept)
    at = {"trunk": r"epoch +5/", "fork": r"epoch +20/"}[killed_in]
    for line in process.stderr:
        if re.search(at, line):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    for epochs, run in runs.items():
        deadline = time.monotonic() + 300
        process = job(run, epochs, images, tmp_path / f"again{epochs}", kept)
        _, log = process.communicate(timeout=max(1, deadline - time.monotonic()))
        assert process.returncode == 0, log
        again = {
            name: (tmp_path / f"again{epochs}" / name).read_bytes()
            for name in ("history.csv", "model.pt")
        }
        assert again == trained(run, epochs, images, tmp_path / f"alone{epochs}", [])
        if epochs == 60:
            assert "going on after 15 of 60 epochs" in log
