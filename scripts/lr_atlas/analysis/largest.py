"""Student's t of the largest of k settings, by which a setting that was picked is judged.

Of k equally good settings the one with the highest mean is picked, and its mean is then too high.
With k normal means of equal variance, the t of the picked one is distributed as the largest of k
standard normal values over an independent estimate of their standard deviation: the studentised
maximum (Hochberg and Tamhane 1987, Multiple Comparison Procedures, appendix 3). For k = 1 it is
Student's t. Equal variances are the worst case: a setting that scatters more is picked more often,
but then also has the larger estimate.
"""

import numpy as np
from numpy.polynomial.legendre import leggauss

from lr_atlas.analysis.distributions import chi2_isf, chi2_pdf, chi2_ppf, norm_logcdf, t_isf

_NODES, _WEIGHTS = leggauss(96)
_TAIL = 1e-14  # of the estimated variance's distribution, left out at each end


def survival(t: np.ndarray, k: np.ndarray, df: np.ndarray) -> np.ndarray:
    """Return the probability that the largest of k is above t; float64, broadcast.

    t: any; k: whole numbers from 1; df: degrees of freedom above 0, of the estimated variance.
    """
    t, k, df = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (t, k, df)))
    df = df[..., None]
    low, high = np.log(chi2_ppf(_TAIL, df)), np.log(chi2_isf(_TAIL, df))
    logarithm = low + (high - low) * (_NODES + 1) / 2
    variance = np.exp(logarithm)
    density = chi2_pdf(variance, df) * variance * _WEIGHTS * (high - low) / 2
    below = k[..., None] * norm_logcdf(t[..., None] * np.sqrt(variance / df))
    return (-np.expm1(below) * density).sum(axis=-1)


def critical(p: np.ndarray | float, k: np.ndarray | int, df: np.ndarray | float) -> np.ndarray:
    """Return the t that the largest of k exceeds with probability p; float64, broadcast.

    p: above 0 and at most 0.5; k, df: as in `survival`.
    """
    p, k, df = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (p, k, df)))
    found = np.array(t_isf(p, df))
    several = k > 1
    if not several.any():
        return found
    from scipy.optimize.elementwise import find_root  # loads slowly, and one setting needs none

    p, k, df = p[several], k[several], df[several]
    # The largest of k is above what one of them is, and below what Bonferroni allows for k.
    bracket = found[several], t_isf(p / k, df)
    found[several] = find_root(_excess, bracket, args=(p, k, df)).x
    return found


def _excess(t: np.ndarray, p: np.ndarray, k: np.ndarray, df: np.ndarray) -> np.ndarray:
    return np.log(survival(t, k, df)) - np.log(p)
