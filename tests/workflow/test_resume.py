"""A run that was left and taken up again, anywhere, gives the bytes of one that never was."""

import pytest
import torch

from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.dynamics_file import dynamics_text
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.records import first_epoch_text, history_text
from lr_atlas.training.trainer import Trainer

ARGUMENTS = [
    {"name": "sgd"},
    {"name": "sgd", "momentum": 0.9},
    {"name": "sgd", "momentum": 0.9, "nesterov": True},
    {"name": "rmsprop", "momentum": 0.5},
    {"name": "rmsprop", "centered": True},
    {"name": "adam", "amsgrad": True},
    {"name": "muon", "takes": "matrices", "rest": {"name": "adamw", "lr": 0.01}},
    {"name": "lbfgs", "line_search_fn": "strong_wolfe", "max_iter": 2},
    *({"name": name} for name in torch_optimizers() if name not in ("sgd", "muon", "lbfgs")),
]


class Left(Exception):  # noqa: N818, it is no error
    """Raised to leave a training in the middle."""


@pytest.fixture(scope="module")
def images(tiny_arrays):
    """(training, validation) ImageSets of the tiny data set, the first long enough for two pieces.

    Between the pieces of an epoch training can be left, so an epoch of one piece has no middle.
    """
    torch.set_num_threads(1)
    (pixels, labels), validation = tiny_arrays["train"], tiny_arrays["test"]
    return image_set(pixels, labels, "cpu"), image_set(*validation, "cpu")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr("lr_atlas.training.trainer._PIECE", 100)


def configuration(optimizer, dropout):
    return complete_configuration(
        {
            "dataset": "fashion_mnist",
            "seed": 0,
            "batch_size": 30,
            "model": {"hidden": [16], "dropout": dropout},
            "optimizer": {"lr": 0.01, **optimizer},
        }
    )


def train_until(trainer, images, epochs, pieces=None):
    """Train to `epochs` epochs, or leave after so many pieces."""
    left = pieces

    def count():
        nonlocal left
        if left is not None:
            left -= 1
            if left == 0:
                raise Left

    try:
        return train(trainer, images[1], epochs, count)
    except Left:
        return None


def files(trainer, folder):
    """The bytes of all files of a run, and of what goes on from there."""
    (folder / "history.csv").write_text(history_text(trainer.progress.records))
    _, weights, rest = trainer.state()
    recorded = first_epoch_text(trainer.progress.first_epoch.pieces)
    assert recorded.count("\n") > 2
    dynamics = dynamics_text(trainer.progress.dynamics.layers, trainer.progress.dynamics.rows)
    assert dynamics.count("\n") > len(trainer.progress.records)
    return (folder / "history.csv").read_bytes(), recorded, dynamics, weights, rest


def name(value):
    return (
        "-".join(map(str, [*value.values()][:3])) if isinstance(value, dict) else f"dropout{value}"
    )


@pytest.mark.parametrize("dropout", [0.0, 0.2], ids=name)
@pytest.mark.parametrize("optimizer", ARGUMENTS, ids=name)
def test_seven_and_six_epochs_are_thirteen(optimizer, dropout, images, tmp_path):
    whole = Trainer(configuration(optimizer, dropout), images[0], Form((28, 28), 10))
    train(whole, images[1], 13)
    first = Trainer(configuration(optimizer, dropout), images[0], Form((28, 28), 10))
    train(first, images[1], 7)
    torch.manual_seed(99)  # another process has drawn other numbers
    second = Trainer(configuration(optimizer, dropout), images[0], Form((28, 28), 10))
    second.restore(*first.state())
    train(second, images[1], 13)
    assert len(second.progress.records) == 13
    assert files(second, tmp_path) == files(whole, tmp_path)


@pytest.mark.parametrize("optimizer", [{"name": "adam"}, {"name": "rmsprop"}], ids=name)
def test_a_run_left_in_the_middle_of_an_epoch_goes_on_there(optimizer, images, tmp_path):
    whole = Trainer(configuration(optimizer, 0.2), images[0], Form((28, 28), 10))
    train(whole, images[1], 3)
    state = Trainer(configuration(optimizer, 0.2), images[0], Form((28, 28), 10)).state()
    positions = []
    for _ in range(20):  # leave after each piece
        torch.manual_seed(99)
        trainer = Trainer(configuration(optimizer, 0.2), images[0], Form((28, 28), 10))
        trainer.restore(*state)
        if train_until(trainer, images, 3, pieces=1):
            break
        state = trainer.state()
        positions.append(trainer.progress.images)
    assert 0 < min(position for position in positions if position) < 300
    assert files(trainer, tmp_path) == files(whole, tmp_path)


def test_a_run_left_before_it_diverges_diverges_at_the_same_step(images):
    optimizer = {"name": "adam", "lr": 50.0}
    whole = Trainer(configuration(optimizer, 0.0), images[0], Form((28, 28), 10))
    expected = train(whole, images[1], 5)
    first = Trainer(configuration(optimizer, 0.0), images[0], Form((28, 28), 10))
    train_until(first, images, 5, pieces=2)
    second = Trainer(configuration(optimizer, 0.0), images[0], Form((28, 28), 10))
    second.restore(*first.state())
    assert train(second, images[1], 5) == expected
    assert expected.status == "diverged"


def test_a_run_that_collapsed_may_have_recovered_when_it_is_longer(images):
    """The end of a run is decided anew from all of its epochs."""
    short = Trainer(configuration({"name": "sgd", "lr": 1e-9}, 0.0), images[0], Form((28, 28), 10))
    assert train(short, images[1], 1).status == "collapsed"
    longer = Trainer(configuration({"name": "sgd", "lr": 0.1}, 0.0), images[0], Form((28, 28), 10))
    longer.restore(*short.state())
    assert train(longer, images[1], 5).status == "finished"
