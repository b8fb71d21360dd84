"""Sources of chance whose seeds are set apart change what they are the source of, and no more."""

from types import SimpleNamespace

import pytest
import torch

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.records import history_text
from lr_atlas.training.trainer import Trainer


@pytest.fixture(scope="module")
def images(tiny_arrays):
    torch.set_num_threads(1)
    return tuple(image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))


def run(images, **changes):
    """Return the first weights, the order of the first epoch, the end of a run with dropout."""
    base = {"dataset": "fashion_mnist", "seed": 0, "batch_size": 20}
    base |= {"model": {"hidden": [16], "dropout": 0.2}, "optimizer": {"name": "sgd", "lr": 0.1}}
    trainer = Trainer(complete_configuration({**base, **changes}), images[0], Form((28, 28), 10))
    first = torch.cat([each.detach().flatten() for each in trainer.network.parameters()])
    order = trainer._order_of(1).clone()
    train(trainer, images[1], 1)
    return SimpleNamespace(first=first, order=order, end=history_text(trainer.progress.records))


@pytest.fixture(scope="module")
def usual(images):
    return run(images)


def test_seeds_that_are_set_apart_and_equal_give_the_bytes_of_the_run(images, usual):
    apart = run(images, initialisation_seed=0, order_seed=0)
    assert apart.end == usual.end


def test_another_seed_of_the_initial_weights_keeps_the_order(images, usual):
    other = run(images, initialisation_seed=1)
    assert not torch.equal(other.first, usual.first)
    assert torch.equal(other.order, usual.order)
    # In the other direction: everything else is that of the run with that seed.
    assert other.end == run(images, seed=1, order_seed=0).end


def test_another_seed_of_the_order_keeps_the_initial_weights(images, usual):
    other = run(images, order_seed=1)
    assert torch.equal(other.first, usual.first)
    assert not torch.equal(other.order, usual.order)
    assert other.end != usual.end


def test_rounding_moves_each_initial_weight_to_a_neighbouring_number(images, usual):
    one, other = run(images, rounding_seed=0), run(images, rounding_seed=1)
    above, below = (
        torch.nextafter(usual.first, torch.tensor(end)) for end in (torch.inf, -torch.inf)
    )
    assert ((one.first == above) | (one.first == below)).all()
    assert 0.4 < (one.first == above).float().mean() < 0.6
    assert not torch.equal(one.first, other.first)
    assert torch.equal(one.order, usual.order)
