"""Runs that are trained as one get what each gets alone, whichever others they are stacked with."""

import numpy as np
import pytest
import torch
from stacked_trainers import (
    ADAM,
    COSINE,
    OPTIMIZERS,
    SGD,
    SQUARE,
    alone,
    configuration,
    stacked,
)

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.steps.stacked import can_be_stacked, form_of_stack, member
from lr_atlas.training.steps.stacked_rows import Stack
from lr_atlas.training.steps.stacked_turns import Together
from lr_atlas.training.trainer import Trainer


@pytest.fixture(autouse=True)
def as_a_job_does(monkeypatch):
    """Have runs that are alone take torch's own steps, and products one thread, as in a job."""
    monkeypatch.setattr("lr_atlas.training.trainer.can_compile", lambda *_: False)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def assert_same(found, expected):
    """Weights, optimizer, answers and counts to the bit; losses as sums of another order."""
    (progress, (_, weights, rest), end), (known, (_, other, state), other_end) = found, expected
    assert (weights, rest) == (other, state)
    assert end.status == other_end.status
    assert len(progress.records) == len(known.records)
    for one, two in zip(progress.records, known.records, strict=True):
        for series in ("running", "train", "validation"):
            here, there = getattr(one, series), getattr(two, series)
            assert here["accuracy"] == there["accuracy"]
            assert here["loss"] == pytest.approx(there["loss"], rel=1e-6)
    assert len(progress.dynamics.rows) == len(known.dynamics.rows)
    for one, two in zip(progress.dynamics.rows, known.dynamics.rows, strict=True):
        compare_rows(one, two)


