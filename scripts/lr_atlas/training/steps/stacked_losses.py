"""The losses of many runs at once: the mean over the examples of each."""

from collections.abc import Callable

import torch
from torch.func import vmap
from torch.nn import functional

from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.loss import build_loss

#: (outputs [runs, n, …], labels [runs, n, …]) -> the loss of each run, float [runs].
Losses = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def stacked_losses(loss: str | dict, training_set: ImageSet, form: Form) -> Losses:
    """Return the loss of a configuration for many runs at once.

    Cross-entropy without weights of the classes is written out: mapped, it asks a GPU for a sum
    whose order is left to chance, or for a slow one.
    """
    given = {"name": loss} if isinstance(loss, str) else loss
    if given["name"] == "cross_entropy" and given.get("class_weights") is None:
        smoothing = float(given.get("label_smoothing", 0.0))

        def cross_entropy(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            each = functional.cross_entropy(
                *(outputs.flatten(0, 1), labels.flatten()),
                reduction="none",
                label_smoothing=smoothing,
            )
            return each.view(labels.shape).mean(1)

        return cross_entropy
    mapped: Losses = vmap(build_loss(loss, training_set, form))
    return mapped
