"""Top-5 accuracy: the share of inputs whose label is among the five largest logits, 0..1."""

from typing import Any

from lr_atlas.training.metric import Metric

_FIRST = 5
top5 = Metric(
    "top5",
    higher_is_better=True,
    scale=100,
    digits=2,
    unit="%",
    unit_of_difference="points",
    lowest=0.0,
    highest=1.0,
    title="top-5 accuracy",
    counts=True,
    plural="top-5 accuracies",
)


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    first = outputs.topk(min(_FIRST, outputs.shape[1]), dim=1).indices
    return float((first == targets[:, None]).any(dim=1).double().mean())
