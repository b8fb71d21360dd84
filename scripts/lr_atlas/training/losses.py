"""Losses: functions of logits float32 [n, classes] and labels int64 [n]."""

import torch
from torch.nn import functional


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over the images of the cross-entropy of the softmax output, in nats."""
    return functional.cross_entropy(logits, labels)


def mean_squared_error(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean over images and classes of (softmax output - one-hot target) squared."""
    target = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.mse_loss(functional.softmax(logits, dim=1), target)


LOSSES = {"cross_entropy": cross_entropy, "mse": mean_squared_error}
