"""Comparing settings by their runs: paired by seed, and run against run.

Arrays of scores are float64 [pairs, seeds], higher is better: NaN where a setting has no run with
the seed, DIVERGED where that run diverged. Many pairs are compared at a time.
"""

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.intervals import (
    CONFIDENCE,
    RESAMPLES,
    by_count,
    middle,
    random_weights,
    resampling_weights,
)

DIVERGED = -np.inf  # below every other run
SIGNIFICANCE = 1 - CONFIDENCE
_MOST_EXACT = 16  # seeds; 2**16 sign patterns
_SEED = 20_240_608  # any; fixed, so that the same runs have the same p
_ROUNDING = 1e-9  # sums that are equal but for the order of the additions count as equal
_NUMBERS_AT_A_TIME = 2_500_000  # 20 MB


def compare_rows(first: np.ndarray, second: np.ndarray) -> pd.DataFrame:
    """Compare pairs of settings in one measure, a row each; NaN is what too few runs cannot say.

    first, second: scores, see above, whose columns are the same seeds. The columns are
        n               seeds with a finite value of both
        difference, low, high    mean of first - second over these seeds, its 95 % interval by
                        Student's t
        p_sign_flip, smallest_p  exact two-sided sign-flip test; what it could reach with n seeds
        p_t             two-sided paired t test
        improvement, improvement_low, improvement_high    probability that a run of first is above
                        a run of second, its 95 % bootstrap interval
    Whether one is better is to be read from p_t, with Holm's correction where several pairs are
    looked at: the exact test can reach smallest_p at best, which with five seeds is above 0.05.
    """
    differences = paired_differences(first, second)
    counts = (~np.isnan(differences)).sum(axis=1)
    difference, low, high, p_t = paired_t(differences)
    improvement, improvement_low, improvement_high = probability_of_improvement(first, second)
    return pd.DataFrame(
        {
            "n": counts,
            "difference": difference,
            "low": low,
            "high": high,
            "p_sign_flip": sign_flip(differences),
            "smallest_p": smallest_p(counts),
            "p_t": p_t,
            "improvement": improvement,
            "improvement_low": improvement_low,
            "improvement_high": improvement_high,
        }
    )


def paired_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """First - second, seed by seed; NaN where either has no finite value."""
    both = np.isfinite(first) & np.isfinite(second)
    return np.subtract(first, second, where=both, out=np.full(both.shape, np.nan))


