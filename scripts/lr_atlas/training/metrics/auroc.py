"""AUROC: the area under the curve of true against false positives, 0..1; 0.5 by guessing.

Of more than two classes the mean over each against all others.
"""

import math
from typing import Any

from lr_atlas.training.metric import Metric

auroc = Metric("auroc", higher_is_better=True, digits=4, lowest=0.0, highest=1.0, title="AUROC")


def compute(outputs: Any, targets: Any) -> float:
    """Return it, of logits float32 [n, classes] and classes int64 [n]."""
    from sklearn.metrics import roc_auc_score

    shares, classes = outputs.softmax(dim=1).cpu(), targets.cpu()
    present = classes.unique().tolist()
    if len(present) < 2:
        return math.nan
    each = [roc_auc_score(classes == label, shares[:, label]) for label in present]
    return sum(each) / len(each)
