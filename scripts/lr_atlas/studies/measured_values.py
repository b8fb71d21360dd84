"""Tell possible values of a measurement from impossible ones, before any reaches a mean."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lr_atlas.studies.metric_columns import metric_of, title_of
from lr_atlas.training.metric import Metric

if TYPE_CHECKING:
    from lr_atlas.studies.study_metric import StudyMetric

#: The smallest share that guessing gives: of some class there is an image.
_LEAST_SHARE = 1e-9
_CHANCE = (_LEAST_SHARE, 1.0, "the share of the most frequent class is above 0, to 1")
_SECONDS = (0.0, np.inf, "seconds are finite and not negative")


def are_possible(columns: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return whether all values of a row can be, bool [rows].

    columns: each ends in what is measured, such as train_loss, test_accuracy or train_seconds; of
    a metric of one's own any finite value can be.
    values: float64 [rows, columns].
    """
    lowest, highest = np.array([_allowed(column)[:2] for column in columns]).T
    return ((values >= lowest) & (values <= highest) & np.isfinite(values)).all(axis=1)


def impossible(column: str, value: float) -> str:
    """Return why a column cannot have a value, see `are_possible`; empty if it can."""
    return "" if are_possible([column], np.array([[value]]))[0] else _allowed(column)[2]


def impossible_chance(metric: "StudyMetric", value: float) -> str:
    """Return why guessing cannot give a value of the metric; empty if it can."""
    if metric.name == "accuracy":
        return impossible("chance", value)
    return impossible(metric.validation, value)


def _allowed(column: str) -> tuple[float, float, str]:
    """Return (lowest, highest, in words)."""
    metric = metric_of(column)
    if metric:
        return metric.lowest, metric.highest, _in_words(metric)
    if column.endswith("seconds"):
        return _SECONDS
    if column.endswith("chance"):
        return _CHANCE
    return -np.inf, np.inf, "a value is a finite number"


def _in_words(metric: Metric) -> str:
    title = title_of(metric)
    name = f"{'an' if title[0] in 'aeiou' else 'a'} {title}" if metric.plural else title
    if math.isinf(metric.highest) and math.isinf(metric.lowest):
        return f"{name} is finite"
    if math.isinf(metric.highest):
        return f"{name} is finite and not negative"
    if math.isinf(metric.lowest):
        return f"{name} is finite and at most {metric.highest:g}"
    return f"{name} is from {metric.lowest:g} to {metric.highest:g}"
