"""Averages over seeds and their intervals, for many settings at a time.

Everything takes float64 [settings, seeds], NaN where a setting has no such run, and does not depend
on the order of the seeds.
"""

from collections.abc import Callable, Iterator

import numpy as np

from lr_atlas.analysis.distributions import t_isf
from lr_atlas.analysis.largest import critical

CONFIDENCE = 0.95
SIGNIFICANCE = 1 - CONFIDENCE
#: Of the error of 5 %: for pairs between optimizers, where those within one are compared as well.
SHARE_BETWEEN = 0.8


def by_count(values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows that hold n values, for each n: (their numbers int64 [k], values [k, n]).

    values: float64 [rows, columns], NaN where there is none. Those yielded are ascending.
    """
    counts = (~np.isnan(values)).sum(axis=1)
    ascending = np.sort(values, axis=1)  # NaN last
    for count in np.unique(counts):
        rows = np.flatnonzero(counts == count)
        yield rows, ascending[rows, :count]


def mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of each row, float64 [settings]; NaN without a value."""
    return _each_row(values, lambda found: found.mean(axis=1))


def variance(values: np.ndarray, resolution: float = 0.0) -> np.ndarray:
    """Return the variance of each row (n - 1), float64 [settings]; NaN with fewer than two values.

    resolution: the step in which values can differ, such as 1 / images for an accuracy. Runs that
    happen to agree to the last image still scatter by what rounding to that step hides, so the
    variance is at least that of an even distribution over one step.
    """
    found = np.full(len(values), np.nan)
    for rows, row_values in by_count(values):
        if row_values.shape[1] > 1:
            found[rows] = row_values.var(axis=1, ddof=1)
    return np.maximum(found, resolution**2 / 12)


def median(values: np.ndarray) -> np.ndarray:
    """Return the median of each row, float64 [settings]; NaN without a value.

    inf counts as later than any other. So this is also the median of times of which some were not
    reached: where every run is watched to its end, the Kaplan-Meier estimate reduces to the order
    statistics. It is inf where the run in the middle (of an even number, the later of the two)
    missed.
    """
    return _each_row(values, lambda found: np.median(found, axis=1))


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Return the mean of each row's middle half, float64 [settings]; NaN without a value.

    A quarter of the values, rounded down, is left out at each end: none of three, one of four to
    seven. After Agarwal et al. 2021, arXiv:2108.13264.
    """
    from scipy import stats  # loads for a second, and verdicts do without it

    return _each_row(values, lambda found: stats.trim_mean(found, 0.25, axis=1))


def mean_interval(
    values: np.ndarray, *, chosen_from: int = 1, resolution: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return Student's 95 % interval of each row's mean: (low, high), float64 [settings].

    NaN with fewer than two values. chosen_from: the number of settings of which the row was picked
    for its high mean; its mean then is too high by chance, so the lower end is that of the largest
    of so many (see `largest`). resolution: as in `variance`.
    """
    counts = (~np.isnan(values)).sum(axis=1)
    error = np.sqrt(variance(values, resolution) / np.maximum(counts, 1))
    freedom = np.maximum(counts - 1, 1)
    middle, tail = mean(values), SIGNIFICANCE / 2
    return (
        middle - critical(tail, chosen_from, freedom) * error,
        middle + t_isf(tail, freedom) * error,
    )


def interval_of_chosen(
    values: np.ndarray, sign: int, *, chosen_from: int, resolution: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return `mean_interval` of rows that were picked for their best mean: (low, high).

    sign: 1 if more is better; -1 if less is, then it is the upper end that allows for the choice.
    """
    low, high = mean_interval(sign * values, chosen_from=chosen_from, resolution=resolution)
    return (low, high) if sign > 0 else (-high, -low)


def prediction_interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where one more value of each row lies with 95 %: (low, high), float64 [settings].

    By Student's t, for normal values. NaN with fewer than two.
    """
    low, high = mean_interval(values)
    # One more value scatters by itself, and the mean that it lies around is not known exactly.
    half = (high - low) / 2 * np.sqrt((~np.isnan(values)).sum(axis=1) + 1)
    middle = (high + low) / 2
    return middle - half, middle + half


def _each_row(values: np.ndarray, average: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    result = np.full(len(values), np.nan)
    for rows, found in by_count(values):
        if found.shape[1]:
            result[rows] = average(found)
    return result
