"""Huber's loss (Huber 1964): squared near the target, absolute far from it."""

import torch
from torch.nn import functional

TASKS = ("regression",)


def huber(outputs: torch.Tensor, targets: torch.Tensor, *, delta: float = 1.0) -> torch.Tensor:
    """Return the mean over examples and outputs, float32 of one shape.

    delta: the error above which it grows no longer with the square, above 0, in the targets' unit.
    Raises ValueError for another delta.
    """
    if delta <= 0:
        raise ValueError(f"delta is above 0; found {delta}")
    return functional.huber_loss(outputs, targets, delta=delta)
