"""Draw the right and wrong answers of the chosen models, class by class."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Classes of the test images",
    "reading": (
        "The chosen settings on the test images, class by class: rows are what an image "
        "shows, columns what the model answers."
    ),
    "section": "3. Test images",
    "place": 120,
}


@style.themed
def confusion(table: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the best model's confusion matrix, and beside it each optimizer's accuracy per class.

    `table` has the columns optimizer, setting, runs (that are summed), label, predicted (0..9) and
    images, the best optimizer first; `runs` is the study's table of runs.
    """
    title = wording.say("Test images, class by class: {study}", study=wording.study)
    if not len(table) or not table["images"].sum():
        reason = wording.say("No run was evaluated on the test images: every chosen run diverged.")
        return style.in_words(title, reason, wording.choice)
    labels = describe_settings(runs, wording).set_index("setting")["short"]
    matrices = {
        (optimizer, setting): mine.pivot(index="label", columns="predicted", values="images")
        .fillna(0)
        .to_numpy(float)
        for (optimizer, setting), mine in table.groupby(["optimizer", "setting"], sort=False)
    }
    best = next(iter(matrices))
    figure = style.new_figure(9, 5.4)
    grid = figure.add_gridspec(2, 2, width_ratios=[1.75, 1], height_ratios=[1, 0.05])
    matrix_axes, class_axes = (figure.add_subplot(grid[0, column]) for column in (0, 1))
    _draw_matrix(matrix_axes, matrices[best], wording)
    handles = _draw_classes(class_axes, matrices, labels, wording)
    legend_axes = figure.add_subplot(grid[1, :])
    legend_axes.axis("off")
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, _note(table, matrices[best], labels[best[1]], wording))
    return figure


def _draw_matrix(axes: Axes, counts: np.ndarray, wording: Wording) -> None:
    names = wording.class_names()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * ranges.PER_CENT
    wrong = shares - np.diag(np.diag(shares))
    seaborn.heatmap(
        np.where(np.eye(len(shares), dtype=bool), np.nan, shares),
        ax=axes,
        cmap="Oranges",
        vmin=0,
        vmax=max(wrong.max(), 1.0),
        cbar=False,
        linewidths=style.strokes(1),
        linecolor="white",
        xticklabels=names,
        yticklabels=names,
    )
    axes.grid(visible=False)
    for row, column in np.ndindex(shares.shape):
        share = shares[row, column]
        if share < 0.05:  # would be written as 0.0
            continue
        right = row == column
        dark = not right and share > 0.65 * wrong.max()
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{share:.0f}" if share >= 9.95 else f"{share:.1f}",
            ha="center",
            va="center",
            size=style.letters(7.5),
            color="white" if dark else "black",
            weight="bold" if right else "normal",
        )
    axes.set_xlabel(wording.say("predicted class"))
    axes.set_ylabel(wording.say("true class"))
    axes.tick_params(length=0, rotation=0)
    if max(map(len, names)) > 1:
        axes.tick_params(axis="x", rotation=90)


def _draw_classes(
    axes: Axes,
    matrices: dict[tuple[str, str], np.ndarray],
    labels: pd.Series,
    wording: Wording,
) -> list[Line2D]:
    """Draw a point per class and optimizer, on the rows of the matrix beside it.

    Returns the legend's entries.
    """
    handles = []
    for position, ((optimizer, setting), counts) in enumerate(matrices.items()):
        images = counts.sum(axis=1)
        accuracy = np.diag(counts) / np.where(images, images, np.nan) * ranges.PER_CENT
        shift = 0.6 * ((position + 0.5) / len(matrices) - 0.5)
        look: dict[str, Any] = {
            "marker": style.MARKERS[position % len(style.MARKERS)],
            "linestyle": "",
            "color": looks.optimizer_colour(optimizer),
            "markersize": style.strokes(5),
        }
        axes.plot(accuracy, np.arange(len(accuracy)) + 0.5 + shift, clip_on=False, **look)
        handles.append(Line2D([], [], label=style.wrap(labels[setting]), **look))
    names = wording.class_names()
    axes.set_ylim(len(names), 0)
    axes.set_yticks(np.arange(len(names)) + 0.5, [""] * len(names))
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0), min(high, 100))
    axes.set_xlabel(wording.say("accuracy of the class (%)"))
    return handles


def _note(table: pd.DataFrame, counts: np.ndarray, best: str, wording: Wording) -> str:
    runs, images = int(table["runs"].iloc[0]), int(counts.sum())
    values = {"images": wording.count(images // max(runs, 1)), "runs": runs}
    summed = (
        wording.say("One run, {images} test images.", **values)
        if runs == 1
        else wording.say("Sum of {runs} runs, {images} test images each.", **values)
    )
    return wording.note(
        wording.say(
            "Left: the best model ({setting}), each row in per cent of its images.", setting=best
        ),
        summed,
        wording.say("Right: the chosen setting of each optimizer."),
        wording.choice,
    )


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return confusion(tables.confusion, tables.runs, wording)
