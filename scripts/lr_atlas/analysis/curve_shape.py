"""Measure the curves of runs over their epochs; many runs of equal length at a time."""

import numpy as np

_RISE = 0.02  # of the smallest loss
_STANDARD_ERRORS = 5
_SHORTEST = 4  # epochs: two windows of three


def extrema_and_swing(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count the local extrema of each curve and say how far it swings between them.

    values: float64 [runs, epochs]. Returns (extrema, swing), float64 [runs]: how often the curve
    turns, where a level stretch counts as one point; and the mean absolute change from one extremum
    to the next, 0 with fewer than two. First and last epoch are no extrema.
    """
    steps = np.diff(values, axis=1)
    if steps.shape[1] < 2:
        return np.zeros(len(values)), np.zeros(len(values))
    direction = _fill_forward(np.sign(steps))
    turns = direction[:, 1:] * direction[:, :-1] < 0
    extrema = turns.sum(axis=1)
    # Between two extrema a curve is monotone, so what lies between them is the length of its path.
    path = np.cumsum(np.abs(steps), axis=1)[:, :-1]
    rows = np.arange(len(turns))
    first, last = turns.argmax(axis=1), turns.shape[1] - 1 - turns[:, ::-1].argmax(axis=1)
    between = path[rows, last] - path[rows, first]
    swing = np.where(extrema > 1, between / np.maximum(extrema - 1, 1), 0)
    return extrema.astype(float), swing


def _fill_forward(signs: np.ndarray) -> np.ndarray:
    """Return the signs, each 0 replaced by what stands before it in its row, if anything."""
    places = np.where(signs != 0, np.arange(signs.shape[1]), 0)
    return np.take_along_axis(signs, np.maximum.accumulate(places, axis=1), axis=1)


def overfitting(
    validation_loss: np.ndarray, train_loss: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find runs whose validation loss rises again while their training loss still falls.

    Both losses: float64 [runs, epochs]. Returns (overfits bool, epoch float64, rise float64), each
    [runs]. Losses are smoothed, see `smoothed`, since a single epoch may go up by chance; rise is
    the smoothed validation loss at the end over its smallest, minus 1. A run overfits if the rise
    is above 2 %, and above what the noise from epoch to epoch explains (five times the standard
    error of a window's mean: fewer than one in twenty level, noisy curves pass), and its smoothed
    training loss is lower at the end than where the smoothed validation loss was smallest. That is
    the epoch from which validation loss rises (1, 2, 3 …; NaN if the run does not overfit). It
    takes four epochs to tell.
    """
    smooth, smooth_train = smoothed(validation_loss), smoothed(train_loss)
    smallest = smooth.min(axis=1)
    rises = smooth[:, -1] - smallest
    rise = np.divide(rises, smallest, where=smallest > 0, out=np.where(rises > 0, np.inf, 0.0))
    # Smoothed values are often equal: the lowest of the losses behind them says where.
    bottom = np.where(smooth == smallest[:, None], validation_loss, np.inf).argmin(axis=1)
    rows = np.arange(len(smooth))
    train_falls = smooth_train[:, -1] < smooth_train[rows, bottom]
    by_chance = _STANDARD_ERRORS * noise(validation_loss) / np.sqrt(_window(smooth.shape[1]))
    long_enough = smooth.shape[1] >= _SHORTEST
    overfits = (rise > _RISE) & (rises > by_chance) & train_falls & long_enough
    return overfits, np.where(overfits, bottom + 1.0, np.nan), rise


def smoothed(curves: np.ndarray) -> np.ndarray:
    """Return the centred moving median of each curve, float64 [runs, epochs].

    Over three epochs, or a fifth of all where that is more (an odd number). The first and the last
    epochs have the value of the nearest whole window. Curves of one or two epochs stay as they are.
    """
    width = _window(curves.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(curves, width, axis=1)
    return np.pad(np.median(windows, axis=2), [(0, 0), (width // 2, width // 2)], mode="edge")


def _window(epochs: int) -> int:
    return 1 if epochs < 3 else max(3, epochs // 5 | 1)


def noise(curves: np.ndarray) -> np.ndarray:
    """Return the deviation of a curve's epochs about its course, float64 [runs]; 0 if too short.

    From the median absolute second difference, which a steady rise or fall leaves at 0, scaled as
    for independent normal noise.
    """
    if curves.shape[1] < 3:
        return np.zeros(len(curves))
    second = np.abs(np.diff(curves, n=2, axis=1))
    return 1.4826 / np.sqrt(6) * np.median(second, axis=1)


def epochs_to(values: np.ndarray, target: float) -> np.ndarray:
    """Return the first epoch (1, 2, 3 …) in which each curve reaches the target, float64 [runs].

    values: float64 [runs, epochs], more is better.
    inf where it does not: not reached within the epochs that were run, so later than any.
    """
    reached = values >= target
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
