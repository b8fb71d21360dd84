"""The loss of a run: a function of its outputs and labels, made from its configuration."""

import inspect
from collections.abc import Callable

import torch

from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.parts import load_part

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def build_loss(loss: str | dict, training_set: ImageSet, form: Form) -> Loss:
    """Return (outputs float [n, …], labels) -> the mean loss over the examples, a scalar.

    loss: the name of a part, or {"name": str, arguments…}. A loss that takes `class_counts` is
    given how many training examples each class has, float [classes].
    """
    arguments = {} if isinstance(loss, str) else {k: v for k, v in loss.items() if k != "name"}
    function: Loss = load_part("loss", loss if isinstance(loss, str) else loss["name"])
    if not isinstance(loss, str) and "class_counts" in inspect.signature(function).parameters:
        labels = training_set.labels
        arguments["class_counts"] = torch.bincount(labels, minlength=form.outputs).float()
    if not arguments:
        return function

    def with_arguments(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return function(outputs, labels, **arguments)

    return with_arguments
