"""Which values a measurement can have: what every number that reaches a mean is held against."""

from collections.abc import Sequence

import numpy as np

#: (lowest, highest, in words) of each kind of number. A compiled loss may be below zero by a
#: rounding.
_ALLOWED = {
    "loss": (-1e-6, np.inf, "a loss is finite and not negative"),
    "accuracy": (0.0, 1.0, "an accuracy is from 0 to 1"),
    "chance": (1e-9, 1.0, "the share of the most frequent class is above 0, to 1"),
    "seconds": (0.0, np.inf, "seconds are finite and not negative"),
}


def are_possible(columns: Sequence[str], values: np.ndarray) -> np.ndarray:
    """Return whether all values of a row can be, bool [rows].

    columns: each ends in what is measured, such as train_loss, test_accuracy or train_seconds.
    values: float64 [rows, columns].
    """
    lowest, highest = np.array([_allowed(column)[:2] for column in columns]).T
    return ((values >= lowest) & (values <= highest) & np.isfinite(values)).all(axis=1)


def impossible(column: str, value: float) -> str:
    """Return why a column cannot have a value, see `are_possible`; empty if it can."""
    return "" if are_possible([column], np.array([[value]]))[0] else _allowed(column)[2]


def _allowed(column: str) -> tuple[float, float, str]:
    return _ALLOWED[column.rpartition("_")[2]]
