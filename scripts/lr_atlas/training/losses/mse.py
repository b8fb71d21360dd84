"""Mean squared error: of numbers that are predicted, or of the softmax output."""

import torch
from torch.nn import functional

TASKS = ("classification", "regression")


def mse(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean over examples and outputs of (output - target) squared.

    targets: numbers float32 of the outputs' shape; or classes int64 [n] with logits float32
    [n, classes], of which it is the mean of (softmax output - one-hot target) squared.
    """
    if targets.is_floating_point():
        return functional.mse_loss(outputs, targets)
    target = functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
    return functional.mse_loss(functional.softmax(outputs, dim=1), target)