def paired_t(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Student's paired t for each row: (mean, low, high, two-sided p), float64 [pairs].

    differences: as from paired_differences. The interval is of 95 %. With one difference there is
    its value alone, with none nothing. Differences that are all the same have an interval of no
    width, and p = 0, or 1 if they are all 0.
    """
    mean, low, high, p = np.full((4, len(differences)), np.nan)
    for rows, found in by_count(differences):
        count = found.shape[1]
        if count:
            mean[rows] = found.mean(axis=1)
        if count < 2:
            continue
        error = found.std(axis=1, ddof=1) / np.sqrt(count)
        half = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * error
        low[rows], high[rows] = mean[rows] - half, mean[rows] + half
        constant = found[:, 0] == found[:, -1]
        t = np.where(mean[rows] == 0, 0, np.inf)
        t = np.divide(np.abs(mean[rows]), error, where=~constant, out=t)
        p[rows] = 2 * stats.t.sf(t, count - 1)
    return mean, low, high, p


def sign_flip(differences: np.ndarray) -> np.ndarray:
    """The p of the two-sided sign-flip test of each row, float64 [pairs]; NaN with none.

    The share of all patterns of signs for which the absolute sum of the differences is at least
    the observed one: Fisher's randomisation test for pairs. Exact up to 16 differences; with more,
    9,999 random patterns, always the same, and the observed one are counted instead.
    """
    p = np.full(len(differences), np.nan)
    for rows, found in by_count(differences):
        count = found.shape[1]
        if not count:
            continue
        exact = count <= _MOST_EXACT
        signs = _sign_patterns(count) if exact else _random_signs(count)
        at_a_time = max(1, _NUMBERS_AT_A_TIME // len(signs))
        for start in range(0, len(rows), at_a_time):
            part = found[start : start + at_a_time]
            enough = np.abs(part.sum(axis=1)) - _ROUNDING * np.abs(part).sum(axis=1)
            reached = (np.abs(part @ signs.T) >= enough[:, None]).sum(axis=1)
            share = reached / len(signs) if exact else (reached + 1) / (len(signs) + 1)
            p[rows[start : start + at_a_time]] = share
    return p


def _sign_patterns(count: int) -> np.ndarray:
    """All patterns of signs, but for the last sign, which symmetry makes superfluous."""
    bits = np.arange(2 ** (count - 1))[:, None] >> np.arange(count)
    return np.where(bits & 1, -1.0, 1.0)


def _random_signs(count: int) -> np.ndarray:
    generator = np.random.default_rng([_SEED, count])
    return generator.choice([-1.0, 1.0], size=(RESAMPLES, count))


def smallest_p(counts: np.ndarray) -> np.ndarray:
    """The smallest p that the exact sign-flip test can reach: 2 / 2**n, float64; NaN for n = 0.

    Five seeds reach 0.0625, six 0.03125.
    """
    return np.where(counts > 0, 0.5 ** (np.asarray(counts, dtype=float) - 1), np.nan)


def holm(p: np.ndarray) -> np.ndarray:
    """The p after Holm's step-down correction for several tests, float64 of p's shape [tests].

    A p of NaN is a test that could not be made: it stays NaN and counts as none. Holm 1979, A
    simple sequentially rejective multiple test procedure.
    """
    adjusted = np.full(len(p), np.nan)
    made = np.flatnonzero(~np.isnan(p))
    ascending = made[np.argsort(p[made], kind="stable")]
    factors = np.arange(len(made), 0, -1)
    adjusted[ascending] = np.minimum(np.maximum.accumulate(p[ascending] * factors), 1)
    return adjusted


def probability_of_improvement(
    first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How probably a run of `first` is above a run of `second`: (probability, low, high).

    first, second: scores, see above; each float64 [pairs] of the result is NaN where either has no
    run, the interval also where either has one run alone. The share of all pairs of runs in which
    the first is above, ties counting half: the Mann-Whitney U statistic over n m. The interval is
    a percentile bootstrap of 95 % that draws from the runs of each setting; it is too narrow for
    few runs, see intervals.mean_interval. After Agarwal et al. 2021, arXiv:2108.13264.
    """
    probability, low, high = np.full((3, len(first)), np.nan)
    for own, runs in by_count(first):
        for other, against in by_count(second[own]):
            rows, mine = own[other], runs[other]
            if not (mine.shape[1] and against.shape[1]):
                continue
            mine, against = mine[:, :, None], against[:, None, :]
            above = (mine > against) + 0.5 * (mine == against)
            probability[rows] = above.mean(axis=(1, 2))
            if min(above.shape[1:]) > 1:
                low[rows], high[rows] = _improvement_interval(above)
    return probability, low, high


def _improvement_interval(above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """above: float64 [pairs, runs of first, runs of second], whether the first is above."""
    pairs, first, second = above.shape
    mine, against = _weights_of_both(first, second)
    flat = above.reshape(pairs, -1)
    low, high = np.empty((2, pairs))
    at_a_time = max(1, _NUMBERS_AT_A_TIME // len(mine))
    block = max(1, _NUMBERS_AT_A_TIME // (first * second))
    for start in range(0, pairs, at_a_time):
        part = slice(start, start + at_a_time)
        resampled = [
            flat[part] @ _products(mine[at : at + block], against[at : at + block]).T
            for at in range(0, len(mine), block)
        ]
        low[part], high[part] = middle(np.hstack(resampled))
    return low, high


def _products(mine: np.ndarray, against: np.ndarray) -> np.ndarray:
    """The weight of each pair of runs in each resample: [resamples, runs of both]."""
    return (mine[:, :, None] * against[:, None, :]).reshape(len(mine), -1)


def _weights_of_both(first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap weights of the runs of two settings, drawn independently: [resamples, runs]."""
    if first**first * second**second > RESAMPLES:
        return random_weights(first, stream=1), random_weights(second, stream=2)
    mine, against = resampling_weights(first), resampling_weights(second)
    return np.repeat(mine, len(against), axis=0), np.tile(against, (len(mine), 1))
