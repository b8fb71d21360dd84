"""Mark where runs diverged, by red crosses in the curves themselves.

The loss of a run that diverges leaves the axis at its upper edge, in the epoch that it did not
complete. A run that completed none has a cross alone, at the edge of that first epoch: of losses
the upper one, of accuracies the lower one.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from lr_atlas.figures import style

_ROW = 0.06  # share of the y axis that a cross at the edge takes
_MOST = 0.45  # share that all of them take


def room(count: int) -> float:
    """Return the share of the y axis to keep free for the crosses of so many settings."""
    return min(_ROW * style.crowding() * count + 0.02, _MOST) if count else 0.0


def draw_cross(axes: Axes, x: float, y: float, text: str, color: str, **looks: Any) -> None:
    """Draw a cross at x of the data and the share y of the axis's height, with a text beside it.

    looks: further properties of the text.
    """
    place = axes.get_xaxis_transform()
    axes.plot(x, y, transform=place, clip_on=False, zorder=6, **style.cross(6))
    axes.annotate(
        text,
        (x, y),
        xycoords=place,
        xytext=(style.strokes(6), 0),
        textcoords="offset points",
        va="center",
        size=style.letters(7.5),
        color=color,
        zorder=6,
        **looks,
    )


def draw_lost(
    axes: Axes, names: pd.Series, lost: pd.Series, x: float, *, at_top: bool, within: float
) -> None:
    """Draw a cross and a name for each setting with runs that completed no epoch.

    `names` has a short name of each of the panel's settings, by setting; `lost` is what
    `lost_at_once` returns; `within` is the share of the y axis to draw in, from its edge.
    """
    shown = [setting for setting in names.index if setting in lost.index]
    for row, setting in enumerate(shown):
        from_edge = within * (row + 0.5) / len(shown)
        y = 1 - from_edge if at_top else from_edge
        count = f" ({lost[setting]})" if lost[setting] > 1 else ""
        halo = [withStroke(linewidth=style.strokes(2), foreground="white")]
        draw_cross(axes, x, y, f"{names[setting]}{count}", style.DIVERGED, path_effects=halo)


def draw_diverged_loss(
    axes: Axes, x: np.ndarray, losses: np.ndarray, line: dict, goes_on: bool = True
) -> None:
    """Draw the losses of a run that diverged, and a cross at their end.

    A loss that is not finite is at the upper edge, and so is the epoch that was not completed,
    after the last x: with `goes_on` that is drawn as well. Call it when the axis has its limits.
    """
    top = axes.get_ylim()[1]
    if goes_on:
        gap = np.diff(x, prepend=0)[-1]
        x, losses = np.append(x, x[-1] + gap), np.append(losses, np.inf)
    y = np.minimum(np.where(np.isfinite(losses), losses, top), top)
    axes.plot(x, y, **{**line, "linewidth": style.strokes(0.8)})
    axes.plot(x[-1], y[-1], clip_on=False, zorder=6, **style.cross())
