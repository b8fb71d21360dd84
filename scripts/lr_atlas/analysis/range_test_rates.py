"""The learning rate that a finder suggests, from the losses of a range test."""

import numpy as np

from lr_atlas.locale.speech import mark

#: Losses are smoothed by a running mean with this memory, as in fastai and Lightning.
_MEMORY = 0.98
#: A test is read until its smoothed loss is so many times its smallest, as both do.
_LOST = 4.0
#: This share of the steps, at the beginning, is left out: its smoothed loss rests on few batches.
_LEFT_OUT = 0.1
_FEWEST = 5


def smoothed(losses: np.ndarray) -> np.ndarray:
    """Return the exponentially weighted mean of the losses so far, float64 [steps].

    Weights fall by 0.98 a step; divided by their sum, so that the first losses count in full.
    """
    mean, found = 0.0, np.empty(len(losses))
    for step, loss in enumerate(losses):
        mean = _MEMORY * mean + (1 - _MEMORY) * loss
        found[step] = mean / (1 - _MEMORY ** (step + 1))
    return found


def read_until(curve: np.ndarray) -> int:
    """Return how many steps of a smoothed loss are read: until it is four times its smallest."""
    lost = np.flatnonzero(curve > _LOST * np.minimum.accumulate(curve))
    return int(lost[0]) if len(lost) else len(curve)


def steepest(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the rate at which the smoothed loss falls fastest per decade; NaN if it never falls.

    rates, losses: of each step, float64 [steps]. The first tenth of the steps is left out.
    """
    curve = smoothed(losses)
    end, start = read_until(curve), int(_LEFT_OUT * len(losses))
    if end - start < _FEWEST:
        return np.nan
    slopes = np.gradient(curve[start:end], np.log10(rates[start:end]))
    place = int(slopes.argmin())
    return float(rates[start + place]) if slopes[place] < 0 else np.nan


def valley(rates: np.ndarray, losses: np.ndarray) -> float:
    """Return the rate in the middle of the longest descent of the smoothed loss; NaN without one.

    After fastai's finder of that name. The longest descent is the longest series of steps, not all
    of them neighbours, of which each has a smaller smoothed loss than the one before.
    """
    curve = smoothed(losses)
    curve = curve[: read_until(curve)]
    if len(curve) < _FEWEST:
        return np.nan
    lengths = np.ones(len(curve), dtype=int)
    before = np.full(len(curve), -1)
    for step in range(1, len(curve)):
        above = np.flatnonzero(curve[:step] > curve[step])
        if len(above):
            best = above[lengths[above].argmax()]
            lengths[step], before[step] = lengths[best] + 1, best
    members = [int(lengths.argmax())]
    while before[members[-1]] >= 0:
        members.append(int(before[members[-1]]))
    return float(rates[members[len(members) // 2]]) if len(members) > 1 else np.nan


#: The ways to read a range test, by what people call them.
METHODS = {mark("steepest descent"): steepest, mark("valley"): valley}
