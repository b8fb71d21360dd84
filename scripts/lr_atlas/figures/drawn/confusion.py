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
    "title": "Classes of the test data",
    "reading": (
        "The chosen settings on the test data, class by class: rows are the true classes, "
        "columns what the model answers."
    ),
    "section": "3. Test images",
    "needs": "classes",
    "place": 120,
    "caption": """
        Left: the confusion matrix of the best model on the test images, study
        ``{{ snakemake.params.study }}``; a row holds the images of one true class, in per cent of
        them by predicted class. Right: for the chosen setting of each optimizer, the share of each
        class that it gets right. The note in the figure says how many runs are summed and how many
        test images there are; the runs are those of the confirmation seeds where the study asks for
        these, else those that the setting was chosen by.

        The diagonal is what is right. Dark cells beside it are classes that the model takes for one
        another; a row of points far to the left is a class that all optimizers find hard.

        Limits: the difference of two points within a class rests on the test images of that class
        alone; where these are a thousand, a point (1 %) is within chance. The test images are read
        for the chosen settings alone. {{ snakemake.params.validation_note }}
    """,
}


#: Draws no more classes than this, those that the best model finds hardest: a larger matrix could
#: not be read, and one of a thousand takes minutes.
_MOST = 30


@style.themed
def confusion(table: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the best model's confusion matrix, and beside it each optimizer's accuracy per class.

    `table` has the columns optimizer, setting, runs (that are summed), label, predicted (0..9) and
    images, the best optimizer first; `runs` is the study's table of runs.
    """
    title = wording.of_things("Test images, class by class: {study}", study=wording.study)
    if not len(table) or not table["images"].sum():
        reason = wording.of_things(
            "No run was evaluated on the test images: every chosen run diverged."
        )
        return style.in_words(title, reason, wording.choice)
    labels = describe_settings(runs, wording).set_index("setting")["short"]
    matrices = {
        (optimizer, setting): mine.pivot(index="label", columns="predicted", values="images")
        .fillna(0)
        .to_numpy(float)
        for (optimizer, setting), mine in table.groupby(["optimizer", "setting"], sort=False)
    }
    best = next(iter(matrices))
    shown = _hardest(matrices[best])
    figure = style.new_figure(9, 5.4)
    grid = figure.add_gridspec(2, 2, width_ratios=[1.75, 1], height_ratios=[1, 0.05])
    matrix_axes, class_axes = (figure.add_subplot(grid[0, column]) for column in (0, 1))
    names = [wording.class_names()[label] for label in shown]
    shares = {key: _shares(counts)[np.ix_(shown, shown)] for key, counts in matrices.items()}
    _draw_matrix(matrix_axes, shares[best], names, wording)
    handles = _draw_classes(class_axes, shares, labels, wording)
    legend_axes = figure.add_subplot(grid[1, :])
    legend_axes.axis("off")
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, _note(table, matrices[best], labels[best[1]], wording))
    return figure


def _hardest(counts: np.ndarray) -> list[int]:
    """Return the labels of all classes, or of as many as can be drawn, in order."""
    right = np.diag(_shares(counts))
    return sorted(np.argsort(right, kind="stable")[:_MOST].tolist())


def _shares(counts: np.ndarray) -> np.ndarray:
    """Return each row in per cent of its images; NaN without any."""
    images = counts.sum(axis=1, keepdims=True)
    return counts / np.where(images, images, np.nan) * ranges.PER_CENT


def _draw_matrix(axes: Axes, shares: np.ndarray, names: list[str], wording: Wording) -> None:
    shares = np.nan_to_num(shares)
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
    shares: dict[tuple[str, str], np.ndarray],
    labels: pd.Series,
    wording: Wording,
) -> list[Line2D]:
    """Draw a point per class and optimizer, on the rows of the matrix beside it.

    Returns the legend's entries.
    """
    handles = []
    for position, ((optimizer, setting), of_setting) in enumerate(shares.items()):
        accuracy = np.diag(of_setting)
        shift = 0.6 * ((position + 0.5) / len(shares) - 0.5)
        look: dict[str, Any] = {
            "marker": style.MARKERS[position % len(style.MARKERS)],
            "linestyle": "",
            "color": looks.optimizer_colour(optimizer),
            "markersize": style.strokes(5),
        }
        axes.plot(accuracy, np.arange(len(accuracy)) + 0.5 + shift, clip_on=False, **look)
        handles.append(Line2D([], [], label=style.wrap(labels[setting]), **look))
    count = len(next(iter(shares.values())))
    axes.set_ylim(count, 0)
    axes.set_yticks(np.arange(count) + 0.5, [""] * count)
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0), min(high, 100))
    axes.set_xlabel(wording.say("accuracy of the class (%)"))
    return handles


def _note(table: pd.DataFrame, counts: np.ndarray, best: str, wording: Wording) -> str:
    runs, images = int(table["runs"].iloc[0]), int(counts.sum())
    values = {"count": wording.count(images // max(runs, 1)), "runs": runs}
    summed = (
        wording.of_things("One run, {count} test images.", **values)
        if runs == 1
        else wording.of_things("Sum of {runs} runs, {count} test images each.", **values)
    )
    selected = wording.say(
        "Of {classes} classes the {shown} that the best model is worst at.",
        classes=wording.count(len(counts)),
        shown=_MOST,
    )
    return wording.note(
        wording.of_things(
            "Left: the best model ({setting}), each true class in per cent of its images.",
            setting=best,
        ),
        summed,
        wording.say("Right: the chosen setting of each optimizer."),
        wording.choice,
        always=" ".join(
            filter(None, [selected if len(counts) > _MOST else "", wording.on_classes])
        ),
    )


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return confusion(tables.confusion, tables.runs, wording)