def compare_rows(one, two):
    for here, there in zip(one.split(","), two.split(","), strict=True):
        if here != there:
            assert float(here) == pytest.approx(float(there), rel=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fully_connected_runs_have_the_bytes_that_they_have_alone(name):
    lr = 0.001 if name in ("adam", "adamw", "rmsprop") else 0.05
    given = [
        configuration(0, lr, OPTIMIZERS[name]),
        configuration(1, 3 * lr, OPTIMIZERS[name], schedule=COSINE),
        configuration(2, lr / 2, OPTIMIZERS[name], dynamics=["steps"]),
    ]
    for each, found in zip(given, stacked(given, [2, 2, 2]), strict=True):
        assert_same(found, alone(each, 2))


def test_nothing_depends_on_the_others_or_on_their_number_to_the_bit():
    mine = configuration(5, 0.05)
    others = [configuration(seed, 0.01 * (seed + 1)) for seed in range(4)]
    first = stacked([mine], [2])[0][1]
    for given, row, width in (
        ([*others, mine], 4, 5),
        ([mine, *others[:2]], 0, 3),
        ([others[0], mine], 1, 7),  # rows that nobody has
    ):
        assert stacked(given, [2] * len(given), width=width)[row][1][1:] == first[1:]


def test_a_run_that_diverges_or_ends_leaves_the_others_untouched_to_the_bit():
    given = [configuration(0, 0.05), configuration(1, 1e30), configuration(2, 0.02)]
    found = stacked(given, [3, 3, 1])
    for each, epochs, one in zip(given, [3, 3, 1], found, strict=True):
        assert_same(one, alone(each, epochs))
    assert [end.status for *_, end in found] == ["finished", "diverged", "finished"]
    assert found[1][2].diverged_step == alone(given[1], 3)[2].diverged_step


def test_each_run_draws_its_own_dropout():
    model = {"hidden": [32, 16], "activation": "tanh", "dropout": 0.3}
    given = [configuration(seed, 0.02, model=model) for seed in (3, 4)]
    for each, found in zip(given, stacked(given, [2, 2]), strict=True):
        assert_same(found, alone(each, 2))


def test_runs_go_on_from_other_places_and_wait_for_each_other():
    model = {"hidden": [32, 16], "dropout": 0.3}
    given = [configuration(seed, 0.02, ADAM, model, evaluate={"every": 4}) for seed in range(3)]
    expected = [alone(each, 3) for each in given]
    states = [alone(each, epochs)[1] for each, epochs in zip(given, (1, 2), strict=False)]
    for one, other in zip(stacked(given, [3, 3, 3], states=states), expected, strict=True):
        assert_same(one, other)


def test_a_run_goes_on_in_the_middle_of_a_piece_with_its_own_random_numbers():
    model = {"hidden": [32], "dropout": 0.3}
    given = configuration(0, 0.02, ADAM, model, evaluate={"every": 4})
    half = {}

    def keep(trainer):
        if trainer.progress.step == 4:
            half.setdefault("state", trainer.state())

    whole = stacked([given], [2], after_piece=keep)[0]
    assert half["state"][0]["images"] == 200
    assert stacked([given], [2], states=[half["state"]])[0][1][1:] == whole[1][1:]


NETWORKS = {
    "cnn": {"channels": [4, 6], "hidden": [16], "batch_norm": True, "dropout": 0.2},
    "2c2d": {},
    "3c3d": {},
    "lenet5": {},
    "resnet20": {},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_convolutional_runs_depend_on_the_width_of_their_stack_alone_to_the_bit(name):
    form = Form((3, 32, 32), 4) if name in ("3c3d", "lenet5") else SQUARE
    model = {"name": name, **NETWORKS[name]}
    given = [configuration(seed, 0.001, {"name": "sgd"}, model) for seed in (1, 2)]
    found = stacked(given, [1, 1], form, width=3)
    for each, (progress, _, end) in zip(given, found, strict=True):
        known, _, other_end = alone(each, 1, form)
        assert end.status == other_end.status
        for series in ("running", "train", "validation"):
            one, two = getattr(progress.records[0], series), getattr(known.records[0], series)
            assert one["loss"] == pytest.approx(two["loss"], rel=1e-4)
    # Other rows, and nobody beside it; at another width oneDNN may add up in another order.
    assert stacked(given[1:], [1], form, width=3)[0][1][1:] == found[1][1][1:]


def test_other_losses_and_standardised_numbers_are_stacked_too():
    generator = np.random.default_rng(0)
    inputs = generator.normal(3, 5, (230, 6)).astype(np.float32)
    targets = inputs[:, :1] * 0.3 + generator.normal(0, 0.1, (230, 1)).astype(np.float32)
    form, data = Form((6,), 1, "regression"), image_set(inputs, targets, "cpu")
    given = [configuration(s, 0.01, loss="huber", model={"hidden": [8]}) for s in (0, 1)]
    first = Trainer(given[0], data, form)
    together = Together(Stack(first.network, given[0], data, form, 2))
    trainers = [
        member(lambda each=each: Trainer(each, data, form), each, together, row)
        for row, each in enumerate(given)
    ]
    assert together.run([lambda t=t: train(t, data, 2) for t in trainers]) == [None, None]
    for each, trainer in zip(given, trainers, strict=True):
        single = Trainer(each, data, form)
        train(single, data, 2)
        assert trainer.state()[1] == single.state()[1]
        assert trainer.progress.records[-1].train["rmse"] == pytest.approx(
            single.progress.records[-1].train["rmse"], rel=1e-6
        )


@pytest.mark.parametrize(
    "more",
    [
        {"clip": {"norm": 1.0}},
        {"accumulate": 2},
        {"transforms": ["flip"]},
        {"optimizer": {"name": "adagrad", "lr": 0.1}},
        {"model": {"name": "transformer"}},
        {"horizon": {"epochs": 3}},
    ],
)
def test_runs_that_ask_for_more_than_plain_steps_are_not_stacked(more):
    assert can_be_stacked(configuration())
    assert not can_be_stacked({**configuration(), **complete_configuration(more)})


def test_seeds_schedules_and_numbers_of_the_optimizer_may_differ_within_a_stack():
    form = form_of_stack(configuration())
    assert form == form_of_stack(configuration(3, 0.7, {**SGD, "momentum": 0.5}, schedule=COSINE))
    for other in (
        configuration(optimizer={"name": "sgd"}),
        configuration(model={"hidden": [32]}),
        {**configuration(), "batch_size": 10},
    ):
        assert form != form_of_stack(other)
