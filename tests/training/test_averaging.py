"""Averaged weights are torch's, are what is evaluated and kept, and survive an interruption."""

import copy

import pytest
import torch
from test_compiled_steps import both, configuration, weights
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn, get_swa_avg_fn, update_bn

from lr_atlas.training import trainer as trainer_module
from lr_atlas.training.averaging import average_shares, needs_total
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.network import load_weights
from lr_atlas.training.parts import count_own_files_from, own_files_folder
from lr_atlas.training.step_factors import StepFactors
from lr_atlas.training.trainer import Trainer

NETS = """
from torch import nn

class Normed(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2),
            nn.Linear(8, classes),
        )

    def forward(self, inputs):
        return self.layers(inputs)
"""
FORM = Form((28, 28), 10)
#: Each with the function by which torch's AveragedModel does the same, from the weights of the
#: steps (from 1) that it is given.
DECAY, STEPS, EPOCH = 0.8, 12, 4
AVERAGES = {
    "ema as in torch": (
        {"name": "ema", "decay": DECAY, "debias": False},
        get_ema_avg_fn(DECAY),
        range(1, 13),
    ),
    "ema": (
        {"name": "ema", "decay": DECAY},
        lambda mean, new, n: mean + (new - mean) * (1 - DECAY) / (1 - DECAY ** (int(n) + 1)),
        range(1, 13),
    ),
    "swa": ({"name": "swa", "start": 0.5}, get_swa_avg_fn(), (8, 12)),
    "tail": ({"name": "tail", "share": 0.25}, get_swa_avg_fn(), (10, 11, 12)),
}


@pytest.fixture(scope="module")
def images(tiny_arrays):
    torch.set_num_threads(1)
    return [image_set(*tiny_arrays[split], "cpu") for split in ("train", "test")]


@pytest.fixture
def nets(tmp_path):
    before = own_files_folder()
    (tmp_path / "nets.py").write_text(NETS)
    count_own_files_from(tmp_path)
    yield {"name": "nets.py:Normed", "arguments": {}}
    count_own_files_from(before)


@pytest.mark.parametrize("kind", AVERAGES)
def test_averages_are_those_of_torchs_swa_utils(kind, images):
    average, function, counted = AVERAGES[kind]
    shares = average_shares(average, 0, STEPS, EPOCH, STEPS if needs_total(average) else None)
    for network, steps in both(configuration({"name": "adam"}) | {"average": average}, images[0]):
        expected = AveragedModel(network, avg_fn=function)
        for step in range(STEPS):
            batch = torch.arange(step * 20, (step + 1) * 20)
            steps.train(batch, step, StepFactors(average=[shares[step]]))
            if step + 1 in counted:
                expected.update_parameters(network)
        trained = weights(network)
        with steps.evaluated():
            torch.testing.assert_close(weights(network), weights(expected), rtol=1e-9, atol=1e-12)
            assert not torch.equal(weights(network), trained)
        assert torch.equal(weights(network), trained)


def test_shares_say_from_which_step_on_an_average_goes():
    swa, tail = {"name": "swa", "start": 0.75}, {"name": "tail", "share": 0.1}
    shares = average_shares(swa, 0, 80, 4, 80)
    found = {step + 1: share for step, share in enumerate(shares) if share}
    assert found == {60: 1, 64: 1 / 2, 68: 1 / 3, 72: 1 / 4, 76: 1 / 5, 80: 1 / 6}
    # A budget that is no whole number of epochs, or less than one, has its last step.
    assert average_shares(swa, 0, 6, 4, 6) == [0, 0, 0, 0, 0, 1]
    assert average_shares(swa, 0, 3, 4, 3) == [0, 0, 1]
    assert average_shares(tail, 26, 4, 4, 30) == [0, 1, 1 / 2, 1 / 3]
    assert average_shares(tail, 0, 3, 4, 3) == [0, 0, 1]
    assert average_shares("none", 0, 3, 4) == []
    assert average_shares({"name": "ema", "decay": 0.5}, 0, 2, 4) == [1, 2 / 3]


