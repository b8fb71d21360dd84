"""Schedules, groups, clipping, accumulation and averages of the compiled steps are torch's."""

import math

import pytest
import torch
from test_compiled_steps import OPTIMIZER_ARGUMENTS, both, configuration, name, weights
from torch import nn

from lr_atlas.training.image_sets import image_set
from lr_atlas.training.optimizer import optimizer_class
from lr_atlas.training.step_factors import StepFactors
from lr_atlas.training.steps.compiled import CompiledSteps, can_compile
from lr_atlas.training.steps.compiled_arguments import groups_of

STEPS, BATCH = 10, 30
FACTORS = StepFactors(
    lr=[0.5 * (1 + math.cos(math.pi * step / STEPS)) for step in range(STEPS)],
    momentum=[1 - 0.02 * step for step in range(STEPS)],
    weight_decay=[1 + 0.1 * step for step in range(STEPS)],
)
#: One each for weight and bias of three layers.
LR_FACTORS, DECAYS = [0.5, 0.5, 1.0, 2.0, 1.0, 1.0], [True, False, True, False, True, True]
CLIPS = [{"norm": 0.5}, {"value": 0.01}]


@pytest.fixture(scope="module")
def images(tiny_arrays):
    torch.set_num_threads(1)
    return image_set(*tiny_arrays["train"], "cpu")


def settings(arguments, batch_size=BATCH, **other):
    return configuration(arguments, batch_size) | other


def compiled_only(arguments, images, dtype=torch.float64, **other):
    return next(both(settings(arguments, **other), images, dtype))


def stepped_by_hand(network, arguments, images, clip):
    """Train the network by torch alone, with a group for each parameter; the steps clipped."""
    arguments = {"lr": 0.001, **arguments}
    given = {key: tuple(v) if isinstance(v, list) else v for key, v in arguments.items()}
    made = optimizer_class(given.pop("name"))
    parameters = list(network.parameters())
    optimizer = made([{"params": [each]} for each in parameters], **given)
    usual = {**optimizer.defaults}
    clipped = 0
    for step in range(STEPS):
        for group, lr, decay in zip(optimizer.param_groups, LR_FACTORS, DECAYS, strict=True):
            group["lr"] = usual["lr"] * lr * FACTORS.lr[step]
            group["weight_decay"] = usual["weight_decay"] * decay * FACTORS.weight_decay[step]
            if "momentum" in usual:
                group["momentum"] = usual["momentum"] * FACTORS.momentum[step]
            if "betas" in usual:
                first, second = usual["betas"]
                group["betas"] = (first * FACTORS.momentum[step], second)
        batch = slice(step * BATCH, (step + 1) * BATCH)
        inputs = images.images[batch].view(BATCH, -1).double() * (2 / 255) - 1
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(inputs), images.labels[batch]).backward()
        if "norm" in clip:
            clipped += bool(nn.utils.clip_grad_norm_(parameters, clip["norm"]) > clip["norm"])
        else:
            highest = max(each.grad.abs().max() for each in parameters)
            clipped += bool(highest > clip["value"])
            nn.utils.clip_grad_value_(parameters, clip["value"])
        optimizer.step()
    return clipped


@pytest.mark.parametrize("clip", CLIPS, ids=["norm", "value"])
@pytest.mark.parametrize("arguments", OPTIMIZER_ARGUMENTS, ids=name)
def test_factors_groups_and_clipping_are_those_of_torch_by_hand(arguments, clip, images):
    network, steps = compiled_only(arguments, images, clip=clip)
    reference, _ = compiled_only(arguments, images)
    sizes = [parameter.numel() for parameter in network.parameters()]
    steps.optimizer = steps.optimizer._replace(groups=groups_of(sizes, LR_FACTORS, DECAYS))
    before = weights(network)
    steps.train(torch.arange(STEPS * BATCH), 0, FACTORS)
    clipped = stepped_by_hand(reference, arguments, images, clip)
    found, expected = weights(network) - before, weights(reference) - before
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert clipped > 0
    assert steps.taken_clipped() == clipped
    assert steps.taken_clipped() == 0
    assert steps.effective_lr() == arguments.get("lr", 0.001) * FACTORS.lr[-1]


