"""Cross-entropy of the softmax output."""

import torch
from torch.nn import functional


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean over the images of the cross-entropy of the softmax output, in nats.

    logits: float32 [n, classes]. labels: int64 [n].
    """
    return functional.cross_entropy(logits, labels)
