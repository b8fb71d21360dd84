"""Runs that are trained as one on a GPU; the same on a processor shows that these tests work."""

import multiprocessing
import os
import signal

import pytest
import torch
from stacked_trainers import (
    ADAM,
    FLAT,
    SGD,
    SQUARE,
    alone,
    configuration,
    stacked,
    together_of,
)

from lr_atlas.data.image_files import save_images
from lr_atlas.runs.single_run import Conditions, Task
from lr_atlas.runs.stacked_runs import complete_stack
from lr_atlas.runs.training_code import training_code
from lr_atlas.runs.training_job import choose_device
from lr_atlas.training.steps.stacked_graphs import RecordedSteps
from lr_atlas.training.steps.stacked_rows import Stack

needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
WIDTH = 4
CNN = {"name": "cnn", "channels": [4, 6], "hidden": [16], "batch_norm": True}
#: (network, the form of its images)
NETWORKS = {
    "fully connected": ({"hidden": [32, 16], "dropout": 0.2}, FLAT),
    "cnn": (CNN, SQUARE),
    "2c2d": ({"name": "2c2d"}, SQUARE),
    "resnet20": ({"name": "resnet20"}, SQUARE),
}


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=needs_a_gpu)])
def device(request, monkeypatch):
    monkeypatch.setattr("lr_atlas.training.trainer.can_compile", lambda *_: False)
    threads, choice = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    choose_device(request.param)
    yield request.param
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(choice)


def weights(run):
    return run[1][1]


def runs(model, optimizer=SGD, count=3):
    return [configuration(seed, 0.002 * (seed + 1), optimizer, model) for seed in range(count)]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_run_has_the_same_bytes_each_time_in_any_row_beside_anyone(name, device):
    model, form = NETWORKS[name]
    given = runs(model)
    first = stacked(given, [2] * 3, form, WIDTH, device=device)
    again = stacked(given, [2] * 3, form, WIDTH, device=device)
    others = stacked(given[:0:-1], [2] * 2, form, WIDTH, device=device)
    assert [*map(weights, again)] == [*map(weights, first)]
    assert [*map(weights, others)] == [*map(weights, first[:0:-1])]


@pytest.mark.parametrize("name", ["cnn", "2c2d", "resnet20"])
def test_a_run_is_near_the_one_alone_on_a_processor(name, device):
    model, form = NETWORKS[name]
    given = runs(model)
    for each, (progress, _, end) in zip(
        given, stacked(given, [1] * 3, form, WIDTH, device=device), strict=True
    ):
        known, _, other = alone(each, 1, form)
        assert end.status == other.status
        for one, two in zip(progress.records, known.records, strict=True):
            assert one.train["loss"] == pytest.approx(two.train["loss"], rel=1e-3)


@pytest.mark.parametrize("optimizer", [SGD, ADAM, {"name": "rmsprop"}])
def test_a_fully_connected_run_is_near_the_one_alone_on_a_processor(optimizer, device):
    given = runs({"hidden": [32, 16]}, optimizer)
    found = stacked(given, [2] * 3, width=WIDTH, device=device)
    for each, (progress, _, end) in zip(given, found, strict=True):
        known, _, other = alone(each, 2)
        assert end.status == other.status
        for one, two in zip(progress.records, known.records, strict=True):
            assert one.train["loss"] == pytest.approx(two.train["loss"], rel=1e-3)


def test_one_that_diverges_or_ends_leaves_the_others_untouched(device):
    model = {"hidden": [32, 16]}
    given = [configuration(0, 0.05, model=model), configuration(1, 1e30, model=model)]
    found = stacked([*given, configuration(2, 0.05)], [3, 3, 1], width=WIDTH, device=device)
    only = stacked(given[:1], [3], width=WIDTH, device=device)
    assert weights(found[0]) == weights(only[0])
    assert [end.status for *_, end in found[:2]] == [only[0][2].status, "diverged"]


@needs_a_gpu
def test_recorded_steps_are_the_steps_themselves(monkeypatch):
    choose_device("cuda")
    given = runs(NETWORKS["cnn"][0])
    together, _ = together_of(given, SQUARE, WIDTH, "cuda")
    assert isinstance(together.stack.step, RecordedSteps)
    recorded = stacked(given, [5] * 3, SQUARE, WIDTH, device="cuda")
    monkeypatch.setattr("lr_atlas.training.steps.stacked_graphs._STEPS_BEFORE", 10**9)
    direct = stacked(given, [5] * 3, SQUARE, WIDTH, device="cuda")
    assert [*map(weights, recorded)] == [*map(weights, direct)]


RUNS = [
    {
        **{"dataset": "fashion_mnist", "seed": seed, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16], "dropout": 0.2},
        "optimizer": {"name": "adam", "lr": 0.001 * (seed + 1)},
    }
    for seed in range(3)
]


def completed(images, folder, kept, device):
    """The weights of runs that are brought to their ends as one."""
    tasks = [Task(each, 4, (images,), folder / str(each["seed"])) for each in RUNS]
    failed = complete_stack(tasks, Conditions(training_code(RUNS), device, [kept], "keep"), WIDTH)
    assert failed == {}
    return [(task.folder / "model.pt").read_bytes() for task in tasks]


def stopped(images, folder, kept, device, number):
    """Send this process a signal in its third piece, with a checkpoint after each piece."""
    steps, calls = Stack.train, []

    def train(self, asked):
        calls.append(len(asked))
        if len(calls) == 3:
            os.kill(os.getpid(), number)
        return steps(self, asked)

    Stack.train = train
    from lr_atlas.runs import training_job

    training_job._INTERVAL = 0
    completed(images, folder, kept, device)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_runs_that_were_stopped_go_on_to_the_same_bytes(number, device, tiny_arrays, tmp_path):
    images = tmp_path / "images" / "train.npz"
    images.parent.mkdir()
    save_images(images, *tiny_arrays["train"])
    expected = completed(images, tmp_path / "whole", tmp_path / "kept of whole", device)
    # A process that has used a card cannot be copied.
    process = multiprocessing.get_context("spawn").Process(
        target=stopped, args=(images, tmp_path / "runs", tmp_path / "kept", device, number)
    )
    process.start()
    process.join()
    assert process.exitcode == (143 if number == signal.SIGTERM else -number)
    assert completed(images, tmp_path / "runs", tmp_path / "kept", device) == expected
