"""Cross-entropy of the softmax output."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch.nn import functional

TASKS = ("classification",)


def cross_entropy(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    label_smoothing: float = 0.0,
    class_weights: Literal["balanced"] | Sequence[float] | None = None,
    class_counts: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean over the images of the cross-entropy of the softmax output, in nats.

    logits: float32 [n, classes]. labels: int64 [n]. label_smoothing: the share of each label that
    is spread over all classes (Szegedy et al. 2016), 0..1. class_weights: what an image of each
    class counts; "balanced" is inversely to how many there are, so that all classes count alike.
    class_counts: training images of each class, float [classes].
    Raises ValueError for arguments out of their range.
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is between 0 and 1; found {label_smoothing}")
    weights = None
    if class_weights == "balanced":
        assert class_counts is not None
        weights = class_counts.mean() / class_counts.clamp_min(1)
    elif class_weights is not None:
        classes = logits.shape[1]
        if len(class_weights) != classes or min(class_weights) < 0 or not any(class_weights):
            raise ValueError(
                f"class_weights is balanced, or a number for each of the {classes} classes, none "
                f"below 0; found {class_weights}"
            )
        weights = logits.new_tensor(class_weights)
    return functional.cross_entropy(logits, labels, weights, label_smoothing=label_smoothing)
