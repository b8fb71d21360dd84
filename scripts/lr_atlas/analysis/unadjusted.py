"""Simulate how often an ordinary test of picked settings is wrong when all are equally good."""

from collections.abc import Sequence

import numpy as np

from lr_atlas.analysis.distributions import norm_ppf, t_sf
from lr_atlas.analysis.intervals import SIGNIFICANCE

_STUDIES = 4_000  # simulated; the standard error is 0.6 points at most
_SEED = 20_261_128  # any; fixed, so that the same budgets have the same number


def error_of_an_ordinary_test(settings: Sequence[int], seeds: int) -> float:
    """Return the probability that some optimizer is called worse than the best one by mistake.

    settings: how many each optimizer has; seeds: of each setting. All runs are independent normal
    values of one mean and variance. The ordinary test picks the highest mean of each optimizer and
    compares the highest of all with the others by Welch's t at 5 % (Holm's correction over these
    others), as if nothing had been picked. NaN with one optimizer or one seed.
    """
    if len(settings) < 2 or seeds < 2:
        return np.nan
    generator = np.random.default_rng([_SEED, seeds, *settings])
    size = (_STUDIES, len(settings))
    # The highest of k normal means is the quantile at the highest of k even numbers.
    highest = generator.random(size) ** (1 / np.asarray(settings, dtype=float))
    means = norm_ppf(highest) / np.sqrt(seeds)
    variances = generator.chisquare(seeds - 1, size) / (seeds - 1)
    best = means.argmax(axis=1)[:, None]
    ahead = np.take_along_axis(means, best, axis=1) - means
    own = np.take_along_axis(variances, best, axis=1)
    error = np.sqrt((own + variances) / seeds)
    df = (own + variances) ** 2 / (own**2 + variances**2) * (seeds - 1)
    p = 2 * t_sf(ahead / error, df)
    np.put_along_axis(p, best, 1.0, axis=1)
    # Holm's first step decides whether any is called worse.
    return float((p.min(axis=1) * (len(settings) - 1) < SIGNIFICANCE).mean())
