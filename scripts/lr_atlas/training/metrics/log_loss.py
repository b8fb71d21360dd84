"""Log loss: the mean of minus the logarithm of the probability of the label, in nats.

Whatever loss a run is trained by.
"""

from typing import Any

from lr_atlas.training.metric import Metric

log_loss = Metric(
    "log_loss",
    higher_is_better=False,
    digits=4,
    unit="nats",
    unit_of_difference="nats",
    lowest=0.0,
    title="log loss",
)


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    from torch.nn import functional

    return float(functional.cross_entropy(outputs.double(), targets))
