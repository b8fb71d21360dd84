"""Schedules: torch's own as oracles, step by step; runs that go on from any piece of them."""

import itertools
import math
import warnings

import pytest
import torch
from torch.optim import lr_scheduler as of_torch

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.parts import names
from lr_atlas.training.schedule import Budget, build_schedule, needs_end
from lr_atlas.training.trainer import Trainer

TOTAL = 60
WARMUP = 7


def torch_values(make, steps=TOTAL, key="lr"):
    """Return what torch's scheduler sets before each step, by a factor of the optimizer's own."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.95)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0][key])
        optimizer.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's remarks on its own use
            if len(values) < steps:
                scheduler.step()
    return values


def factors(schedule, steps_per_epoch=10, total=TOTAL):
    factor = build_schedule(schedule, Budget(steps_per_epoch, total))
    return [factor(step) for step in range(total)]


ORACLES = {
    "linear": ({"floor": 0.1}, lambda o, n: of_torch.LinearLR(o, 1.0, 0.1, n)),
    "cosine": ({"floor": 0.1}, lambda o, n: of_torch.CosineAnnealingLR(o, n, 0.1)),
    "step": ({"every": 9, "factor": 0.5}, lambda o, n: of_torch.StepLR(o, 9, 0.5)),
    "multi_step": (
        {"at": [WARMUP + 9, WARMUP + 20, WARMUP + 31]},
        lambda o, n: of_torch.MultiStepLR(o, [9, 20, 31], 0.1),
    ),
    "exponential": ({"every": 1, "factor": 0.95}, lambda o, n: of_torch.ExponentialLR(o, 0.95)),
    "polynomial": ({"power": 1.7}, lambda o, n: of_torch.PolynomialLR(o, n, 1.7)),
    "cosine_restarts": (
        {"period": 8, "growth": 2, "floor": 0.05},
        lambda o, n: of_torch.CosineAnnealingWarmRestarts(o, 8, 2, 0.05),
    ),
}
CYCLIC = [
    ({"up": 5}, {"step_size_up": 5}),
    ({"up": 5, "down": 9, "shape": "triangular2"}, {"step_size_up": 5, "step_size_down": 9}),
    ({"up": 4, "down": 3, "shape": "exp_range", "gamma": 0.97}, {"step_size_up": 4, "gamma": 0.97}),
]


@pytest.mark.parametrize("name", ORACLES)
def test_a_schedule_is_that_of_torch_after_a_warm_up_and_without(name):
    arguments, make = ORACLES[name]
    rest = TOTAL - WARMUP

    def after_warm_up(optimizer):
        rising = of_torch.LinearLR(optimizer, 1 / WARMUP, 1.0, WARMUP - 1)
        return of_torch.SequentialLR(optimizer, [rising, make(optimizer, rest)], [WARMUP])

    found = factors({"name": name, **arguments, "warmup": WARMUP})
    torch.testing.assert_close(found, torch_values(after_warm_up), rtol=1e-12, atol=1e-12)
    if name == "multi_step":  # whose moments are those of the run
        arguments = {"at": [9, 20, 31]}
    found = factors({"name": name, **arguments})
    expected = torch_values(lambda optimizer: make(optimizer, TOTAL))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("arguments", "of_theirs"), CYCLIC)
def test_the_cyclic_schedule_is_that_of_torch(arguments, of_theirs):
    theirs = {"step_size_down": arguments.get("down"), **of_theirs}
    theirs["mode"] = arguments.get("shape", "triangular")
    expected = torch_values(
        lambda o: of_torch.CyclicLR(o, 0.2, 1.0, cycle_momentum=False, **theirs)
    )
    found = factors({"name": "cyclic", "low": 0.2, **arguments})
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "theirs"), [("cosine", "cos"), ("linear", "linear")])
def test_one_cycle_is_that_of_torch_with_its_momentum(shape, theirs):
    def make(optimizer):
        return of_torch.OneCycleLR(optimizer, 1.0, TOTAL, pct_start=0.3, anneal_strategy=theirs)

    found = factors({"name": "one_cycle", "shape": shape})
    torch.testing.assert_close(found, torch_values(make), rtol=1e-12, atol=1e-12)
    momentum = {"name": "one_cycle", "start": 1.0, "top": 0.85 / 0.95, "end": 1.0, "shape": shape}
    found = [0.95 * factor for factor in factors(momentum)]
    expected = torch_values(make, key="momentum")
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_warm_up_stable_and_decay_are_exactly_one_between_and_reach_zero_after_the_last_step():
    for shape, curve in (("linear", lambda x: 1 - x), ("sqrt", lambda x: 1 - math.sqrt(x))):
        found = factors(
            {"name": "warmup_stable_decay", "warmup": 6, "cooldown": 12, "shape": shape}
        )
        assert found[:6] == [(step + 1) / 6 for step in range(6)]
        assert found[6:49] == [1.0] * 43
        assert found[49:] == pytest.approx([curve(gone / 12) for gone in range(1, 12)])
    share = {"name": "warmup_stable_decay", "warmup": 0.1, "cooldown": 0.2}
    assert factors(share) == factors({**share, "warmup": 6, "cooldown": 12})
    assert factors(share) == factors({**share, "warmup": {"epochs": 0.6}, "cooldown": 12})


def test_the_inverse_square_root_is_that_of_vaswani_after_its_warm_up():
    found = factors({"name": "inverse_sqrt", "timescale": 10, "warmup": 10})
    assert found[:10] == [(step + 1) / 10 for step in range(10)]
    assert found[10:] == pytest.approx([math.sqrt(10 / step) for step in range(10, TOTAL)])


def test_a_schedule_needs_its_end_for_a_total_or_a_share():
    assert [name for name in names("schedule") if not needs_end(name)] == [
        "constant",
        "inverse_sqrt",
    ]
    assert not needs_end({"name": "constant", "warmup": 3})
    assert needs_end({"name": "constant", "warmup": 0.1})
    assert needs_end("multi_step")
    assert not needs_end({"name": "multi_step", "at": [3, {"epochs": 0.5}]})
    assert not needs_end({"name": "cyclic", "up": 4, "warmup": {"epochs": 1}})


#: Several pieces an epoch, of 2,000 images each.
IMAGES = 5_000
OPTIMIZERS = [
    {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    {"name": "adamw", "lr": 0.01},
]


@pytest.fixture(scope="module")
def images():
    torch.set_num_threads(1)
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (IMAGES, 3, 3), generator=random, dtype=torch.uint8)
    labels = torch.randint(0, 3, (IMAGES,), generator=random)
    return image_set(pixels.numpy(), labels.numpy(), "cpu")


def trainer(images, optimizer, schedule, **others):
    configuration = {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 500, "optimizer": optimizer},
        **{"model": {"hidden": [4], "dropout": 0.2}, "schedule": schedule},
        **{"horizon": {"epochs": 2}, **others},
    }
    return Trainer(complete_configuration(configuration), images, Form((3, 3), 3))


@pytest.mark.parametrize(
    ("schedule", "optimizer"), list(itertools.product(names("schedule"), OPTIMIZERS)), ids=str
)
def test_a_scheduled_run_goes_on_from_each_piece_to_the_same_bytes(schedule, optimizer, images):
    scheduled = {
        "schedule": {"name": schedule, "warmup": 3},
        "momentum_schedule": {"name": "one_cycle", "start": 1.0, "top": 0.9, "end": 1.0},
        "weight_decay_schedule": "cosine",
    }
    whole = trainer(images, optimizer, **scheduled)
    states = []
    train(whole, images, 2, lambda: states.append(whole.state()))
    assert len(states) == 8  # three pieces and the end of each epoch
    end = states[-1][1:]
    for state in states[:-1]:
        rest = trainer(images, optimizer, **scheduled)
        rest.restore(*state)
        train(rest, images, 2)
        assert rest.state()[1:] == end
    assert trainer(images, optimizer, "constant").state()[1:] != end


def test_the_schedules_of_a_run_set_what_they_are_named_after(images):
    given = OPTIMIZERS[1] | {"weight_decay": 0.1}
    schedules = {
        "momentum_schedule": "linear",
        "weight_decay_schedule": {"name": "constant", "warmup": 10},
    }
    # The compiled steps have no optimizer of torch, and no transforms.
    run = trainer(images, given, "cosine", **schedules, transforms=["flip"])
    seen = []
    optimizer_step = run.steps.optimizer.step

    def step(evaluate):
        group = run.steps.optimizer.param_groups[0]
        seen.append((group["lr"], *group["betas"], group["weight_decay"]))
        return optimizer_step(evaluate)

    run.steps.optimizer.step = step
    train(run, images, 2)
    for index, values in enumerate(seen):
        rate = 0.01 * (1 + math.cos(math.pi * index / 20)) / 2
        decay = 0.1 * min(1, (index + 1) / 10)
        assert values == pytest.approx((rate, 0.9 * (1 - index / 20), 0.999, decay))
    assert len(seen) == 20
