"""The cells of a heatmap: their colours, numbers and marks."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lr_atlas.figures import style
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.study_metric import StudyMetric, significant

NOT_RUN: dict[str, Any] = {
    "facecolor": "0.94",
    "edgecolor": "0.75",
    "hatch": "////",
    "linewidth": 0.0,
}
_MOST_UPRIGHT_COLUMNS = 16
MOST_COLUMNS_WITH_NUMBERS = 60


def is_dense(table: pd.DataFrame) -> bool:
    """Return whether the columns are so many that what stands in them is turned."""
    return table.shape[1] > _MOST_UPRIGHT_COLUMNS


def is_crowded(table: pd.DataFrame) -> bool:
    """Return whether the columns are so many that nothing can stand in them."""
    return table.shape[1] > MOST_COLUMNS_WITH_NUMBERS


def colour_limits(table: pd.DataFrame, metric: StudyMetric) -> tuple[float, float]:
    """Return where the colours begin and end, at least a point of shares apart.

    They begin at what is no bad outlier (by Tukey's fence): these would leave one colour for all
    others.
    """
    values = table.to_numpy().ravel()
    values = values[np.isfinite(values)]
    if not len(values):
        return (0.0, 100.0) if metric.is_share else (0.0, 1.0)
    values = metric.sign * values
    lower, upper = np.percentile(values, [25, 75])
    highest = values.max()
    least = 1.0 if metric.is_share else max(1e-3 * abs(highest), 1e-9)
    lowest = max(values.min(), lower - 1.5 * max(upper - lower, least))
    ends = float(min(lowest, highest - least)), float(highest)
    return ends if metric.sign > 0 else (-ends[1], -ends[0])


def draw(axes: Axes, table: pd.DataFrame, limits: tuple[float, float], wording: Wording) -> None:
    """Draw all cells in their colours, with the scale beside them; those not run are hatched."""
    lowest, highest = limits
    values = table.to_numpy()
    seaborn.heatmap(
        table,
        ax=axes,
        # The best is bright.
        cmap="viridis" if wording.metric.sign > 0 else "viridis_r",
        vmin=lowest,
        vmax=highest,
        cbar=bool(table.notna().any(axis=None)),
        cbar_kws={
            "label": f"{wording.say('mean')}{wording.metric.in_unit}",
            "extend": "min"
            if np.nanmin(values, initial=np.inf) < lowest
            else "max"
            if np.nanmax(values, initial=-np.inf) > highest
            else "neither",
            "aspect": 15,
        },
        linewidths=0 if is_crowded(table) else style.strokes(1.5),
        linecolor="white",
        xticklabels=False,
        yticklabels=False,
    )
    axes.grid(visible=False)
    for row, column in zip(*np.nonzero(table.isna().to_numpy()), strict=True):
        axes.add_patch(frame(table, row, column, NOT_RUN))


def frame(table: pd.DataFrame, row: int, column: int, look: dict[str, Any]) -> Rectangle:
    """Return the frame of a cell, filled as `look` says (arguments of Rectangle)."""
    margin = 0.0 if is_crowded(table) else 0.02
    place = (column + margin, row + 0.04)
    return Rectangle(
        place, 1 - 2 * margin, 0.92, **(look | {"linewidth": 0} if not margin else look)
    )


def ink(setting: Any, limits: tuple[float, float], metric: StudyMetric) -> str:
    """Return the colour of what stands in a cell, so that it can be read there."""
    if np.isnan(setting.mean):
        return "#8A0000"
    lowest, highest = limits
    if metric.sign > 0:
        is_bright = setting.mean > lowest + 0.55 * (highest - lowest)
    else:
        is_bright = setting.mean < highest - 0.55 * (highest - lowest)
    return "black" if is_bright else "white"


def cell_number(mean: float, metric: StudyMetric) -> str:
    """Return a mean as it is shown, as short as a cell is narrow."""
    return f"{mean:.1f}" if metric.is_share else significant(mean, 3)


def write(
    axes: Axes,
    setting: Any,
    place: tuple[int, int],
    table: pd.DataFrame,
    limits: tuple[float, float],
    *,
    wording: Wording,
) -> None:
    """Write the mean into a setting's cell, and how many of its runs diverged or collapsed."""
    row, column = place
    lines = [] if np.isnan(setting.mean) else [cell_number(setting.mean, wording.metric)]
    counts = {"runs": setting.runs}
    if setting.diverged:
        lines.append(wording.say("{count} of {runs}\ndiverged", count=setting.diverged, **counts))
    if setting.collapsed:
        lines.append(wording.say("{count} of {runs}\ncollapsed", count=setting.collapsed, **counts))
    text = "\n".join(lines)
    axes.text(
        column + 0.5,
        row + 0.5,
        text,
        size=style.letters({0: 9, 1: 6.6, 2: 6.2}.get(text.count("\n"), 4.8)),
        color=ink(setting, limits, wording.metric),
        rotation=90 if is_dense(table) else 0,
        ha="center",
        va="center",
        linespacing=1.1,
    )


def mark(
    axes: Axes,
    setting: Any,
    place: tuple[int, int],
    table: pd.DataFrame,
    colour: str,
) -> None:
    """Put a mark into the upper right corner of a setting's cell, if it has one."""
    looks = marks(colour)
    shown = [
        looks[name]
        for name, has in (
            ("best", setting.best_of_optimizer),
            ("plateau", setting.on_plateau and not setting.best_of_optimizer),
            ("diverged", setting.diverged > 0),
        )
        if has
    ]
    row, column = place
    x, apart = (0.5, 0.0) if is_crowded(table) else (0.88 if not is_dense(table) else 0.8, 0.15)
    for position, look in enumerate(shown):
        axes.plot(column + x - apart * position, row + 0.2, **look)


def marks(colour: str) -> dict[str, dict[str, Any]]:
    """Return how the marks look, as arguments of `Axes.plot`."""
    edge = {"markeredgewidth": 0.0, "linestyle": ""}
    return {
        "best": {"marker": "*", "color": colour, "markersize": style.strokes(8)} | edge,
        "plateau": {"marker": "o", "color": colour, "markersize": style.strokes(3.6)} | edge,
        "diverged": style.cross(4.5) | {"linestyle": "", "markeredgewidth": style.strokes(1.4)},
    }


def all_diverged() -> dict[str, Any]:
    """Return how a cell looks in which every run diverged, as arguments of Rectangle."""
    return {
        "facecolor": "#FBE3E0",
        "edgecolor": style.DIVERGED,
        "linewidth": style.strokes(0.8),
    }
