"""R²: the share of the targets' variance that the answers explain; 0 by their mean, at most 1."""

from typing import Any

from lr_atlas.training.metric import Metric

r2 = Metric("r2", higher_is_better=True, digits=4, highest=1.0, title="R²", tasks=("regression",))


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of outputs and targets float32 [n] or [n, k]; 0 where all targets are equal."""
    answers, targets = outputs.double(), targets.double()
    spread = (targets - targets.mean(dim=0)).square().sum()
    if spread == 0:  # of one target, say, there is no variance to explain
        return 0.0
    return float(1 - (answers - targets).square().sum() / spread)
