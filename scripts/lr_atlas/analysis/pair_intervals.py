"""Intervals of the table of pairs, computed again for a smaller error."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lr_atlas.analysis.differences import Estimate
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.pair_rows import Pairs, simultaneous_intervals


def with_part(row: Mapping[str, Any], part: float, is_turned: bool) -> tuple[float, float]:
    """Return (low, high) of a row of the table of pairs with this part of its error.

    row, is_turned: as `pair_of` gives it, and whether that is seen from the second setting. Where
    the row's p asks for more, as by a permutation test, the interval is drawn up to 0.
    """
    names = ("n", "difference", "error", "df")
    estimate = Estimate(*(np.array([row[name]], dtype=float) for name in names))
    one, other = row["picked_first"], row["picked_second"]
    if is_turned:
        one, other = other, one
    places = np.zeros(1, dtype=int)
    pairs = Pairs(places, places, np.array([one], dtype=int), np.array([other], dtype=int))
    found = simultaneous_intervals(estimate, pairs, row["level"] * part)
    low, high = float(found[0][0]), float(found[1][0])
    if not row["p"] < part * SIGNIFICANCE:
        low, high = min(low, 0.0), max(high, 0.0)
    return low, high
