"""Losses: their values, their arguments, and that a network learns by each."""

import math

import numpy as np
import pytest
import torch

from lr_atlas.common.plain_constants import plain_constant
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import image_set
from lr_atlas.training.loop import train
from lr_atlas.training.loss import build_loss
from lr_atlas.training.parts import names, part_file
from lr_atlas.training.trainer import Trainer

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.0, 3.0]])
LABELS = np.array([0, 0, 0, 2], np.uint8)
NUMBERS = torch.tensor([1.0, 2.0, 4.0])


def losses_of(task):
    return [
        name for name in names("loss") if task in plain_constant(part_file("loss", name), "TASKS")
    ]


def loss_of(loss, outputs=LOGITS, labels=LABELS):
    examples = image_set(np.zeros((len(labels), 1), np.uint8), labels, "cpu")
    return float(
        build_loss(loss, examples, Form((1,), outputs.shape[-1]))(outputs, examples.labels)
    )


def test_smoothing_spreads_a_share_of_each_label():
    of_each_class = -LOGITS.log_softmax(1)
    right = of_each_class[torch.arange(4), torch.from_numpy(LABELS).long()]
    expected = 0.7 * right.mean() + 0.3 * of_each_class.mean()
    assert loss_of({"name": "cross_entropy", "label_smoothing": 0.3}) == pytest.approx(
        float(expected)
    )


def test_balanced_weights_are_inverse_to_the_training_images_of_a_class():
    balanced = loss_of({"name": "cross_entropy", "class_weights": "balanced"})
    given = loss_of({"name": "cross_entropy", "class_weights": [1 / 3, 0.0, 1.0]})
    of_each = -LOGITS.log_softmax(1)
    # Three of class 0 count as much as one of class 2.
    expected = (of_each[:3, 0].mean() + of_each[3, 2]) / 2
    assert balanced == pytest.approx(float(expected))
    assert given == pytest.approx(balanced)


def test_binary_is_the_mean_of_a_question_for_each_class():
    right = torch.nn.functional.one_hot(torch.from_numpy(LABELS).long(), 3).bool()
    chances = LOGITS.sigmoid()
    expected = -torch.where(right, chances, 1 - chances).log().mean()
    assert loss_of("binary") == pytest.approx(float(expected))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", (1 + 0 + 9) / 3),
        ("mae", 4 / 3),
        ("huber", (0.5 + 0 + 2.5) / 3),
        ({"name": "huber", "delta": 2.0}, (0.5 + 0 + 4) / 3),
    ],
)
def test_losses_of_numbers(loss, expected):
    outputs = NUMBERS + torch.tensor([1.0, 0.0, -3.0])
    assert loss_of(loss, outputs, NUMBERS.numpy()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ({"name": "cross_entropy", "label_smoothing": 2}, "label_smoothing is between 0 and 1"),
        ({"name": "cross_entropy", "class_weights": [1, 2]}, "a number for each of the 3 classes"),
        ({"name": "huber", "delta": 0}, "delta is above 0"),
    ],
)
def test_arguments_out_of_range_are_told(loss, told):
    with pytest.raises(ValueError, match=told):
        loss_of(loss)


@pytest.mark.parametrize("loss", losses_of("classification"))
def test_a_network_learns_classes_by_each_loss(loss, tiny_arrays):
    training, validation = (image_set(*tiny_arrays[split], "cpu") for split in ("train", "test"))
    configuration = {
        **{"dataset": "fashion_mnist", "seed": 0, "batch_size": 20, "model": {"hidden": [32]}},
        **{"optimizer": {"name": "adam", "lr": 0.01}, "loss": loss},
    }
    trainer = Trainer(complete_configuration(configuration), training, Form((28, 28), 10))
    train(trainer, validation, 8)
    assert trainer.progress.records[-1].train["accuracy"] > 0.7


@pytest.mark.parametrize("loss", losses_of("regression"))
def test_a_network_learns_numbers_by_each_loss(loss):
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(200, 3)).astype(np.float32)
    targets = (inputs @ [1.0, -2.0, 0.5]).astype(np.float32)
    examples = image_set(inputs, targets, "cpu")
    configuration = {
        **{"dataset": "mine", "seed": 0, "batch_size": 20, "model": {"hidden": [16]}},
        **{"optimizer": {"name": "adam", "lr": 0.01}, "loss": loss},
    }
    form = Form((3,), 1, "regression")
    trainer = Trainer(complete_configuration(configuration), examples, form)
    train(trainer, examples, 8)
    found = trainer.progress.records[-1].train["rmse"]
    assert math.isfinite(found)
    assert found < 0.5 * targets.std()
