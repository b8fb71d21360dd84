"""Where runs diverged: red crosses in the curves themselves.

The loss of a run that diverges leaves the axis at its upper edge, in the epoch that it did not
complete. A run that completed none has a cross alone, at the edge of that first epoch: of losses
the upper one, of accuracies the lower one.
"""

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


def draw_lost(
    axes: Axes, names: pd.Series, lost: pd.Series, x: float, at_top: bool, within: float
) -> None:
    """Draw a cross and a name for each setting with runs that completed no epoch.

    `names` has what each of the panel's settings is called, by setting; `lost` is what
    `lost_at_once` returns; `within` is the share of the y axis to draw in, from its edge.
    """
    shown = [setting for setting in names.index if setting in lost.index]
    place = axes.get_xaxis_transform()
    for row, setting in enumerate(shown):
        from_edge = within * (row + 0.5) / len(shown)
        y = 1 - from_edge if at_top else from_edge
        axes.plot(x, y, transform=place, clip_on=False, zorder=6, **style.cross(6))
        count = f" ({lost[setting]})" if lost[setting] > 1 else ""
        axes.annotate(
            f"{names[setting]}{count}",
            (x, y),
            xycoords=place,
            xytext=(style.strokes(6), 0),
            textcoords="offset points",
            va="center",
            size=style.letters(7.5),
            color=style.DIVERGED,
            path_effects=[withStroke(linewidth=style.strokes(2), foreground="white")],
            zorder=6,
        )


def leave_at_top(axes: Axes, epochs: np.ndarray, losses: np.ndarray, line: dict) -> None:
    """Draw the losses of a run that diverged, and on to a cross at the upper edge.

    The cross is in the epoch after the last complete one. Call it when the axis has its limits.
    """
    top = axes.get_ylim()[1]
    x = np.append(epochs, epochs[-1] + 1)
    y = np.append(np.where(np.isfinite(losses), losses, top), top)
    axes.plot(x, np.minimum(y, top), **{**line, "linewidth": style.strokes(0.8)})
    axes.plot(x[-1], top, clip_on=False, zorder=6, **style.cross())
