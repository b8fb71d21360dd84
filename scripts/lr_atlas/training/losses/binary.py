"""Binary cross-entropy: each class against the rest."""

import torch
from torch.nn import functional

TASKS = ("classification",)


def binary(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean over images and classes of the cross-entropy of each class's sigmoid.

    logits: float32 [n, classes], in nats. labels: int64 [n].
    """
    target = functional.one_hot(labels, logits.shape[1]).to(logits.dtype)
    return functional.binary_cross_entropy_with_logits(logits, target)
