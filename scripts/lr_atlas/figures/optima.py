"""Marks of the fitted optimum of each optimizer, above a figure over the learning rate."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lr_atlas.figures import looks, style

#: More optimizers would make a heap of the marks.
_MOST = 6
_ROW = 0.022  # share of the axis's height


def fitted(sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table of sensitivity whose optimum is drawn; none if too many."""
    rows = sensitivity[sensitivity["optimum"].notna()]
    return rows if len(rows) <= _MOST else rows.iloc[:0]


def draw_optima(axes: Axes, sensitivity: pd.DataFrame) -> None:
    """Draw each fitted optimum as a triangle above the frame, on a line from low to high.

    An end that is not determined has no line.
    """
    place = axes.get_xaxis_transform()
    for row_number, row in enumerate(fitted(sensitivity).iloc[::-1].itertuples()):
        y = 1.0 + _ROW * style.crowding() * (row_number + 1)
        colour = looks.optimizer_colour(row.optimizer)
        low, high = (
            row.optimum if pd.isna(end) else end for end in (row.optimum_low, row.optimum_high)
        )
        common: dict[str, Any] = {"transform": place, "clip_on": False, "color": colour}
        axes.plot([low, high], [y, y], linewidth=style.strokes(1.2), **common)
        axes.plot([row.optimum], [y], **common, **_mark())


def handle(label: str) -> Line2D:
    """Return the legend's entry of the marks."""
    return Line2D([], [], label=label, color="0.35", linewidth=style.strokes(1.2), **_mark(False))


def _mark(alone: bool = True) -> dict[str, Any]:
    look = {"marker": "v", "markersize": style.strokes(4.5), "markeredgewidth": 0.0}
    return {**look, "linestyle": ""} if alone else look
