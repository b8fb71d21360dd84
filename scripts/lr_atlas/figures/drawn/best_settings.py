"""The best setting of each optimizer: loss and accuracy in all three series, side by side."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.spread import draw_line, mean_and_spread, spread_note, without_diverged
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "The best setting of each optimizer",
    "reading": (
        "Training above validation accuracy, and a validation loss that rises, mean overfitting."
    ),
    "section": "1. Settings compared",
    "place": 20,
}

_SERIES = ("running", "train", "validation")


@style.themed
def best_settings(
    epochs: pd.DataFrame, runs: pd.DataFrame, best: pd.Series, wording: Wording
) -> Figure:
    """Draw loss (above) and accuracy (below), a column per series and a line per optimizer.

    `epochs` and `runs` are a study's tables, `best` names the best setting of each optimizer.
    """
    settings = describe_settings(runs, wording).query("setting in @best")
    title = wording.say("The best setting of each optimizer: {study}", study=wording.study)
    kept = without_diverged(epochs[epochs["setting"].isin(best)])
    note = _note(settings, wording)
    if kept.empty:
        reason = wording.say("Every run diverged, so no optimizer has a best setting.")
        return style.in_words(title, reason, note)
    legend = sum(1 + style.wrap(name).count("\n") for name in settings["short"])
    figure = style.new_figure(9, 5.6, text=style.TWO_PANELS + 0.2 * legend)
    grid = figure.add_gridspec(3, 3, height_ratios=[1, 1, 0.05])
    titles = (
        wording.say("during the epoch"),
        wording.say("training images"),
        wording.validation_images,
    )
    left: dict[int, Axes] = {}
    for column, (series, name) in enumerate(zip(_SERIES, titles, strict=True)):
        for row, metric in enumerate(("loss", "accuracy")):
            axes = figure.add_subplot(grid[row, column], sharey=left.get(row))
            left.setdefault(row, axes)
            _panel(axes, kept, settings, f"{series}_{metric}", metric)
            ranges.epoch_axis(axes, int(kept["epoch"].max()), wording)
            axes.tick_params(labelleft=column == 0, labelbottom=row == 1)
            if row == 0:
                axes.set_title(name)
                axes.set_xlabel("")
    columns = {
        metric: [f"{series}_{metric}" for series in _SERIES] for metric in ("loss", "accuracy")
    }
    ranges.limit_loss(left[0], kept[columns["loss"]], kept[columns["loss"]])
    ranges.limit_accuracy(left[1], kept[columns["accuracy"]].to_numpy(float) * ranges.PER_CENT)
    left[0].set_ylabel(ranges.loss_label(settings["loss"], wording))
    left[1].set_ylabel(wording.say("accuracy (%)"))
    legend_axes = figure.add_subplot(grid[2, :])
    legend_axes.axis("off")
    handles = _handles(settings)
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, note)
    return figure


def _panel(
    axes: Axes, epochs: pd.DataFrame, settings: pd.DataFrame, column: str, metric: str
) -> None:
    scale = ranges.PER_CENT if metric == "accuracy" else 1.0
    for setting in settings.itertuples():
        mine = epochs[epochs["setting"] == setting.setting]
        if len(mine):
            summary = mean_and_spread(mine, "epoch", column)
            line: dict[str, Any] = {"color": looks.optimizer_colour(setting.optimizer)}
            draw_line(axes, summary.index, summary, scale, linewidth=style.strokes(1.6), **line)


def _handles(settings: pd.DataFrame) -> list[Line2D]:
    return [
        Line2D(
            [], [], label=style.wrap(setting.short), color=looks.optimizer_colour(setting.optimizer)
        )
        for setting in settings.itertuples()
    ]


def _note(settings: pd.DataFrame, wording: Wording) -> str:
    parts = [
        wording.say("Best: highest mean final validation accuracy."),
        wording.say("Left: a running mean during the epoch; the others are evaluated after it."),
        seeds_text(settings, wording),
        spread_note(settings, wording),
    ]
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are left out."))
    return wording.note(*parts, wording.choice)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    best = tables.optimizers["best_setting"]
    return best_settings(tables.epochs, tables.runs, best, wording)
