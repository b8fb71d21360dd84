"""Tails of the distributions that tests ask for, without loading all of scipy.stats.

scipy.stats takes longer to load than all else that a verdict needs together, which whoever asks for
one verdict on a command line would wait for. Its own values come from the functions of
scipy.special that stand here, so they are the same to the last digit. Everything is float64 and
broadcast.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

Numbers = np.ndarray | Sequence[float] | float


def t_sf(t: Numbers, df: Numbers) -> np.ndarray:
    """Return the probability that Student's t is above t."""
    return special.stdtr(df, -np.asarray(t, dtype=float))


def t_isf(p: Numbers, df: Numbers) -> np.ndarray:
    """Return the value that Student's t exceeds with probability p."""
    return -special.stdtrit(df, p)


def t_ppf(p: Numbers, df: Numbers) -> np.ndarray:
    """Return the value that Student's t stays below with probability p."""
    return special.stdtrit(df, p)


def chi2_isf(p: Numbers, df: Numbers) -> np.ndarray:
    """Return the value that chi squared exceeds with probability p."""
    return special.chdtri(df, p)


def chi2_ppf(p: Numbers, df: Numbers) -> np.ndarray:
    """Return the value that chi squared stays below with probability p."""
    return 2 * special.gammaincinv(np.asarray(df, dtype=float) / 2, p)


def chi2_pdf(x: Numbers, df: Numbers) -> np.ndarray:
    """Return the density of chi squared at x, above 0."""
    half = np.asarray(df, dtype=float) / 2.0
    logarithm = special.xlogy(half - 1, x) - np.asarray(x) / 2.0 - special.gammaln(half)
    return np.exp(logarithm - (np.log(2) * np.asarray(df, dtype=float)) / 2.0)


def norm_logcdf(z: Numbers) -> np.ndarray:
    """Return the logarithm of the probability that a standard normal value is below z."""
    return special.log_ndtr(z)


def norm_cdf(z: Numbers) -> np.ndarray:
    """Return the probability that a standard normal value is below z."""
    return special.ndtr(z)


def norm_ppf(p: Numbers) -> np.ndarray:
    """Return the value that a standard normal one stays below with probability p."""
    return special.ndtri(p)


def norm_isf(p: Numbers) -> np.ndarray:
    """Return the value that a standard normal one exceeds with probability p."""
    return -special.ndtri(p)


def f_isf(p: Numbers, of_numerator: Numbers, of_denominator: Numbers) -> np.ndarray:
    """Return the value that F, of these two degrees of freedom, exceeds with probability p."""
    return special.fdtri(of_numerator, of_denominator, 1.0 - np.asarray(p, dtype=float))
