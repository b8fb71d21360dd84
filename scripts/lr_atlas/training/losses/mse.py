"""Mean squared error of the softmax output."""

import torch
from torch.nn import functional


def mse(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean over images and classes of (softmax output - one-hot target) squared.

    logits: float32 [n, classes]. labels: int64 [n].
    """
    target = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.mse_loss(functional.softmax(logits, dim=1), target)
