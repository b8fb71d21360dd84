"""Balanced accuracy: the mean over the classes of the share of each that is right, 0..1."""

from typing import Any

from lr_atlas.training.metric import Metric

balanced_accuracy = Metric(
    "balanced_accuracy",
    higher_is_better=True,
    scale=100,
    digits=2,
    unit="%",
    unit_of_difference="points",
    lowest=0.0,
    highest=1.0,
    title="balanced accuracy",
    plural="balanced accuracies",
)


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    from sklearn.metrics import recall_score

    answers, classes = outputs.argmax(1).cpu(), targets.cpu()
    present = classes.unique()
    # Classes that do not occur have no share of which some could be recognised.
    return float(recall_score(classes, answers, labels=present, average="macro", zero_division=0))
