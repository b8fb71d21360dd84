"""Final validation accuracy of every variant at every learning rate."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import Wording, describe_settings, remarks, seeds_text
from lr_atlas.figures.spread import mean_and_spread, without_diverged

_NOT_RUN = {"facecolor": "0.94", "edgecolor": "0.75", "hatch": "////", "linewidth": 0.0}
_MOST_UPRIGHT_COLUMNS = 16
_MOST_COLUMNS_WITH_NUMBERS = 60
_ALL_DIVERGED = {"facecolor": "#FBE3E0", "edgecolor": style.DIVERGED, "linewidth": 0.8}


@style.themed
def heatmap(runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw variants (rows) by learning rates (columns), the mean over seeds in the cell."""
    settings = describe_settings(runs)
    finals = mean_and_spread(without_diverged(runs), "setting", "validation_accuracy")["mean"]
    settings["mean"] = settings["setting"].map(finals).astype(float) * ranges.PER_CENT
    table = settings.pivot(index="variant", columns="learning_rate", values="mean")
    table = table.reindex(index=settings["variant"].unique())
    handles = _legend_handles(settings, table)
    figure, axes, legend_axes = _layout(table, with_legend=bool(handles))
    limits = _colour_limits(table)
    _draw_cells(axes, table, *limits)
    for setting in settings.itertuples():
        if np.isnan(setting.mean):
            _mark_diverged(axes, setting, table)
        if not _crowded(table):
            _write(axes, setting, table, limits)
    _label(axes, table)
    if handles:
        legend_axes.axis("off")
        legend_axes.legend(handles=handles, loc="center left", ncols=2)
    title = f"Final {wording.validation_accuracy}: {wording.study}"
    style.describe(figure, title, _note(settings, table, limits[0]) + wording.selection)
    return figure


def _layout(table: pd.DataFrame, with_legend: bool) -> tuple[Figure, Axes, Axes | None]:
    rows, columns = table.shape
    column_width, row_height = (0.32, 0.9) if _dense(table) else (0.62, 0.5)
    if _crowded(table):
        column_width, row_height = 10 / columns, 0.5
    figure = style.new_figure(
        max(9.0, 3.6 + column_width * columns), max(2.6, 1.5 + row_height * rows)
    )
    if not with_legend:
        return figure, figure.add_subplot(), None
    figure.set_figheight(figure.get_figheight() + 0.35)
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


def _draw_cells(axes: Axes, table: pd.DataFrame, lowest: float, highest: float) -> None:
    seaborn.heatmap(
        table,
        ax=axes,
        cmap="viridis",
        vmin=lowest,
        vmax=highest,
        cbar=bool(table.notna().any(axis=None)),
        cbar_kws={
            "label": "mean accuracy (%)",
            "extend": "min" if np.nanmin(table.to_numpy(), initial=np.inf) < lowest else "neither",
            "aspect": 15,
        },
        linewidths=0 if _crowded(table) else 1.5,
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


def _mark_diverged(axes: Axes, setting: Any, table: pd.DataFrame) -> None:
    row = table.index.get_loc(setting.variant)
    column = table.columns.get_loc(setting.learning_rate)
    axes.add_patch(_cell(table, row, column, _ALL_DIVERGED))


def _write(axes: Axes, setting: Any, table: pd.DataFrame, limits: tuple[float, float]) -> None:
    """Write the mean into a setting's cell, and how many of its runs diverged or collapsed."""
    row = table.index.get_loc(setting.variant)
    column = table.columns.get_loc(setting.learning_rate)
    lines = remarks(setting).replace(", ", "\n").replace(" diverged", "\ndiverged")
    lines = lines.replace(" collapsed", "\ncollapsed").split("\n") if lines else []
    if np.isnan(setting.mean):
        colour = "#8A0000"
    else:
        lines.insert(0, f"{setting.mean:.1f}")
        lowest, highest = limits
        colour = "black" if setting.mean > lowest + 0.55 * (highest - lowest) else "white"
    axes.text(
        column + 0.5,
        row + 0.5,
        "\n".join(lines),
        size={1: 9, 2: 7, 3: 7}.get(len(lines), 5.5),
        color=colour,
        rotation=90 if _dense(table) else 0,
        ha="center",
        va="center",
        linespacing=1.15,
    )


def _label(axes: Axes, table: pd.DataFrame) -> None:
    rows, columns = table.shape
    axes.set(xlabel="learning rate", ylabel="")
    shown = np.arange(columns)
    if _crowded(table):
        shown = np.unique(np.linspace(0, columns - 1, _MOST_COLUMNS_WITH_NUMBERS // 2).round())
    rates = [f"{table.columns[int(column)]:g}" for column in shown]
    axes.set_xticks(shown + 0.5, rates, rotation=90 if _dense(table) else 0)
    variants = [style.wrap(name) for name in table.index]
    size = 9 if max(name.count("\n") for name in variants) < 2 else 7.5
    axes.set_yticks(np.arange(rows) + 0.5, variants, rotation=0, size=size)
    axes.tick_params(length=0)


def _legend_handles(settings: pd.DataFrame, table: pd.DataFrame) -> list[Patch]:
    handles = []
    if len(settings) < table.size:
        handles.append(Patch(label="not run", **_NOT_RUN))
    if settings["mean"].isna().any():
        handles.append(Patch(label="all runs diverged", **_ALL_DIVERGED))
    return handles


def _note(settings: pd.DataFrame, table: pd.DataFrame, lowest: float) -> str:
    note = f"Cells: mean over the seeds ({seeds_text(settings)}) after the last epoch, in per cent."
    if settings["diverged"].any():
        note += " Diverged runs are counted in the cell and are in no mean."
    if settings["collapsed"].any():
        note += " Collapsed runs are in the means."
    if np.nanmin(table.to_numpy(), initial=np.inf) < lowest:
        note += f" Outliers below {lowest:.1f} % share the darkest colour."
    return note
