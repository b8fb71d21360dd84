"""Final validation accuracy of every variant at every learning rate."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lr_atlas.figures import style
from lr_atlas.figures.axes import rate_texts
from lr_atlas.figures.settings import measured_settings, seeds_text
from lr_atlas.figures.shown_settings import of_variants
from lr_atlas.figures.spread import collapsed_note
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Optimizer by learning rate",
    "reading": (
        "A difference between cells that is smaller than the spread over seeds is no finding."
    ),
    "section": "2. Learning rate",
    "place": 60,
}

_NOT_RUN: dict[str, Any] = {
    "facecolor": "0.94",
    "edgecolor": "0.75",
    "hatch": "////",
    "linewidth": 0.0,
}
_MOST_UPRIGHT_COLUMNS = 16
_MOST_COLUMNS_WITH_NUMBERS = 60


@style.themed
def heatmap(runs: pd.DataFrame, summary: pd.DataFrame, wording: Wording) -> Figure:
    """Draw variants (rows) by learning rates (columns), the mean over seeds in the cell.

    A star marks the best setting of each optimizer, a dot its plateau, a red cross diverged runs.
    """
    settings = measured_settings(runs, summary, wording)
    table = settings.pivot(index="variant", columns="learning_rate", values="mean")
    table = table.reindex(index=settings["variant"].unique())
    handles = _legend_handles(settings, table, wording)
    figure, axes, legend_axes = _layout(table, with_legend=bool(handles))
    limits = _colour_limits(table)
    _draw_cells(axes, table, limits, wording)
    for setting in settings.itertuples():
        place = table.index.get_loc(setting.variant), table.columns.get_loc(setting.learning_rate)
        if np.isnan(setting.mean):
            axes.add_patch(_cell(table, *place, _all_diverged()))
        if not _crowded(table):
            _write(axes, setting, place, table, limits, wording)
        _mark(axes, setting, place, table, limits)
    _label(axes, table, wording)
    if legend_axes is not None:
        legend_axes.axis("off")
        legend_axes.legend(handles=handles, loc="center left", ncols=style.columns(handles))
    title = wording.say(
        "Final validation accuracy, optimizer by learning rate: {study}", study=wording.study
    )
    style.describe(figure, title, _note(settings, table, limits[0], wording))
    return figure


def _layout(table: pd.DataFrame, with_legend: bool) -> tuple[Figure, Axes, Axes | None]:
    rows, columns = table.shape
    column_width, row_height = (0.32, 0.9) if _dense(table) else (0.62, 0.5)
    if _crowded(table):
        column_width, row_height = 10 / columns, 0.5
    width, height = max(9.0, 3.6 + column_width * columns), 1.5 + row_height * rows
    height = max(2.6, height) + 0.35 * with_legend
    figure = style.new_figure(width, height, text=height)  # the cells grow with what is in them
    if not with_legend:
        return figure, figure.add_subplot(), None
    grid = figure.add_gridspec(2, 1, height_ratios=[rows * row_height, 0.2])
    return figure, figure.add_subplot(grid[0]), figure.add_subplot(grid[1])


def _dense(table: pd.DataFrame) -> bool:
    """Return whether the columns are so many that what stands in them is turned."""
    return table.shape[1] > _MOST_UPRIGHT_COLUMNS


def _crowded(table: pd.DataFrame) -> bool:
    """Return whether the columns are so many that nothing can stand in them."""
    return table.shape[1] > _MOST_COLUMNS_WITH_NUMBERS


def _colour_limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return where the colours begin and end, at least a point apart.

    They begin above outliers (by Tukey's fence), which would leave one colour for all others.
    """
    values = table.to_numpy().ravel()
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 100.0
    lower, upper = np.percentile(values, [25, 75])
    highest = values.max()
    lowest = max(values.min(), lower - 1.5 * max(upper - lower, 1.0))
    return float(min(lowest, highest - 1.0)), float(highest)


def _draw_cells(
    axes: Axes, table: pd.DataFrame, limits: tuple[float, float], wording: Wording
) -> None:
    lowest, highest = limits
    seaborn.heatmap(
        table,
        ax=axes,
        cmap="viridis",
        vmin=lowest,
        vmax=highest,
        cbar=bool(table.notna().any(axis=None)),
        cbar_kws={
            "label": wording.say("mean (%)"),
            "extend": "min" if np.nanmin(table.to_numpy(), initial=np.inf) < lowest else "neither",
            "aspect": 15,
        },
        linewidths=0 if _crowded(table) else style.strokes(1.5),
        linecolor="white",
        xticklabels=False,
        yticklabels=False,
    )
    axes.grid(visible=False)
    for row, column in zip(*np.nonzero(table.isna().to_numpy()), strict=True):
        axes.add_patch(_cell(table, row, column, _NOT_RUN))


