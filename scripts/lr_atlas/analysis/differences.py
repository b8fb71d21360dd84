"""Two settings by their runs: differences with intervals, Welch's or paired by seed.

Arrays of scores are float64 [pairs, seeds], higher is better, NaN where a setting has no run with
the seed. Many pairs are compared at a time.
"""

from typing import NamedTuple

import numpy as np

from lr_atlas.analysis.distributions import t_isf, t_sf
from lr_atlas.analysis.intervals import SIGNIFICANCE, by_count, mean, variance


class Estimate(NamedTuple):
    """Differences of first and second means with what is known of their error; float64 [pairs]."""

    n: np.ndarray  # fewest runs of both, or pairs of runs
    difference: np.ndarray
    error: np.ndarray  # standard error; NaN if it cannot be told
    df: np.ndarray  # its degrees of freedom


def welch(first: np.ndarray, second: np.ndarray, resolution: float = 0.0) -> Estimate:
    """Return the differences of means by Welch 1947, which asks for no equal scatter.

    resolution: as in intervals.variance. It takes two runs of each.
    """
    counts = [np.isfinite(each).sum(axis=1) for each in (first, second)]
    parts = [
        variance(each, resolution) / np.maximum(n, 1)
        for each, n in zip((first, second), counts, strict=True)
    ]
    total = parts[0] + parts[1]
    spread = sum(part**2 / np.maximum(n - 1, 1) for part, n in zip(parts, counts, strict=True))
    # Two settings that do not scatter at all get the most degrees of freedom that there can be.
    df = np.divide(total**2, spread, where=spread > 0, out=np.asarray(sum(counts) - 2.0))
    df = np.where(np.isnan(total), np.nan, np.maximum(df, 1.0))
    return Estimate(np.minimum(*counts), mean(first) - mean(second), np.sqrt(total), df)


def paired(first: np.ndarray, second: np.ndarray, resolution: float = 0.0) -> Estimate:
    """Return the mean differences of runs with the same seed, which takes two such seeds."""
    differences = paired_differences(first, second)
    counts = np.isfinite(differences).sum(axis=1)
    # The difference of two rounded values has twice the variance that rounding hides.
    error = np.sqrt(variance(differences, np.sqrt(2) * resolution) / np.maximum(counts, 1))
    df = np.where(counts > 1, counts - 1.0, np.nan)
    return Estimate(counts, mean(differences), error, df)


def paired_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return first - second, seed by seed; NaN where either has no finite value."""
    both = np.isfinite(first) & np.isfinite(second)
    return np.subtract(first, second, where=both, out=np.full(both.shape, np.nan))


def t_interval(
    estimate: Estimate, error: float = SIGNIFICANCE
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (difference, low, high, two-sided p) by Student's t; float64 [pairs].

    error: the probability that an interval may miss. Without a standard error the difference stands
    alone. Where there is no scatter the interval has no width, and p is 0, or 1 for no difference.
    """
    difference, scatter, df = estimate.difference, estimate.error, estimate.df
    half = t_isf(error / 2, df) * scatter
    t = np.where(difference == 0, 0.0, np.inf)
    t = np.divide(np.abs(difference), scatter, where=scatter > 0, out=t)
    p = np.where(np.isnan(scatter), np.nan, 2 * t_sf(t, df))
    return difference, difference - half, difference + half, p


def paired_t(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return `t_interval` of differences, or of any values against 0; float64 [rows, runs]."""
    return t_interval(paired(differences, np.zeros_like(differences)))


def holm(p: np.ndarray) -> np.ndarray:
    """Return the p after Holm's step-down correction for several tests, float64 [tests].

    A p of NaN is a test that could not be made: it stays NaN and counts as none. Holm 1979, A
    simple sequentially rejective multiple test procedure.
    """
    adjusted = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    ascending = made[np.argsort(p[made], kind="stable")]
    factors = np.arange(len(made), 0, -1)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1)
    return adjusted


def probability_of_improvement(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how often a run of `first` is above a run of `second`, float64 [pairs].

    The share of all pairs of runs in which it is, ties counting half: the Mann-Whitney U statistic
    over n m, a description of these runs alone. NaN where either has no run.
    """
    probability = np.full(len(first), np.nan)
    for own, runs in by_count(first):
        for other, against in by_count(second[own]):
            mine = runs[other]
            if mine.shape[1] and against.shape[1]:
                mine, against = mine[:, :, None], against[:, None, :]
                above = (mine > against) + 0.5 * (mine == against)
                probability[own[other]] = above.mean(axis=(1, 2))
    return probability
