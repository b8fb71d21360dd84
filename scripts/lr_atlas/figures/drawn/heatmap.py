"""The final validation metric of every variant at every learning rate."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lr_atlas.figures import heatmap_cells as cells
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
    "caption": """
        Validation {{ snakemake.params.metric }} at the end of every variant (an optimizer
        with its other parameters) at every learning rate, study ``{{ snakemake.params.study }}``. A
        cell holds the mean over the seeds ({{ snakemake.params.seeds }}), shares in per cent, and
        how many runs diverged or collapsed; with more than 60 learning rates its colour and marks
        alone. A star marks the best setting of each optimizer, a dot those on its plateau
        (neighbouring learning rates, all else equal, that are shown to be within the study's margin
        of the best), a red cross diverged runs. Of more than 30 variants the best are shown, each
        by its best learning rate; the note in the figure says so.

        Hatched cells were not run; in red cells every run diverged. A mean beside "diverged" is
        that of the other runs alone; collapsed runs are in the mean. Where a few cells are far
        worse than the rest, the colours begin at the others (the arrow on the scale), so that the
        others can be told apart.

        Limits: a mean says nothing about its spread, which the sensitivity figure shows; a
        difference smaller than that spread is no finding, and with few seeds no plateau can be
        told. {{ snakemake.params.validation_note }}
    """,
}
_LETTER_WIDTH = 0.64  # of a digit, beside the size of the letters


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
    limits = cells.colour_limits(table, wording.metric)
    cells.draw(axes, table, limits, wording)
    for setting in settings.itertuples():
        place = table.index.get_loc(setting.variant), table.columns.get_loc(setting.learning_rate)
        if np.isnan(setting.mean):
            axes.add_patch(cells.frame(table, *place, cells.all_diverged()))
        if not cells.is_crowded(table):
            cells.write(axes, setting, place, table, limits, wording=wording)
        cells.mark(axes, setting, place, table, cells.ink(setting, limits, wording.metric))
    _label(axes, table, wording)
    if legend_axes is not None:
        legend_axes.axis("off")
        legend_axes.legend(handles=handles, loc="center left", ncols=style.columns(handles))
    title = wording.of_metric(
        "Final validation {metric}, optimizer by learning rate: {study}", study=wording.study
    )
    style.describe(figure, title, _note(settings, table, limits, wording))
    _turn_rates_without_room(figure, axes, table)
    return figure


def _layout(table: pd.DataFrame, with_legend: bool) -> tuple[Figure, Axes, Axes | None]:
    rows, columns = table.shape
    column_width, row_height = (0.32, 0.9) if cells.is_dense(table) else (0.62, 0.5)
    if cells.is_crowded(table):
        column_width, row_height = 10 / columns, 0.5
    width, height = max(9.0, 3.6 + column_width * columns), 1.5 + row_height * rows
    height = max(2.6, height) + 0.35 * with_legend
    figure = style.new_figure(width, height, text=height)  # the cells grow with what is in them
    if not with_legend:
        return figure, figure.add_subplot(), None
    grid = figure.add_gridspec(2, 1, height_ratios=[rows * row_height, 0.2])
    return figure, figure.add_subplot(grid[0]), figure.add_subplot(grid[1])


def _label(axes: Axes, table: pd.DataFrame, wording: Wording) -> None:
    rows, columns = table.shape
    axes.set(xlabel=wording.say("learning rate"), ylabel="")
    shown = np.arange(columns)
    if cells.is_crowded(table):
        shown = np.unique(np.linspace(0, columns - 1, cells.MOST_COLUMNS_WITH_NUMBERS // 2).round())
    texts = rate_texts(table.columns)
    rates = [texts[table.columns[int(column)]] for column in shown]
    axes.set_xticks(shown + 0.5, rates, rotation=90 if cells.is_dense(table) else 0)
    variants = [style.wrap(name) for name in table.index]
    size = 9 if max(name.count("\n") for name in variants) < 2 else 7.5
    axes.set_yticks(np.arange(rows) + 0.5, variants, rotation=0, size=style.letters(size))
    axes.tick_params(length=0)


def _turn_rates_without_room(figure: Figure, axes: Axes, table: pd.DataFrame) -> None:
    """Turn the learning rates below the columns if one would touch the next.

    Only the layout of the whole figure tells how wide a column is; few short ones always fit.
    """
    labels = axes.get_xticklabels()
    letter = float(labels[0].get_fontsize()) / 72  # inches
    characters = len(labels) * (1 + max(len(label.get_text()) for label in labels))
    if cells.is_dense(table) or characters * _LETTER_WIDTH * letter < figure.get_figwidth() / 2:
        return
    figure.draw_without_rendering()
    places = [label.get_window_extent() for label in labels]
    apart = 0.3 * letter * figure.dpi
    if any(left.x1 + apart > right.x0 for left, right in itertools.pairwise(places)):
        axes.tick_params(axis="x", rotation=90)


def _legend_handles(
    settings: pd.DataFrame, table: pd.DataFrame, wording: Wording
) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = []
    looks = cells.marks("0.25")
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
        handles.append(Patch(label=wording.say("all runs diverged"), **cells.all_diverged()))
    if len(settings) < table.size:
        handles.append(Patch(label=wording.say("not run"), **cells.NOT_RUN))
    return handles


def _note(
    settings: pd.DataFrame,
    table: pd.DataFrame,
    limits: tuple[float, float],
    wording: Wording,
) -> str:
    parts = [
        wording.say("Cells: mean over the seeds of the final values.")
        if wording.ends
        else wording.say("Cells: mean over the seeds at the last evaluation.")
        if wording.by_steps
        else wording.say("Cells: mean over the seeds after the last epoch, in per cent.")
        if wording.metric.is_share
        else wording.say("Cells: mean over the seeds after the last epoch."),
        seeds_text(settings, wording),
    ]
    if settings["on_plateau"].any():
        parts.append(wording.plateau(settings["margin"].iloc[0]))
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are in no mean."))
    parts.append(collapsed_note(settings, wording))
    unit = f" {wording.metric.metric.unit}".rstrip()
    limits_shown = [f"{cells.cell_number(limit, wording.metric)}{unit}" for limit in limits]
    if np.nanmin(table.to_numpy(), initial=np.inf) < limits[0]:
        limit = limits_shown[0]
        parts.append(wording.say("Outliers below {limit} share the darkest colour.", limit=limit))
    if np.nanmax(table.to_numpy(), initial=-np.inf) > limits[1]:
        limit = limits_shown[1]
        parts.append(wording.say("Outliers above {limit} share the darkest colour.", limit=limit))
    return wording.note(*parts, wording.ends, wording.choice, wording.selection)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_variants(tables, wording)
    return heatmap(tables.runs, tables.summary, wording)
