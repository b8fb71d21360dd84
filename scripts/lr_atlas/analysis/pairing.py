"""Decide whether runs of equal seed go together, so that comparing them in pairs helps.

Equal seeds mean equal order of images and, for equal networks, equal initial weights. Whether that
makes runs of different settings alike is a question for the runs, not an assumption: where it does
not, pairing halves the degrees of freedom and gains nothing.
"""

from dataclasses import dataclass

import numpy as np

from lr_atlas.analysis.distributions import t_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE

_PERMUTATIONS = 999
_SEED = 20_240_608  # any; fixed, so that the same runs give the same decision
#: Chance passes it in one study of a hundred, so that this look first costs no more than that.
_SURE = 0.01


@dataclass(frozen=True)
class SeedCorrelation:
    """The likeness of runs of equal seed across settings."""

    correlation: float  # mean over all pairs of settings; NaN if it cannot be told
    seeds: int  # those that every setting has
    p: float  # one-sided, by permuting the seeds within settings; 1 if it cannot be told

    def helps(self, significance: float = SIGNIFICANCE) -> bool:
        """Return whether paired intervals are shorter than Welch's, beyond what chance explains."""
        if not self.p <= _SURE:
            return False
        paired, apart = (
            t_isf(significance / 2, freedom) for freedom in (self.seeds - 1, 2 * self.seeds - 2)
        )
        return bool(paired * np.sqrt(1 - self.correlation) < apart)


def seed_correlation(values: np.ndarray) -> SeedCorrelation:
    """Return how alike runs of equal seed are, over the settings whose runs scatter.

    values: float64 [settings, seeds], NaN where there is no run. Seeds that a setting lacks are
    left out; three seeds and two settings are the least that can be told from.
    """
    values = values[:, np.isfinite(values).all(axis=0)]
    seeds = values.shape[1]
    if seeds < 3:
        return SeedCorrelation(np.nan, seeds, 1.0)
    deviation = values.std(axis=1, ddof=1)
    values, deviation = values[deviation > 0], deviation[deviation > 0]
    settings = len(values)
    if settings < 2:
        return SeedCorrelation(np.nan, seeds, 1.0)
    standard = (values - values.mean(axis=1, keepdims=True)) / deviation[:, None]
    observed = _mean_correlation(standard)
    generator = np.random.default_rng([_SEED, settings, seeds])
    reached = sum(
        _mean_correlation(generator.permuted(standard, axis=1)) >= observed - 1e-12
        for _ in range(_PERMUTATIONS)
    )
    return SeedCorrelation(observed, seeds, (1 + reached) / (1 + _PERMUTATIONS))


def _mean_correlation(standard: np.ndarray) -> float:
    """Return the mean correlation of two rows; standard: float64, mean 0 and deviation 1 by row."""
    settings, seeds = standard.shape
    of_sum = (standard.sum(axis=0) ** 2).sum() / (seeds - 1)
    return float((of_sum - settings) / (settings * (settings - 1)))
