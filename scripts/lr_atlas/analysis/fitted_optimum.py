"""The best learning rate between those of a grid, by a parabola around the best of them."""

from typing import NamedTuple

import numpy as np

from lr_atlas.analysis.distributions import t_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.rate_sensitivity import best_rate
from lr_atlas.locale.speech import mark

#: Beside the best rate and its neighbours, those are fitted that lie so near to it.
_NEAR = 0.5  # decades
_LEAST_RATES = 3
#: Decades that count as none, beside rounding.
_TINY = 1e-9

FEW = mark("fewer than three rates")
EDGE = mark("the best rate is the last of the grid")
DIVERGED = mark("runs diverged beside the best rate")
NOT_CURVED = mark("the values around the best rate form no peak")
OUTSIDE = mark("the peak lies outside the fitted rates")


class Optimum(NamedTuple):
    """The peak of a parabola over log10 of the learning rate, and its 95 % interval.

    In decades (base-ten logarithms). An end that lies beyond the fitted rates is NaN. rates: how
    many were fitted. refused: why there is none; else empty.
    """

    place: float = np.nan
    low: float = np.nan
    high: float = np.nan
    rates: int = 0
    refused: str = ""


def fitted_optimum(decades: np.ndarray, values: np.ndarray, diverged: np.ndarray) -> Optimum:
    """Return the optimum of a line of settings that differ in the learning rate alone.

    decades: base-ten logarithms of the rates, rising, float64 [rates]. values: float64
    [rates, seeds], more is better, NaN where a run is missing; seeds that a rate lacks are left
    out. diverged: bool [rates], whether runs did.
    A parabola is fitted for each seed, by least squares through the rate with the best mean, its
    neighbours, and all others within half a decade of it. The optimum is the peak of the mean
    parabola. Its interval holds the rates at which the slope, averaged over the seeds, is not shown
    to differ from 0 by Student's t (Fieller 1954, for the ratio of two means); so it is wide where
    the peak is flat, and never rests on a parabola of a single seed that happens to bend the wrong
    way.
    """
    values = values[:, np.isfinite(values).all(axis=0)]
    if len(decades) < _LEAST_RATES or not values.shape[1]:
        return Optimum(refused=FEW)
    best = best_rate(values)
    if best in (0, len(decades) - 1):
        return Optimum(refused=EDGE)
    fitted = np.abs(decades - decades[best]) <= _NEAR + _TINY
    fitted[best - 1 : best + 2] = True
    if diverged[fitted].any():
        return Optimum(refused=DIVERGED)
    x = decades[fitted] - decades[best]
    _, slopes, bends = np.linalg.pinv(np.vander(x, 3, increasing=True)) @ values[fitted]
    slope, bend = slopes.mean(), bends.mean()
    if not bend < 0:
        return Optimum(rates=len(x), refused=NOT_CURVED)
    peak = -slope / (2 * bend)
    if not x[0] - _TINY <= peak <= x[-1] + _TINY:
        return Optimum(rates=len(x), refused=OUTSIDE)
    ends = np.array(_where_slope_may_be_none(slopes, 2 * bends))
    ends = decades[best] + np.where((ends < x[0]) | (ends > x[-1]), np.nan, ends)
    return Optimum(float(decades[best] + peak), float(ends[0]), float(ends[1]), len(x))


def _where_slope_may_be_none(at_best: np.ndarray, rise: np.ndarray) -> tuple[float, float]:
    """Return the ends of all x where the mean of at_best + rise x may be 0; NaN if unbounded.

    at_best, rise: float64 [seeds].
    """
    n = len(at_best)
    if n < 2:
        return np.nan, np.nan
    t = t_isf(SIGNIFICANCE / 2, n - 1)
    (variance, together), (_, of_rise) = np.cov(at_best, rise) * t**2 / n
    square = rise.mean() ** 2 - of_rise
    linear = at_best.mean() * rise.mean() - together
    rest = at_best.mean() ** 2 - variance
    if square <= 0:
        return np.nan, np.nan
    half = np.sqrt(max(linear**2 - square * rest, 0.0)) / square
    return -linear / square - half, -linear / square + half
