"""Reckon what so many seeds can show, and how many seeds would show a difference.

Both are for a power of 80 %: four of five studies with that true difference find it. The usual
approximation adds the t of the test and the t of the power (Cohen 1988, chapter 2).
"""

from typing import NamedTuple

import numpy as np

from lr_atlas.analysis.distributions import chi2_isf, t_isf
from lr_atlas.analysis.intervals import CONFIDENCE, SIGNIFICANCE
from lr_atlas.analysis.largest import critical

POWER = 0.8
MOST_SEEDS = 10_000


def smallest_difference(
    error: np.ndarray | float, asked: np.ndarray | float, df: np.ndarray | float
) -> np.ndarray:
    """Return the true difference that a test finds with a probability of 80 %; float64 [pairs].

    error: standard error of the difference; asked: the t that the test asks for; df: its degrees
    of freedom. By the scatter of the runs at hand, which few runs say little of.
    """
    return (asked + t_isf(1 - POWER, df)) * error


def in_deviations(seeds: int, level: float = SIGNIFICANCE) -> float:
    """Return that difference for two settings of equal scatter, in standard deviations of a run."""
    df = 2 * seeds - 2
    asked = t_isf(level / 2, df)
    return float(smallest_difference(np.sqrt(2 / seeds), asked, df))


class SeedsNeeded(NamedTuple):
    """Seeds of each setting that find a difference, with the limits that scatter leaves."""

    seeds: int
    low: int
    high: int


def seeds_needed(
    difference: float, error: float, df: float, n: int, *, level: float, picked: int = 1
) -> SeedsNeeded:
    """Return how many seeds of each setting find a true difference in four of five studies.

    difference: as it is to be found, not 0. error: its standard error from n runs of each setting,
    with `df` degrees of freedom; both are taken to change with the number of runs as for equal
    numbers. level, picked: as in the row of the table of pairs. low and high are the answers at the
    ends of the 95 % interval of the scatter. That the true difference may be another is not in
    them. At most 10,000.
    """
    seeds = np.arange(2, MOST_SEEDS + 1)
    more_df = df * (seeds - 1) / (n - 1)
    asked = critical(level / 2, picked, more_df) + t_isf(1 - POWER, more_df)
    tail = (1 - CONFIDENCE) / 2
    scatter = np.sqrt([1.0, *(df / chi2_isf([tail, 1 - tail], df))])
    return SeedsNeeded(
        *(
            _first(seeds, factor * error * np.sqrt(n / seeds) * asked <= abs(difference))
            for factor in scatter
        )
    )


def _first(seeds: np.ndarray, enough: np.ndarray) -> int:
    reached = np.flatnonzero(enough)
    return int(seeds[reached[0]]) if len(reached) else MOST_SEEDS
