"""Runs of each schedule and of methods with more than one state, killed: the bytes of one whole."""

import itertools
import os
import random

import pytest
from killed_runs import Attempt, killing_process

from lr_atlas.data.image_files import save_images
from lr_atlas.training.parts import names

#: A run has ten steps, and five places to be left at: four pieces and an evaluation.
EPOCHS = 4
OPTIMIZERS = {
    "sgd": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
    "adamw": {"name": "adamw", "lr": 0.003},
    "muon": {"name": "muon", "lr": 0.01, "rest": {"name": "adamw", "lr": 0.003}},
    "schedule-free": {"name": "schedulefree:AdamWScheduleFree", "lr": 0.003, "warmup_steps": 9},
    "soap": {
        **{"name": "pytorch_optimizer:SOAP", "lr": 0.003},
        **{"precondition_frequency": 2, "max_precondition_dim": 100},
    },
}
#: Every second one of all pairs, with each schedule and each optimizer among them; all of them
#: where LR_ATLAS_ALL_KILLED says so.
PAIRS = list(itertools.product(names("schedule"), OPTIMIZERS))
PAIRS = PAIRS[:: 1 if os.environ.get("LR_ATLAS_ALL_KILLED") else 2]


def attempt(optimizer, schedule, images, folder, pieces=None):
    configuration = {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "validation": 100},
        "model": {"hidden": [16, 12], "dropout": 0.2},
        "optimizer": OPTIMIZERS[optimizer],
        "schedule": {"name": schedule, "warmup": 3},
        "horizon": {"epochs": EPOCHS},
    }
    return Attempt(configuration, EPOCHS, images, folder / "run", folder / "kept", pieces)


@pytest.fixture(scope="module")
def images(tiny_arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "train.npz"
    save_images(path, *tiny_arrays["train"])
    return path


@pytest.fixture(scope="module")
def attempted(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("warm")
    warm = [attempt(name, "constant", images, folder / name) for name in OPTIMIZERS]
    with killing_process(warm) as function:
        yield function


def bytes_of(folder):
    names = ("history.csv", "dynamics.csv", "first_epoch.csv", "model.pt")
    return {name: (folder / "run" / name).read_bytes() for name in names}


@pytest.mark.parametrize(("schedule", "optimizer"), PAIRS)
def test_a_run_killed_twice_gives_the_same_bytes(schedule, optimizer, images, attempted, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    all_steps = attempted(attempt(optimizer, schedule, images, whole))
    moments, steps = random.Random(f"{schedule} {optimizer}"), []
    for _ in range(2):
        pieces = moments.randrange(2, 8)
        steps.append(attempted(attempt(optimizer, schedule, images, killed, pieces)))
        assert not (killed / "run").exists()
    steps.append(attempted(attempt(optimizer, schedule, images, killed)))
    # Each went on from where the one before it was.
    for before, after in itertools.pairwise(steps):
        assert after[0] >= before[-2]
    assert len(all_steps) == 5 * EPOCHS > len(steps[-1])
    assert bytes_of(killed) == bytes_of(whole)