def test_what_averages_from_a_share_of_the_run_on_needs_to_know_its_end():
    assert needs_total({"name": "swa", "start": 0.5})
    assert needs_total({"name": "tail", "share": 0.5})
    assert not needs_total({"name": "ema", "decay": 0.5})
    assert not needs_total("none")


EXTRAS = [
    {"average": {"name": "ema", "decay": 0.9}, "clip": {"norm": 1.0}},
    {"average": {"name": "swa", "start": 0.4}, "accumulate": 3},
    {"average": {"name": "tail", "share": 0.6}, "accumulate": 2, "clip": {"value": 0.01}},
    {
        "average": {"name": "ema", "decay": 0.9, "debias": False},
        "schedule": {"name": "cosine", "warmup": 0.2},
        "momentum_schedule": {"name": "linear"},
        "optimizer": {"name": "adamw", "lr": 0.01, "decay": "matrices", "multipliers": {"*": 0.5}},
        "clip": {"norm": 1.0},
    },
]


def trainer_of(images, model, extras):
    given = {"dataset": "mnist", "seed": 0, "batch_size": 20, "horizon": {"epochs": 2}}
    optimizer = {"name": "sgd", "lr": 0.1, "momentum": 0.9}
    given |= {"model": model, "optimizer": optimizer}
    return Trainer(complete_configuration(given | extras), images[0], FORM)


@pytest.mark.parametrize("extras", EXTRAS, ids=["ema", "swa", "tail", "scheduled"])
@pytest.mark.parametrize("way", ["compiled", "autograd"])
def test_a_run_goes_on_from_every_piece_to_the_same_bytes(way, extras, images, nets, monkeypatch):
    monkeypatch.setattr(trainer_module, "_PIECE", 120)
    model = {"hidden": [16], "dropout": 0.2} if way == "compiled" else nets
    whole, states = trainer_of(images, model, extras), []
    assert whole.steps.name == way
    train(whole, images[1], 2, lambda: states.append(copy.deepcopy(whole.state())))
    _, kept, rest = whole.state()
    assert len(states) > 6
    for state in states:
        again = trainer_of(images, model, extras)
        again.restore(*state)
        train(again, images[1], 2)
        assert again.state()[1:] == (kept, rest)
        found = [record.validation for record in again.progress.records]
        assert found == [record.validation for record in whole.progress.records]


def test_what_is_kept_as_model_is_what_was_evaluated(images, nets):
    """Statistics of batch normalisation are those of torch's update_bn for the averaged weights."""
    trainer = trainer_of(images, nets, EXTRAS[0])
    train(trainer, images[1], 2)
    last = trainer.progress.records[-1].validation
    trained = trainer.measure(images[1])[0]
    assert trained != last
    load_weights(trainer.network, trainer.state()[1])
    assert trainer.measure(images[1])[0] == last

    expected = copy.deepcopy(trainer.network)
    torch.manual_seed(0)
    order = torch.randperm(len(images[0]))
    inputs = images[0].images[order].view(-1, 1, 28, 28).float() / 255
    update_bn(inputs.split(20), expected)
    found = dict(trainer.network.named_buffers())
    for name, buffer in expected.named_buffers():
        torch.testing.assert_close(found[name], buffer, rtol=1e-4, atol=1e-6)
    assert any(isinstance(each, nn.BatchNorm1d) for each in expected.modules())


def test_the_share_of_clipped_steps_is_counted_over_an_epoch(images):
    model = {"hidden": [16]}
    shares = []
    for norm in (1e-6, 1e6):
        trainer = trainer_of(images, model, {"clip": {"norm": norm}})
        trainer.train_until(trainer.steps_per_epoch, lambda: None)
        dynamics = trainer.progress.dynamics
        shares.append(dynamics.clipped / dynamics.steps)
    assert shares == [1.0, 0.0]
