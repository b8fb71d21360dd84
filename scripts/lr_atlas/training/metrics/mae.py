"""MAE: the mean absolute error, in the unit of the target."""

from typing import Any

from lr_atlas.training.metric import Metric

mae = Metric("mae", higher_is_better=False, lowest=0.0, title="MAE", tasks=("regression",))


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of outputs and targets float32 [n] or [n, k]."""
    return float((outputs.double() - targets.double()).abs().mean())
