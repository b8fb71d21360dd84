"""Runs by steps: evaluated where and as long as is asked for, to the same bits of training."""

import io
from types import SimpleNamespace

import pytest
import torch

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.course import Course
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.network import weights_bytes
from lr_atlas.training.records import METRICS, history_text
from lr_atlas.training.trainer import Trainer

FORM = Form((28, 28), 10)
#: With random numbers within a piece of an epoch, which compiled and torch's steps draw otherwise.
WAYS = {
    "compiled": {"optimizer": {"name": "adam", "lr": 0.01}},
    "torch's optimizer": {"optimizer": {"name": "adamax", "lr": 0.01}},
    "averaged, clipped, scheduled": {
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
        "average": {"name": "ema", "decay": 0.9},
        "clip": {"norm": 1.0},
        "schedule": {"name": "exponential", "every": 7},
    },
    "torch": {"loss": "huber_like", "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}},
}


@pytest.fixture(scope="module")
def images(tiny_arrays):
    """(training, validation) ImageSets of the tiny data set: 300 images, 15 steps of 20."""
    torch.set_num_threads(1)
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


def trainer(images, way="compiled", **other):
    changes = WAYS[way] | other
    if changes.get("loss") == "huber_like":
        changes |= {"loss": {"name": "cross_entropy", "label_smoothing": 0.1}}
        changes |= {"transforms": ["flip"]}
    base = {"dataset": "fashion_mnist", "seed": 0, "batch_size": 20}
    model = {"hidden": [16], "dropout": 0.3}
    return Trainer(complete_configuration({**base, "model": model, **changes}), images[0], FORM)


def trained(images, length, way="compiled", after=lambda: None, begun=None, **other):
    """(weights, the optimizer's state and all that is left, history, ending)."""
    run = begun or trainer(images, way, **other)
    ending = train(run, images[1], length, after)
    history = history_text(run.progress.records, ("step", *METRICS))
    return SimpleNamespace(weights=weights_bytes(run.network), history=history, ending=ending)


def restored(images, state, way, **other):
    """A trainer that goes on from a state, as one that was left and is begun anew does."""
    run = trainer(images, way, **other)
    torch.manual_seed(99)
    run.restore(*state)
    return run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("evaluate", [{"every": 7}, {"every": 1}, {"steps": [3, 4, 29]}])
def test_when_a_run_is_evaluated_changes_no_bit_of_its_weights(images, way, evaluate):
    plain = trained(images, 2, way)
    often = trained(images, 2, way, evaluate=evaluate)
    in_steps = trained(images, 30, way, evaluate=evaluate, budget="steps")
    assert plain.weights == often.weights == in_steps.weights
    # The last row is of the same weights, evaluated on the same images.
    last = [text.history.splitlines()[-1].split(",") for text in (plain, often)]
    assert last[0][:2] == last[1][:2] == ["2", "30"]
    assert last[0][4:] == last[1][4:]
    assert often.history == in_steps.history


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first", [4, 15, 22])
def test_a_run_of_more_steps_goes_on_from_one_of_fewer_to_the_same_bytes(images, way, first):
    asked = {"budget": "steps", "evaluate": {"every": 5}}
    whole = trained(images, 34, way, **asked)
    begun = trainer(images, way, **asked)
    train(begun, images[1], first)
    assert [record.step for record in begun.progress.records][-1] == first
    longer = trained(images, 34, begun=restored(images, begun.state(), way, **asked))
    assert (longer.weights, longer.history) == (whole.weights, whole.history)
    assert [line.split(",")[1] for line in whole.history.splitlines()[1:]] == [
        *map(str, range(5, 35, 5)),
        "34",
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_is_left_anywhere_goes_on_to_the_same_bytes(images, way):
    asked = {"budget": "steps", "evaluate": {"every": 4}}
    states = []
    begun = trainer(images, way, **asked)
    train(begun, images[1], 18, lambda: states.append(begun.state()))
    whole = trained(images, 18, way, **asked)
    assert len(states) > 8
    for state in states[:-1]:
        found = trained(images, 18, begun=restored(images, state, way, **asked))
        assert (found.weights, found.history) == (whole.weights, whole.history)


def test_the_default_rows_are_those_of_epochs(images):
    run = trainer(images)
    train(run, images[1], 2)
    assert [(each.epoch, each.step) for each in run.progress.records] == [(1, 15), (2, 30)]
    assert history_text(run.progress.records).startswith("epoch,running_loss")
    assert io.StringIO(history_text(run.progress.records)).readlines()[1].startswith("1,")


def test_a_run_that_is_evaluated_more_often_diverges_no_sooner(images):
    """Count a high loss after an epoch and at the end alone, NaN at once."""
    wild = {"optimizer": {"name": "sgd", "lr": 100.0}}
    plain = trained(images, 3, **wild).ending
    often = trained(images, 3, **wild, evaluate={"every": 1}).ending
    assert plain.status == "diverged"
    assert (plain.diverged_epoch, plain.diverged_step) == (
        often.diverged_epoch,
        often.diverged_step,
    )


@pytest.mark.parametrize(
    ("course", "end", "expected"),
    [
        (Course(10, 10), 30, [10, 20, 30]),
        (Course(10, 10, in_steps=True), 25, [10, 20, 25]),
        (Course(10, 4), 10, [4, 8, 10]),
        (Course(10, 10, (1, 12, 99)), 20, [1, 12, 20]),
    ],
)
def test_a_run_is_evaluated_at_its_end_too(course, end, expected):
    found, step = [], 0
    while step < end:
        step = course.next_evaluation(step, end)
        found.append(step)
    assert found == expected
    assert [course.is_scheduled(step) for step in found[:-1]] == [True] * (len(found) - 1)
