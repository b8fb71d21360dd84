"""Runs that are trained as one have the files, checkpoints and logs of runs alone."""

import json
import logging
import multiprocessing
import os
import signal

import pytest
import torch

from lr_atlas.common.safe_files import RefusedError
from lr_atlas.data.image_files import save_images
from lr_atlas.runs.run_files import FILES
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.stacked_runs import complete_stack, stacks_of
from lr_atlas.runs.training_code import training_code
from lr_atlas.training.steps.stacked_rows import Stack

EPOCHS = 4


def configuration(seed, lr, **more):
    return {
        **{"dataset": "fashion_mnist", "seed": seed, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16], "dropout": 0.2},
        "optimizer": {"name": "sgd", "lr": lr, "momentum": 0.9},
        **more,
    }


RUNS = [
    (configuration(0, 0.1), EPOCHS),
    (configuration(1, 1e30), EPOCHS),  # diverges
    (configuration(2, 0.02), 2),
    (configuration(2, 0.05, schedule={"name": "cosine_restarts", "period": 7}), EPOCHS),
]


@pytest.fixture(scope="module")
def images(tiny_arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "train.npz"
    save_images(path, *tiny_arrays["train"])
    return path


@pytest.fixture(autouse=True)
def steps_of_torch(monkeypatch):
    """Have runs that are alone take torch's own steps, in several pieces an epoch."""
    monkeypatch.setattr("lr_atlas.training.trainer.can_compile", lambda *_: False)
    monkeypatch.setattr("lr_atlas.training.trainer._PIECE", 60)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def tasks(images, folder, runs=RUNS):
    return [
        Task(each, epochs, (images,), folder / str(number))
        for number, (each, epochs) in enumerate(runs)
    ]


def conditions(*checkpoints):
    return Conditions(training_code([each for each, _ in RUNS]), "cpu", checkpoints, "keep")


def together(images, folder, kept, width=5, **more):
    failed = complete_stack(tasks(images, folder), conditions(kept), width, **more)
    assert failed == {}
    return [
        {name: (task.folder / name).read_bytes() for name in FILES}
        for task in tasks(images, folder)
    ]


@pytest.fixture
def expected(images, tmp_path):
    """The weights of runs that nothing interrupted."""
    found = together(images, tmp_path / "whole", tmp_path / "kept of whole")
    return [each["model.pt"] for each in found]


def test_each_run_has_the_files_and_the_log_of_a_run_alone(images, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    given = tasks(images, tmp_path / "runs")
    logs = {task.folder: tmp_path / "logs" / f"{n}.log" for n, task in enumerate(given)}
    found = together(images, tmp_path / "runs", tmp_path / "kept", logs=logs)
    for task, files in zip(tasks(images, tmp_path / "alone"), found, strict=True):
        complete_run(task, conditions())
        alone = {name: (task.folder / name).read_bytes() for name in FILES}
        assert files["model.pt"] == alone["model.pt"]
        one, other = (json.loads(each["run.json"]) for each in (files, alone))
        assert one["gradients"] == "stacked"
        for key in ("run", "status", "epochs_completed", "diverged_step", "chances"):
            assert one[key] == other[key]
        rows = [each["history.csv"].decode().splitlines() for each in (files, alone)]
        assert rows[0][0] == rows[1][0]
        for row, known in zip(rows[0][1:], rows[1][1:], strict=True):
            numbers = [[float(value) for value in each.split(",")] for each in (row, known)]
            assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)
    assert logs[given[0].folder].read_text().count(" during ") == EPOCHS
    assert "epoch 1, step " in logs[given[1].folder].read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_runs_that_were_stopped_go_on_to_the_same_bytes(
    number, images, tmp_path, expected, monkeypatch
):
    def stopped():
        steps, calls = Stack.train, []

        def train(self, asked):
            calls.append(len(asked))
            if len(calls) == 7:
                os.kill(os.getpid(), number)
            return steps(self, asked)

        monkeypatch.setattr(Stack, "train", train)
        monkeypatch.setattr("lr_atlas.runs.training_job._INTERVAL", 0)
        together(images, tmp_path / "runs", tmp_path / "kept")

    process = multiprocessing.get_context("fork").Process(target=stopped)
    process.start()
    process.join()
    assert process.exitcode == (143 if number == signal.SIGTERM else -number)
    assert len([*(tmp_path / "kept").glob("*/*/*.zip")]) == len(RUNS)
    found = together(images, tmp_path / "runs", tmp_path / "kept")
    assert [each["model.pt"] for each in found] == expected
    history = json.loads(found[0]["run.json"])
    assert len(history["trained_in"]) == 2


def test_a_run_that_fails_costs_itself_alone(images, tmp_path, expected):
    (name,) = {task.name for task in tasks(images, tmp_path)[:1]}
    together(images, tmp_path / "once", tmp_path / "kept")
    (end,) = (tmp_path / "kept").glob(f"{name}/*/*.zip")
    end.unlink()
    end.mkdir()
    given = tasks(images, tmp_path / "runs")
    failed = complete_stack(given, conditions(tmp_path / "kept"), 5)
    assert {folder: type(error) for folder, error in failed.items()} == {
        given[0].folder: RefusedError
    }
    found = [(task.folder / "model.pt").read_bytes() for task in given[1:]]
    assert found == expected[1:]


def test_runs_of_one_shape_are_a_stack_and_lengths_of_one_run_are_not(images, tmp_path):
    runs = [
        *RUNS,
        (configuration(0, 0.1), 9),
        (configuration(0, 0.1, batch_size=10), 1),
        (configuration(0, 0.1, clip={"norm": 1.0}), 1),
    ]
    stacks, alone = stacks_of(tasks(images, tmp_path, runs))
    found = sorted(sorted(int(task.folder.name) for task in each) for each in stacks)
    assert found == [[0, 1, 2, 3], [4], [5]]
    assert [task.folder.name for task in alone] == ["6"]
