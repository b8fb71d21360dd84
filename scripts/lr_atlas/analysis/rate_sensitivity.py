"""The sensitivity of an optimizer to its learning rate, one number (Wortsman et al. 2023).

Their number (arXiv:2309.14322) is the mean over learning rates of min(loss, loss at initialisation)
minus the best of the losses. Here it is of any metric: by how much less than the best rate of a
line of settings the average rate reaches, none counting as worse than guessing.
"""

from typing import NamedTuple

import numpy as np

from lr_atlas.analysis.intervals import mean, mean_interval


class Measured(NamedTuple):
    """A number with its 95 % interval over n seeds; NaN where it cannot be told."""

    value: float
    low: float
    high: float
    n: int


NOTHING = Measured(np.nan, np.nan, np.nan, 0)


class Reach(NamedTuple):
    """The reach of a grid below and above a rate, in decades."""

    below: float
    above: float


def sensitivity(
    decades: np.ndarray,
    values: np.ndarray,
    floor: float,
    reach: Reach | None = None,
    resolution: float = 0.0,
) -> Measured:
    """Return the sensitivity of a line of settings that differ in the learning rate alone.

    decades: base-ten logarithms of the rates, rising, float64 [rates]. values: float64
    [rates, seeds], more is better, NaN where a run is missing; seeds that a rate lacks are left
    out. floor: what guessing reaches, below which no value counts; NaN for none. reach: how much of
    the line around its best rate counts; None for all of it. resolution: see intervals.variance.
    Every rate stands for the stretch of the logarithmic axis that is nearer to it than to any other
    one, at the ends as far outwards as inwards: an even grid has equal weights, as in the paper.
    The interval is Student's over the number by seed. The best rate was picked, and the number is
    the largest over the rates that could have been, so its lower end allows for that choice.
    """
    values = values[:, np.isfinite(values).all(axis=0)]
    if len(decades) < 2 or not values.shape[1]:
        return NOTHING
    best = best_rate(values)
    weights = _weights(decades, best, reach)
    counted = values if np.isnan(floor) else np.maximum(values, floor)
    lost = (values[best] - weights @ counted)[None]
    (low,), (high,) = mean_interval(lost, chosen_from=len(decades), resolution=resolution)
    return Measured(float(mean(lost)[0]), float(low), float(high), values.shape[1])


def best_rate(values: np.ndarray) -> int:
    """Return the row with the best mean over the seeds, of equals the first."""
    return int(mean(values).argmax())


def reach_of(decades: np.ndarray, best: int) -> Reach:
    """Return how far a line of rates reaches around its best one, for what its ends stand for."""
    edges = _edges(decades)
    return Reach(float(decades[best] - edges[0]), float(edges[-1] - decades[best]))


def common_reach(reaches: list[Reach]) -> Reach:
    """Return how far every line reaches around its best rate."""
    return Reach(min(each.below for each in reaches), min(each.above for each in reaches))


def _edges(decades: np.ndarray) -> np.ndarray:
    """Return where the stretches begin and end that rates stand for, float64 [rates + 1]."""
    middles = (decades[1:] + decades[:-1]) / 2
    first, last = 2 * decades[0] - middles[0], 2 * decades[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])


def _weights(decades: np.ndarray, best: int, reach: Reach | None) -> np.ndarray:
    edges = _edges(decades)
    if reach is not None:
        edges = np.clip(edges, decades[best] - reach.below, decades[best] + reach.above)
    widths = np.diff(edges)
    return widths / widths.sum()
