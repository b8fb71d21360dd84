"""Axes of what is measured step by step: whole steps, and values over decades."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

_MOST_TICKS = 6
_MARGIN = 0.05  # of the decades that values span
_FEWEST_DECADES = 1.0
_DECADES_WITH_MORE_TICKS = 2.0


def step_axis(axes: Axes, last: float, first: float = 0.0) -> None:
    """Let the x axis go from the first to the last step, in whole numbers."""
    room = max(1.0, last - first)
    axes.set_xlim(first - 0.02 * room, last + 0.02 * room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=True))


def decades_axis(axes: Axes, values: pd.Series) -> None:
    """Make the y axis logarithmic, over all values that have a place there."""
    values = values[np.isfinite(values) & values.gt(0)]
    low, high = np.log10([values.min(), values.max()]) if len(values) else (-1.0, 0.0)
    room = _MARGIN * (high - low) + max(0.0, _FEWEST_DECADES - (high - low)) / 2
    axes.set_yscale("log")
    axes.set_ylim(10 ** (low - room), 10 ** (high + room))
    few = high - low < _DECADES_WITH_MORE_TICKS
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1.0, 2.0, 5.0)) if few else LogLocator(numticks=_MOST_TICKS)
    )
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
