"""Validation accuracy of all settings, over epochs and over training time."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, remarks, seeds_text
from lr_atlas.figures.spread import draw_line, mean_and_spread, spread_note, without_diverged
from lr_atlas.figures.wording import Wording

_MOST_IN_ONE_PANEL = 20
_MOST_IN_A_SMALL_PANEL = 14
_MOST_PANELS_OF_AN_OPTIMIZER = 8
_MOST_WITH_STRONG_BANDS = 6


@style.themed
def validation_curves(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over epochs; with more than 20 settings, a panel per optimizer."""
    epochs = epochs.assign(x=epochs["epoch"])
    title = wording.say("Validation accuracy over epochs: {study}", study=wording.study)
    figure = _trajectories(epochs, runs, wording, title)
    for axes in figure.axes:
        ranges.epoch_axis(axes, epochs["epoch"], wording)
    _label_x(figure, wording.say("epoch"))
    return figure


@style.themed
def accuracy_over_time(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over the seconds of training, without those of evaluation."""
    # Not by the name of the run, which a study may ask for with several numbers of epochs.
    epochs = epochs.sort_values(["setting", "seed", "epoch"])
    seconds = epochs["train_seconds"].astype(float)
    epochs["x"] = seconds.groupby([epochs["setting"], epochs["seed"]]).cumsum()
    title = wording.say("Validation accuracy over training time: {study}", study=wording.study)
    note = wording.say(
        "Time: of training alone, without evaluation; of each epoch the mean over the seeds."
    )
    figure = _trajectories(epochs, runs, wording, title, note)
    longest = epochs["x"].max() if len(epochs) else 1.0
    for axes in figure.axes:
        axes.set_xlim(0, longest * 1.03)
    _label_x(figure, wording.say("training time (seconds)"))
    return figure


def _trajectories(
    epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording, title: str, note: str = ""
) -> Figure:
    """Draw the column `x` of the epochs table against validation accuracy."""
    settings = describe_settings(runs, wording)
    summary = _summary(epochs)
    diverged = epochs[epochs["status"] == "diverged"]
    values = np.concatenate([summary["low"], summary["high"], diverged["validation_accuracy"]])
    values = values.astype(float) * ranges.PER_CENT
    if len(settings) <= _MOST_IN_ONE_PANEL:
        enlarged_from = _enlarged_from(summary, values)
        figure, grid, panels = _one_panel(settings, enlarged_from, wording)
    else:
        enlarged_from = None
        figure, grid, panels = _small_panels(settings)
    for position, (axes, (name, members)) in enumerate(zip(grid, panels, strict=True)):
        opacity = 0.15 if len(members) <= _MOST_WITH_STRONG_BANDS else 0.07
        for setting in members.itertuples():
            _draw_setting(axes, setting, summary, diverged, opacity)
        lowest = enlarged_from if position else None
        ranges.limit_accuracy(axes, values, lowest=lowest)
        axes.set_title(style.wrap(name))
        if len(settings) > _MOST_IN_ONE_PANEL:
            _panel_legend(axes, members, wording)
    if len(settings) <= _MOST_IN_ONE_PANEL:
        _figure_legend(figure, settings, wording)
    figure.supylabel(wording.validation_accuracy, size=style.letters(9))
    note = wording.note(_note(settings, wording), note, wording.selection)
    style.describe(figure, title, note)
    return figure


def _summary(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return mean, low, high and x by (setting, epoch) of the runs that did not diverge."""
    averaged = without_diverged(epochs)
    summary = mean_and_spread(averaged, ["setting", "epoch"], "validation_accuracy")
    return summary.assign(x=averaged.groupby(["setting", "epoch"])["x"].mean())


def _enlarged_from(summary: pd.DataFrame, values: np.ndarray) -> float | None:
    """Return from which accuracy on the better half ends, None if enlarging would gain little."""
    if not len(summary) or summary.index.get_level_values("epoch").max() < 2:
        return None
    finals = summary.groupby("setting")["mean"].last() * ranges.PER_CENT
    return ranges.enlarged_from(finals, values)


def _one_panel(
    settings: pd.DataFrame, enlarged_from: float | None, wording: Wording
) -> tuple[Figure, list[Axes], list[tuple[str, pd.DataFrame]]]:
    lines = sum(1 + style.wrap(name).count("\n") for name in settings["short"])
    legend_height = 1.5 + 0.19 * lines
    if enlarged_from is None:
        figure = style.new_figure(9, 4.4, text=legend_height)
        return figure, [figure.subplots()], [("", settings)]
    figure = style.new_figure(9, 6.4, text=legend_height)
    grid = figure.subplots(2, 1, sharex=True)
    enlarged = wording.say("better half of the settings, enlarged")
    return figure, list(grid), [("", settings), (enlarged, settings)]


def _small_panels(
    settings: pd.DataFrame,
) -> tuple[Figure, list[Axes], list[tuple[str, pd.DataFrame]]]:
    """Make a panel per optimizer or, of one with many settings of few variants, per variant."""
    panels = []
    for optimizer, members in settings.groupby("optimizer", sort=False):
        few = len(members) <= _MOST_IN_A_SMALL_PANEL
        if few or members["variant"].nunique() > _MOST_PANELS_OF_AN_OPTIMIZER:
            panels.append((looks.optimizer_name(optimizer), members))
        else:
            panels.extend(members.groupby("variant", sort=False))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    longest = min(_MOST_IN_A_SMALL_PANEL, max(len(members) for _, members in panels))
    height, text = 1.2 + rows * 2.2, 1.2 + rows * (0.7 + 0.17 * longest)
    figure = style.new_figure(9 if columns == 1 else 10, height, text)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(panels) :]:
        axes.remove()
    return figure, list(grid[: len(panels)]), panels


