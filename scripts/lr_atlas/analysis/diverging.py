"""Pairs of settings of which some runs diverged: a test that asks for no normal scores.

Scores of which some are those of guessing have two humps, and a few of them can look as though
they had no scatter at all, so Student's t is far too sure: of ten equal optimizers whose runs
diverge half of the time, some one was called better in 53 of 100 studies with three seeds.
"""

import math

import numpy as np

_RESAMPLES = 20_000
_SEED = 0


def permutation_p(first: np.ndarray, second: np.ndarray, needed: float) -> float:
    """Return the two-sided p of the difference of two means over all ways to share out the runs.

    first, second: float64 [runs], NaN for a missing one. Exact up to 20,000 ways, else as many at
    random. needed: 1.0 is returned at once where even the smallest possible p is larger than this.
    Fisher 1935, The design of experiments; SciPy's `permutation_test`.
    """
    first, second = (values[np.isfinite(values)] for values in (first, second))
    ways = math.comb(len(first) + len(second), len(first))
    if not len(first) or not len(second) or 2 / ways > needed:
        return 1.0
    from scipy import stats  # loads for a second, and most verdicts do without it

    result = stats.permutation_test(
        (first, second),
        lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis),
        vectorized=True,
        n_resamples=_RESAMPLES,
        batch=1_000,
        rng=np.random.default_rng(_SEED),
    )
    return float(result.pvalue)


def with_diverged_runs(
    first: np.ndarray,
    second: np.ndarray,
    diverging: np.ndarray,
    *,
    low: np.ndarray,
    high: np.ndarray,
    p: np.ndarray,
    shares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (low, high, p) of pairs, which now hold for settings whose runs diverge at times.

    first, second: scores, float64 [pairs, seeds]. diverging: bool [pairs], with such runs.
    low, high, p: by Student's t, float64 [pairs], p of each pair by itself; shares: the p below
    which a pair is told apart. An interval that leaves out 0 is drawn up to 0 unless the
    permutation test tells the pair apart as well.
    """
    low, high, p = low.copy(), high.copy(), p.copy()
    for pair in np.flatnonzero(diverging & ((low > 0) | (high < 0))):
        p[pair] = max(p[pair], permutation_p(first[pair], second[pair], shares[pair]))
        if p[pair] > shares[pair]:
            low[pair], high[pair] = min(low[pair], 0.0), max(high[pair], 0.0)
    return low, high, p
