"""The plateau of an optimizer: its settings that cannot be told apart from its best."""

import numpy as np

from lr_atlas.analysis.pairs import DIVERGED, SIGNIFICANCE, holm, paired_differences, paired_t


def plateau(scores: np.ndarray, best: int) -> np.ndarray | None:
    """Which settings of an optimizer are on its plateau: bool [settings].

    scores: float64 [settings, seeds], see `pairs`. best: the row of the best setting. On the
    plateau is the best and each setting that is not worse than it by the paired t test over the
    seeds, at 0.05 after Holm's correction within the optimizer. A setting of which more runs
    diverged than of the best is not, nor is one that shares fewer than two seeds with it, since
    it cannot be compared. None if fewer than two runs of the best are finite: a single run cannot
    say how wide a plateau is.

    A plateau is wide because the settings are alike or because the seeds are few. The best was
    chosen on the same runs, which favours it a little.
    """
    if np.isfinite(scores[best]).sum() < 2:
        return None
    others = np.arange(len(scores)) != best
    difference, _, _, p = paired_t(paired_differences(scores[[best]], scores[others]))
    worse = (holm(p) < SIGNIFICANCE) & (difference > 0)
    diverged = (scores == DIVERGED).sum(axis=1)
    on_plateau = np.ones(len(scores), dtype=bool)
    on_plateau[others] = ~worse & ~np.isnan(p) & (diverged[others] <= diverged[best])
    return on_plateau


def width_in_decades(learning_rates: np.ndarray) -> float:
    """The base-ten logarithm of the highest over the lowest of some learning rates, all above 0."""
    return float(np.log10(learning_rates.max() / learning_rates.min()))