def _label_x(figure: Figure, label: str) -> None:
    """Label the lowest panel of every column, below which a grid may have an empty place."""
    columns = figure.axes[0].get_gridspec().ncols
    for axes in figure.axes:
        axes.set_xlabel("")
    for axes in figure.axes[-columns:]:
        axes.set_xlabel(label)
        axes.tick_params(labelbottom=True)


def _line(setting: Any) -> dict[str, Any]:
    dash = style.DASHES[setting.variant_index % len(style.DASHES)]
    return {"color": setting.colour, "linestyle": dash, "linewidth": style.strokes(1.6)}


def _draw_setting(
    axes: Axes, setting: Any, summary: pd.DataFrame, diverged: pd.DataFrame, opacity: float
) -> None:
    if setting.setting in summary.index.get_level_values("setting"):
        mine = summary.loc[setting.setting]
        draw_line(axes, mine["x"], mine, ranges.PER_CENT, opacity, **_line(setting))
    for _, run in diverged[diverged["setting"] == setting.setting].groupby("run"):
        run = run.sort_values("epoch")
        accuracy = run["validation_accuracy"] * ranges.PER_CENT
        axes.plot(run["x"], accuracy, **{**_line(setting), "linewidth": style.strokes(0.8)})
        axes.plot(run["x"].iloc[-1], accuracy.iloc[-1], zorder=5, **style.cross())


def _figure_legend(figure: Figure, settings: pd.DataFrame, wording: Wording) -> None:
    figure.legend(
        handles=_handles(settings, settings["short"], wording),
        title=wording.say("optimizer, learning rate"),
        alignment="left",
        loc="outside right center",
    )


def _panel_legend(axes: Axes, members: pd.DataFrame, wording: Wording) -> None:
    title = wording.say("learning rate")
    shown = members
    if len(members) > _MOST_IN_A_SMALL_PANEL:
        kept = np.linspace(0, len(members) - 1, _MOST_IN_A_SMALL_PANEL - 2).round().astype(int)
        shown = members.iloc[kept]
        title = wording.say(
            "learning rate\n({shown} of {all} named)", shown=len(shown), all=len(members)
        )
    names = shown["short"].str.split(" ", n=1).str[1]
    if members["variant"].nunique() == 1:
        names = shown["learning_rate"].map(ranges.rate_texts(members["learning_rate"]))
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.03)}
    axes.legend(handles=_handles(shown, names, wording), title=title, alignment="left", **place)


def _handles(settings: pd.DataFrame, names: pd.Series, wording: Wording) -> list[Line2D]:
    handles = []
    for setting, name in zip(settings.itertuples(), names, strict=True):
        remark = remarks(setting, wording)
        remark = f" ({remark})" if remark else ""
        handles.append(Line2D([], [], label=style.wrap(name + remark), **_line(setting)))
    if settings["diverged"].any():
        handles.append(style.diverged_handle(wording.say("diverged run")))
    return handles


def _note(settings: pd.DataFrame, wording: Wording) -> str:
    parts = [seeds_text(settings, wording), spread_note(settings, wording)]
    if settings["learning_rate"].nunique() > 1:
        parts.append(
            wording.say("The darker of an optimizer's lines, the higher the learning rate.")
        )
    if settings["diverged"].any():
        parts.append(
            wording.say("Diverged runs: thin lines to the last complete epoch, not in any mean.")
        )
    return wording.note(*parts)
