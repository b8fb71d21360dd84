"""What so many seeds can show: the smallest difference that is found, and seeds that would do.

Both are for a power of 80 %: four of five studies with that true difference find it. The usual
approximation adds the t of the test and the t of the power (Cohen 1988, chapter 2).
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from lr_atlas.analysis.intervals import CONFIDENCE, SIGNIFICANCE

POWER = 0.8
MOST_SEEDS = 10_000


def smallest_difference(error: np.ndarray, critical: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return the true difference that a test finds with a probability of 80 %; float64 [pairs].

    error: standard error of the difference; critical: the t that the test asks for; df: its degrees
    of freedom.
    """
    return (critical + stats.t.isf(1 - POWER, df)) * error


def in_deviations(seeds: int) -> float:
    """Return that difference for two settings of equal scatter, in standard deviations of a run."""
    df = 2 * seeds - 2
    critical = stats.t.isf(SIGNIFICANCE / 2, df)
    return float(smallest_difference(np.sqrt(2 / seeds), critical, df))


class SeedsNeeded(NamedTuple):
    """How many seeds of each setting find a difference, with the limits that scatter leaves."""

    seeds: int
    low: int
    high: int


def seeds_needed(
    difference: float, variance: float, df: float, significance: float = SIGNIFICANCE
) -> SeedsNeeded:
    """Return how many seeds of each setting find a true difference in four of five studies.

    difference: as it is to be found, not 0. variance: sum of the variances of a run of both
    settings, known from so few runs that it has `df` degrees of freedom: low and high are the
    answers at the ends of its 95 % interval. That the true difference may be another is not in
    them. At most 10,000.
    """
    tail = (1 - CONFIDENCE) / 2
    ends = variance * df / stats.chi2.isf([tail, 1 - tail], df)
    return SeedsNeeded(
        *(_enough(abs(difference), float(each), significance) for each in (variance, *ends))
    )


def _enough(difference: float, variance: float, significance: float) -> int:
    seeds = np.arange(2, MOST_SEEDS + 1)
    df = 2 * seeds - 2
    found = smallest_difference(np.sqrt(variance / seeds), stats.t.isf(significance / 2, df), df)
    reached = np.flatnonzero(found <= difference)
    return int(seeds[reached[0]]) if len(reached) else MOST_SEEDS
