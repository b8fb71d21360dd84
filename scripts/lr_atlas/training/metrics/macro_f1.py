"""Macro F1: the mean over the classes of the harmonic mean of precision and recall, 0..1."""

from typing import Any

from lr_atlas.training.metric import Metric

macro_f1 = Metric(
    "macro_f1",
    higher_is_better=True,
    scale=100,
    digits=2,
    unit="%",
    unit_of_difference="points",
    lowest=0.0,
    highest=1.0,
    title="macro F1",
)


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    from sklearn.metrics import f1_score

    answers = outputs.argmax(1)
    return float(f1_score(targets.cpu(), answers.cpu(), average="macro", zero_division=0))
