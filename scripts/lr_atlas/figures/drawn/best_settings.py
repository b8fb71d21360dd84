"""The best setting of each optimizer: loss and metric in all three series, side by side."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.spread import (
    draw_line,
    mean_and_spread,
    measured_columns,
    spread_note,
    without_diverged,
)
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "The best setting of each optimizer",
    "reading": (
        "Training {above} validation {metric}, and a validation loss that rises, mean overfitting."
    ),
    "section": "1. Settings compared",
    "place": 20,
    "caption": """
        Loss (above) and {{ snakemake.params.metric }} (below) of the best setting of each
        optimizer, study ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}): during the
        epoch (a running mean while the weights change), then evaluated after it on the training
        images and on the validation images. Best is the setting that was chosen: with the best mean
        validation result at the end, where a run that diverged counts as guessing. Lines
        are means over the seeds, bands reach from the smallest to the largest value; diverged runs
        are left out.

        Read a row from left to right: what an optimizer gains on the training images and loses
        again on the validation images is overfitting. A validation loss that turns upwards says
        when it begins.

        Limits: every optimizer is shown at its best, so how hard that was to find does not show;
        see the expected best of k settings. Settings may differ in their number of epochs.
        {{ snakemake.params.validation_note }}
    """,
}


@style.themed
def best_settings(
    epochs: pd.DataFrame, runs: pd.DataFrame, best: pd.Series, wording: Wording
) -> Figure:
    """Draw loss (above) and metric (below), a column per series and a line per optimizer.

    `epochs` and `runs` are a study's tables, `best` names the best setting of each optimizer.
    """
    settings = describe_settings(runs, wording).query("setting in @best")
    title = wording.say("The best setting of each optimizer: {study}", study=wording.study)
    kept = without_diverged(epochs[epochs["setting"].isin(best)])
    measured = measured_columns(kept, wording.metric)
    note = _note(settings, wording, has_running=any(map(_is_running, measured)))
    if kept.empty:
        reason = wording.say("Every run diverged, so no optimizer has a best setting.")
        return style.in_words(title, reason, note)
    legend = sum(1 + style.wrap(name).count("\n") for name in settings["short"])
    figure = style.new_figure(9, 5.6, text=style.TWO_PANELS + 0.2 * legend)
    titles = {
        "running": wording.running,
        "train": wording.training_images,
        "validation": wording.validation_images,
    }
    # A program may measure little of this.
    names = dict.fromkeys(("loss", wording.metric.name))
    shown = [name for name in names if any(f"{each}_{name}" in measured for each in titles)]
    columns = [each for each in titles if any(f"{each}_{name}" in measured for name in shown)]
    heights = [*([1] * len(shown)), 0.05]
    grid = figure.add_gridspec(len(shown) + 1, len(columns), height_ratios=heights)
    panels: dict[str, list[Axes]] = {name: [] for name in shown}
    for column, series in enumerate(columns):
        for row, name in enumerate(shown):
            if f"{series}_{name}" not in measured:
                continue
            first = panels[name][0] if panels[name] else None
            axes = figure.add_subplot(grid[row, column], sharey=first)
            panels[name].append(axes)
            scale = 1 if name == "loss" else wording.metric.metric.scale
            _panel(axes, kept, settings, f"{series}_{name}", scale)
            ranges.epoch_axis(axes, int(kept["epoch"].max()), wording)
            below = [f"{series}_{other}" for other in shown[row + 1 :]]
            is_lowest = not set(below) & set(measured)
            axes.tick_params(labelleft=first is None, labelbottom=is_lowest)
            if not any(f"{series}_{other}" in measured for other in shown[:row]):
                axes.set_title(titles[series])
            if not is_lowest:
                axes.set_xlabel("")
    if "loss" in shown:
        losses = kept[list(wording.metric.series("loss"))]
        ranges.limit_loss(panels["loss"][0], losses, losses)
        panels["loss"][0].set_ylabel(ranges.loss_label(settings["loss"], wording))
    if wording.metric.name != "loss":
        metric, axes = wording.metric, panels[wording.metric.name][0]
        values = kept[list(metric.series(metric.name))].to_numpy(float) * metric.metric.scale
        ranges.limit_metric(axes, values, metric.metric)
        axes.set_ylabel(wording.metric_label)
    legend_axes = figure.add_subplot(grid[-1, :])
    legend_axes.axis("off")
    handles = _handles(settings)
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, note)
    return figure


def _panel(
    axes: Axes, epochs: pd.DataFrame, settings: pd.DataFrame, column: str, scale: float
) -> None:
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


def _is_running(column: str) -> bool:
    return column.startswith("running_")


def _note(settings: pd.DataFrame, wording: Wording, has_running: bool) -> str:
    parts = [
        wording.of_metric("Best: highest mean final validation {metric}.")
        if wording.metric.sign > 0
        else wording.of_metric("Best: lowest mean final validation {metric}."),
        _of_running(wording) if has_running else "",
        seeds_text(settings, wording),
        spread_note(settings, wording),
    ]
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are left out."))
    return wording.note(*parts, wording.ends, wording.choice)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    best = tables.optimizers["best_setting"]
    return best_settings(tables.epochs, tables.runs, best, wording)


def _of_running(wording: Wording) -> str:
    """Return what the panels at the left show."""
    if wording.by_steps:
        return wording.say("Left: a running mean since the evaluation before.")
    return wording.say("Left: a running mean during the epoch; the others are evaluated after it.")
