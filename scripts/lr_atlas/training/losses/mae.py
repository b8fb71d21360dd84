"""Mean absolute error."""

import torch
from torch.nn import functional

TASKS = ("regression",)


def mae(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean over examples and outputs of |output - target|, float32 of one shape."""
    return functional.l1_loss(outputs, targets)
