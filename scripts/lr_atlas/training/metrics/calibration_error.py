"""Calibration error: how far the stated probabilities are from the shares that are right, 0..1.

In the mean over fifteen bins of the probability of the predicted class (Guo et al. 2017,
arXiv:1706.04599).
"""

from typing import Any

from lr_atlas.training.metric import Metric

_BINS = 15
calibration_error = Metric(
    "calibration_error",
    higher_is_better=False,
    scale=100,
    digits=2,
    unit="%",
    unit_of_difference="points",
    lowest=0.0,
    highest=1.0,
    title="calibration error",
    # Answers that ignore the input, with the shares of the classes, are calibrated well.
    diverged=1.0,
)


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    probabilities, answers = outputs.double().softmax(dim=1).max(dim=1)
    # Bins are open below and closed above.
    bins = (probabilities * _BINS).ceil().long().clamp(1, _BINS) - 1
    excess = probabilities - (answers == targets).double()
    # In a bin of n examples the mean excess counts n times.
    sums = excess.new_zeros(_BINS).index_add_(0, bins, excess)
    return float(sums.abs().sum() / len(targets))
