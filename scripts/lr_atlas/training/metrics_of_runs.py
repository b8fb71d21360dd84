"""Metrics of a run: computed from its answers, and what the best answer without looking gets."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.parts import PartError, load_module, short_name

#: (outputs float32 [n, classes] or as the targets, targets) -> the metric.
Compute = Callable[[torch.Tensor, torch.Tensor], float]


def metric_functions(names: Sequence[str]) -> dict[str, Compute]:
    """Return the function of each metric but accuracy, which the steps count, by its short name.

    One's own raises PartError where it gives no finite number for finite answers.
    """
    return {short_name(name): _function(name) for name in names if name != "accuracy"}


def _function(name: str) -> Compute:
    module: Any = load_module("metric", name)
    if ":" not in name:
        ours: Compute = module.compute
        return ours
    own: Compute = getattr(module, short_name(name))

    def finite(outputs: torch.Tensor, targets: torch.Tensor) -> float:
        value = float(own(outputs, targets))
        # A run that diverged gives answers that are not finite, and its metric need not be either.
        if not math.isfinite(value) and bool(torch.isfinite(outputs).all()):
            alike = " that are all alike" if bool((outputs == outputs[0]).all()) else ""
            raise PartError(f"{name} gives {value} for answers{alike}; a metric is a finite number")
        return value

    return finite


def chance(name: str, compute: Mapping[str, Compute], examples: ImageSet, outputs: int) -> float:
    """Return a metric of the best answer that ignores the inputs.

    That is the most frequent class, the shares of the classes as probabilities, or the mean of the
    targets. name: short. compute: see `metric_functions`. outputs: how many classes there are.
    """
    if name == "accuracy":
        return examples.chance
    labels = examples.labels
    if examples.are_classes:
        shares = torch.bincount(labels, minlength=outputs).double() / len(labels)
        constant = shares.clamp_min(1e-12).log().float()
    else:
        constant = labels.mean(dim=0)
    return float(compute[name](constant.expand(len(labels), *constant.shape), labels))