def _cell(table: pd.DataFrame, row: int, column: int, look: dict[str, Any]) -> Rectangle:
    margin = 0.0 if _crowded(table) else 0.02
    place = (column + margin, row + 0.04)
    return Rectangle(
        place, 1 - 2 * margin, 0.92, **(look | {"linewidth": 0} if not margin else look)
    )


def _ink(setting: Any, limits: tuple[float, float]) -> str:
    """Return the colour of what stands in a cell, so that it can be read there."""
    if np.isnan(setting.mean):
        return "#8A0000"
    lowest, highest = limits
    return "black" if setting.mean > lowest + 0.55 * (highest - lowest) else "white"


def _write(
    axes: Axes,
    setting: Any,
    place: tuple[int, int],
    table: pd.DataFrame,
    limits: tuple[float, float],
    wording: Wording,
) -> None:
    """Write the mean into a setting's cell, and how many of its runs diverged or collapsed."""
    row, column = place
    lines = [] if np.isnan(setting.mean) else [f"{setting.mean:.1f}"]
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
        color=_ink(setting, limits),
        rotation=90 if _dense(table) else 0,
        ha="center",
        va="center",
        linespacing=1.1,
    )


def _mark(
    axes: Axes,
    setting: Any,
    place: tuple[int, int],
    table: pd.DataFrame,
    limits: tuple[float, float],
) -> None:
    """Put a mark into the upper right corner of a setting's cell, if it has one."""
    looks = _marks(_ink(setting, limits))
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
    x, apart = (0.5, 0.0) if _crowded(table) else (0.88 if not _dense(table) else 0.8, 0.15)
    for position, look in enumerate(shown):
        axes.plot(column + x - apart * position, row + 0.2, **look)


def _marks(ink: str) -> dict[str, dict[str, Any]]:
    """Return how the marks look, as arguments of `Axes.plot`."""
    edge = {"markeredgewidth": 0.0, "linestyle": ""}
    return {
        "best": {"marker": "*", "color": ink, "markersize": style.strokes(8)} | edge,
        "plateau": {"marker": "o", "color": ink, "markersize": style.strokes(3.6)} | edge,
        "diverged": style.cross(4.5) | {"linestyle": "", "markeredgewidth": style.strokes(1.4)},
    }


def _all_diverged() -> dict[str, Any]:
    return {
        "facecolor": "#FBE3E0",
        "edgecolor": style.DIVERGED,
        "linewidth": style.strokes(0.8),
    }


def _label(axes: Axes, table: pd.DataFrame, wording: Wording) -> None:
    rows, columns = table.shape
    axes.set(xlabel=wording.say("learning rate"), ylabel="")
    shown = np.arange(columns)
    if _crowded(table):
        shown = np.unique(np.linspace(0, columns - 1, _MOST_COLUMNS_WITH_NUMBERS // 2).round())
    texts = rate_texts(table.columns)
    rates = [texts[table.columns[int(column)]] for column in shown]
    axes.set_xticks(shown + 0.5, rates, rotation=90 if _dense(table) else 0)
    variants = [style.wrap(name) for name in table.index]
    size = 9 if max(name.count("\n") for name in variants) < 2 else 7.5
    axes.set_yticks(np.arange(rows) + 0.5, variants, rotation=0, size=style.letters(size))
    axes.tick_params(length=0)


def _legend_handles(
    settings: pd.DataFrame, table: pd.DataFrame, wording: Wording
) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = []
    looks = _marks("0.25")
    if settings["best_of_optimizer"].any():
        label = wording.say("best of its optimizer")
        handles.append(Line2D([], [], label=label, **looks["best"]))
    if (settings["on_plateau"] & ~settings["best_of_optimizer"]).any():
        label = wording.say("on its plateau")
        handles.append(Line2D([], [], label=label, **looks["plateau"]))
    if settings["diverged"].any():
        label = wording.say("diverged runs")
        handles.append(Line2D([], [], label=label, **looks["diverged"]))
    if settings["mean"].isna().any():
        handles.append(Patch(label=wording.say("all runs diverged"), **_all_diverged()))
    if len(settings) < table.size:
        handles.append(Patch(label=wording.say("not run"), **_NOT_RUN))
    return handles


def _note(settings: pd.DataFrame, table: pd.DataFrame, lowest: float, wording: Wording) -> str:
    parts = [
        wording.say("Cells: mean over the seeds after the last epoch, in per cent."),
        seeds_text(settings, wording),
    ]
    if settings["on_plateau"].any():
        parts.append(wording.plateau(settings["margin"].iloc[0]))
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are in no mean."))
    parts.append(collapsed_note(settings, wording))
    if np.nanmin(table.to_numpy(), initial=np.inf) < lowest:
        limit = f"{lowest:.1f}"
        parts.append(wording.say("Outliers below {limit} % share the darkest colour.", limit=limit))
    return wording.note(*parts, wording.choice, wording.selection)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_variants(tables, wording)
    return heatmap(tables.runs, tables.summary, wording)
