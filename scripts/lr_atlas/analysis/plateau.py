"""The plateau of an optimizer: how far its learning rate may be off without a loss that matters."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plateau:
    """The learning rates around the best one that are shown to be within a margin of it.

    settings: from the lowest rate to the highest, the best among them; empty where there is one
    rate alone, or where the runs cannot say whether there is more than the best. open_low,
    open_high: whether the next rate on that side could still belong to it. cut_low, cut_high:
    whether the grid ends there before it does.
    """

    settings: tuple[str, ...]
    open_low: bool = False
    open_high: bool = False
    cut_low: bool = False
    cut_high: bool = False


def plateau(
    best: str,
    settings: Mapping[float, str],
    behind: Mapping[str, tuple[float, float]],
    margin: float,
) -> Plateau:
    """Return the plateau around the best setting of an optimizer.

    settings: the best and those that differ from it in the learning rate alone, by that rate.
    behind: by how much each of these others is behind the best, as an interval (low, high), NaN
    where it is not known. margin: the loss in the metric that does not matter.
    From the best to each side a setting belongs to it as long as the whole interval lies below the
    margin: an equivalence test, so few seeds make a plateau narrow or leave it open, never wide. It
    ends at a setting of which the whole interval lies above the margin. Without holes by this rule.
    """
    rates = sorted(settings)
    place = next(at for at, rate in enumerate(rates) if settings[rate] == best)
    sides, is_open, is_cut = [], [], []
    for step in (-1, 1):
        found, undecided, at = [], False, place + step
        while 0 <= at < len(rates):
            low, high = behind.get(settings[rates[at]], (np.nan, np.nan))
            if not high <= margin:
                undecided = not low > margin
                break
            found.append(settings[rates[at]])
            at += step
        sides.append(found)
        is_open.append(undecided)
        is_cut.append(len(rates) > 1 and not 0 <= at < len(rates))
    members = (*reversed(sides[0]), best, *sides[1])
    if len(members) == 1 and (len(rates) == 1 or any(is_open)):
        members = ()
    return Plateau(members, *is_open, *is_cut)


def width_in_decades(learning_rates: np.ndarray) -> float:
    """Return the base-ten logarithm of the highest over the lowest of learning rates above 0."""
    return float(np.log10(learning_rates.max() / learning_rates.min()))