@pytest.mark.parametrize("arguments", OPTIMIZER_ARGUMENTS, ids=name)
def test_all_of_it_together_is_what_autograd_gives(arguments, images):
    """With the groups as a configuration says them."""
    grouped = arguments | {"decay": "matrices", "multipliers": {"0": 0.5, "4.weight": 2.0}}
    factors = FACTORS._replace(average=[1 / (1 + step) for step in range(STEPS)])
    extras = {"clip": {"norm": 0.5}, "accumulate": 2, "average": {"name": "ema", "decay": 0.9}}
    found = []
    for network, steps in both(settings(grouped, BATCH // 2, **extras), images):
        before = weights(network)
        losses, _ = steps.train(torch.arange(STEPS * BATCH), 0, factors)
        with steps.evaluated():
            found.append((losses, steps.taken_clipped(), weights(network) - before))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    assert found[0][1] == found[1][1] > 0
    assert (found[0][2] - found[1][2]).abs().max() <= 1e-5 * found[1][2].abs().max()


@pytest.mark.parametrize("arguments", OPTIMIZER_ARGUMENTS, ids=name)
def test_factors_of_one_and_a_limit_never_reached_change_no_bit(arguments, images):
    found = []
    for other, factors in (
        ({}, StepFactors()),
        ({"clip": {"norm": 1e9}}, StepFactors([1.0] * STEPS, [1.0] * STEPS, [1.0] * STEPS)),
        ({"clip": {"value": 1e9}, "average": {"name": "ema", "decay": 0.9}}, StepFactors()),
    ):
        network, steps = compiled_only(arguments, images, torch.float32, **other)
        found.append((steps.train(torch.arange(STEPS * BATCH), 0, factors), weights(network)))
        assert steps.taken_clipped() == 0
    for results, found_weights in found[1:]:
        assert results == found[0][0]
        assert torch.equal(found_weights, found[0][1])


@pytest.mark.parametrize(
    "arguments", [{"name": "sgd", "momentum": 0.9}, {"name": "adamw"}], ids=name
)
def test_groups_that_are_alike_are_one_and_change_no_bit(arguments, images):
    network, steps = compiled_only(arguments, images, torch.float32)
    sizes = [parameter.numel() for parameter in network.parameters()]
    assert groups_of(sizes, [1.0] * 6, [True] * 6).tolist() == steps.optimizer.groups.tolist()
    steps.train(torch.arange(90), 0)
    expected = weights(network)
    network, steps = compiled_only(arguments, images, torch.float32)
    groups = [[start, start + 50, 1, 1] for start in range(0, sum(sizes), 50)]
    groups[-1][1] = sum(sizes)
    steps.optimizer = steps.optimizer._replace(groups=torch.tensor(groups).double().numpy())
    steps.train(torch.arange(90), 0)
    torch.testing.assert_close(weights(network), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("clip", ["none", {"norm": 0.5}])
def test_several_batches_of_a_step_are_one_batch_of_all_their_images(clip, images):
    """Also the last step of an epoch, which has fewer; by both ways."""
    indices, factors = torch.arange(205), StepFactors([1.0, 0.5, 0.25, 0.1, 0.05, 0.01])
    adam = {"name": "adam", "weight_decay": 0.1}
    _, whole = compiled_only(adam, images, batch_size=40, clip=clip)
    losses, correct = whole.train(indices, 0, factors)
    expected = weights(whole.torch_network)
    for network, steps in both(settings(adam, 10, accumulate=4, clip=clip), images):
        found, right = steps.train(indices, 0, factors)
        assert len(found) == 21
        assert right == correct
        sizes = [10] * 20 + [5]
        by_step = [
            math.fsum(a * b for a, b in zip(found[i : i + 4], sizes[i : i + 4], strict=True))
            / sum(sizes[i : i + 4])
            for i in range(0, 21, 4)
        ]
        assert by_step == pytest.approx(losses, rel=1e-9)
        torch.testing.assert_close(weights(network), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("clip", [{"norm": 0.1}, {"value": 0.001}])
def test_a_gradient_that_is_no_number_is_not_hidden_by_clipping(clip, images):
    for network, steps in both(settings({"name": "sgd"}, clip=clip), images):
        with torch.no_grad():
            next(network.parameters())[0, 0] = math.nan
        steps.train(torch.arange(60), 0)
        assert weights(network).isnan().any()


def test_what_the_compiled_steps_cannot_do_goes_by_autograd(images):
    network, _ = compiled_only({"name": "sgd"}, images, torch.float32)
    extras = [
        {"schedule": {"name": "cosine"}},
        {"clip": {"norm": 1.0}},
        {"accumulate": 2},
        {"average": {"name": "ema", "decay": 0.9}},
    ]
    for other in extras:
        assert can_compile(network, settings({"name": "rmsprop"}, **other))
        assert not can_compile(network, settings({"name": "nadam"}, **other))
    # Trained by autograd before the compiled steps knew schedules, whose bytes they keep.
    assert not can_compile(network, settings({"name": "sgd"}, schedule="own.py:cosine"))


def test_the_state_of_the_compiled_steps_counts_steps_and_not_batches(images):
    _, steps = compiled_only({"name": "adam"}, images, batch_size=10, accumulate=3)
    steps.train(torch.arange(100), 0)
    assert steps.optimizer_state()["steps"] == 4
    assert isinstance(steps, CompiledSteps)
