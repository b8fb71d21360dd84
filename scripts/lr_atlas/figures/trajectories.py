"""Loss and accuracy of all settings, over epochs and over training time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.divergence import draw_diverged_loss, draw_lost, room
from lr_atlas.figures.rates import add_key, handles, has_bar, lines_of_key, look
from lr_atlas.figures.schedule_panel import draw_schedules, has_schedules
from lr_atlas.figures.settings import describe_settings, lost_at_once, seeds_text
from lr_atlas.figures.spread import (
    collapsed_note,
    draw_line,
    mean_and_spread,
    spread_note,
    without_diverged,
)
from lr_atlas.figures.wording import Wording
from lr_atlas.training.metric import Metric
from lr_atlas.training.metrics.loss import loss

_MOST_IN_ONE_PANEL = 20
_MOST_IN_A_SMALL_PANEL = 14
_MOST_PANELS_OF_AN_OPTIMIZER = 8
_MOST_WITH_STRONG_BANDS = 6
#: The height of a panel below others, as a share of theirs.
_ROOM = 0.5


@dataclass(frozen=True)
class Measure:
    """A column of the epochs table, and how it is drawn."""

    column: str
    label: str
    goes_on: bool = True  # of a run that diverged there is an epoch that has no row
    metric: Metric = loss

    @property
    def scale(self) -> int:
        """Return by how much its values are multiplied to be shown."""
        return self.metric.scale

    @property
    def is_loss(self) -> bool:
        """Return whether less is better, and a run that diverges leaves the axis at the top."""
        return not self.metric.higher_is_better


def validation_measure(wording: Wording) -> Measure:
    """Return the measure of the study's metric on the validation images."""
    column, label = wording.metric.validation, wording.validation_label
    return Measure(column, label, metric=wording.metric.metric)


def over_epochs(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    wording: Wording,
    title: str,
    measure: Measure,
    *,
    schedules: pd.DataFrame | None = None,
) -> Figure:
    """Draw a line per setting for a measure after each epoch; below them how schedules went.

    schedules: the study's table of them; none are drawn where there are none, or without it.
    """
    epochs = epochs.assign(x=epochs["epoch"])
    notes = (diverged_note(runs, wording),)
    scheduled = schedules is not None and has_schedules(schedules)
    figure, panels = trajectories(
        epochs, runs, wording, title, measure, notes=notes, first=1.0, with_room=scheduled
    )
    for axes in panels:
        ranges.epoch_axis(axes, ranges.last_epoch(epochs["epoch"], runs), wording)
    label_x(panels, wording.place_label)
    if schedules is not None and scheduled:
        grid = panels[0].get_gridspec()
        assert grid is not None
        below = figure.add_subplot(grid[grid.nrows - 1, :])
        draw_schedules(below, schedules, runs["setting"].unique(), wording)
        below.set_xlabel(wording.place_label)
    return figure


def trajectories(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    wording: Wording,
    title: str,
    measure: Measure,
    *,
    notes: Sequence[str],
    first: float = 0.0,
    lost: pd.Series | None = None,
    with_room: bool = False,
) -> tuple[Figure, list[Axes]]:
    """Draw the column `x` of the epochs table against the measure; return figure and panels.

    `notes` are of the figure alone. `lost` is how many runs have no row, by setting (those that
    diverged in the first epoch, unless it is given), and `first` the x of their crosses.
    `with_room` leaves a row of the grid below the panels of a loss.
    """
    settings = describe_settings(runs, wording)
    summary = _summary(epochs, measure.column)
    diverged = epochs[epochs["status"] == "diverged"]
    lost = lost_at_once(runs) if lost is None else lost
    values = np.concatenate([summary["low"], summary["high"], diverged[measure.column]])
    values = values.astype(float) * measure.scale
    in_one = len(settings) <= _MOST_IN_ONE_PANEL and not measure.is_loss
    enlarged_from = _enlarged_from(summary, values, measure.metric) if in_one else None
    if in_one:
        figure, grid, panels = _one_panel(settings, enlarged_from, wording)
    else:
        figure, grid, panels = _small_panels(settings, with_room)
    reserved = room(max(members["setting"].isin(lost.index).sum() for _, members in panels))
    for position, (axes, (name, members)) in enumerate(zip(grid, panels, strict=True)):
        lowest = enlarged_from if position else None
        within = 0.0 if lowest is not None else reserved
        if measure.is_loss:
            averaged = summary[["low", "high"]] * measure.scale
            ranges.limit_loss(axes, averaged, diverged[measure.column] * measure.scale, reserved)
        else:
            ranges.limit_metric(axes, values, measure.metric, within, lowest)
        opacity = 0.15 if len(members) <= _MOST_WITH_STRONG_BANDS else 0.07
        for setting in members.itertuples():
            _draw_setting(axes, setting, summary, diverged, measure, opacity=opacity)
        if within:
            names = members.set_index("setting")["short"]
            if members["variant"].nunique() == 1:
                names = members.set_index("setting")["learning_rate"]
                names = names.map(ranges.rate_texts(names))
            draw_lost(axes, names, lost, first, at_top=measure.is_loss, within=within)
        axes.set_title(style.wrap(name))
    for axes in grid:
        place = axes.get_subplotspec()
        if place is not None and place.is_first_col():
            axes.set_ylabel(measure.label)
    if not in_one:
        for axes, (_, members) in zip(grid, panels, strict=True):
            add_key(figure, [axes], members, wording)
    elif has_bar(settings):
        add_key(figure, grid, settings, wording)
    else:
        _figure_legend(figure, settings, wording)
    style.describe(figure, title, _note(settings, wording, notes))
    return figure, grid


def _summary(epochs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return mean, low, high and x by (setting, epoch) of the runs that did not diverge."""
    averaged = without_diverged(epochs)
    summary = mean_and_spread(averaged, ["setting", "epoch"], column)
    return summary.assign(x=averaged.groupby(["setting", "epoch"])["x"].mean())


def _enlarged_from(summary: pd.DataFrame, values: np.ndarray, metric: Metric) -> float | None:
    """Return from which value on the better half ends, None if enlarging would gain little."""
    if not len(summary) or summary.index.get_level_values("epoch").max() < 2:
        return None
    finals = summary.groupby("setting")["mean"].last() * metric.scale
    return ranges.enlarged_from(finals, values, metric)


def _one_panel(
    settings: pd.DataFrame, enlarged_from: float | None, wording: Wording
) -> tuple[Figure, list[Axes], list[tuple[str, pd.DataFrame]]]:
    lines = sum(1 + style.wrap(name).count("\n") for name in settings["short"])
    legend_height = 0.0 if has_bar(settings) else 1.5 + 0.19 * lines
    if enlarged_from is None:
        figure = style.new_figure(9, 4.4, text=legend_height)
        return figure, [figure.subplots()], [("", settings)]
    figure = style.new_figure(9, 6.4, text=max(legend_height, style.TWO_PANELS))
    grid = figure.subplots(2, 1, sharex=True)
    enlarged = wording.say("better half of the settings, enlarged")
    return figure, list(grid), [("", settings), (enlarged, settings)]


def _small_panels(
    settings: pd.DataFrame, with_room: bool = False
) -> tuple[Figure, list[Axes], list[tuple[str, pd.DataFrame]]]:
    """Make a panel per optimizer or, of one with many settings of few variants, per variant.

    with_room: leaves a lower row of the grid below them empty.
    """
    panels = []
    for optimizer, members in settings.groupby("optimizer", sort=False):
        few = len(members) <= _MOST_IN_A_SMALL_PANEL
        if few or members["variant"].nunique() > _MOST_PANELS_OF_AN_OPTIMIZER:
            panels.append((looks.optimizer_name(optimizer), members))
        else:
            panels.extend(members.groupby("variant", sort=False))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    longest = max(lines_of_key(members) for _, members in panels)
    height, text = 1.2 + rows * (2.4 if rows > 1 else 3.2), 1.2 + rows * (0.6 + 0.18 * longest)
    below = 1 if with_room else 0
    figure = style.new_figure(9 if columns == 1 else 10, height + 1.6 * below, text + 1.6 * below)
    heights = {"height_ratios": [*[1.0] * rows, *[_ROOM] * below]}
    grid = figure.subplots(
        rows + below, columns, sharex=True, sharey=True, squeeze=False, gridspec_kw=heights
    ).ravel()
    for axes in grid[len(panels) :]:
        axes.remove()
    return figure, list(grid[: len(panels)]), panels


def label_x(panels: list[Axes], label: str) -> None:
    """Label the lowest panel of every column, below which a grid may have an empty place."""
    grid = panels[0].get_gridspec()
    assert grid is not None
    for axes in panels:
        axes.set_xlabel("")
    for axes in panels[-grid.ncols :]:
        axes.set_xlabel(label)
        axes.tick_params(labelbottom=True)


def _draw_setting(
    axes: Axes,
    setting: Any,
    summary: pd.DataFrame,
    diverged: pd.DataFrame,
    measure: Measure,
    *,
    opacity: float,
) -> None:
    if setting.setting in summary.index.get_level_values("setting"):
        mine = summary.loc[setting.setting]
        draw_line(axes, mine["x"], mine, measure.scale, opacity, **look(setting))
    for _, run in diverged[diverged["setting"] == setting.setting].groupby("seed"):
        run = run.sort_values("epoch")
        x, y = run["x"].to_numpy(float), run[measure.column].to_numpy(float) * measure.scale
        if measure.is_loss:
            draw_diverged_loss(axes, x, y, look(setting), measure.goes_on)
        else:
            axes.plot(x, y, **look(setting) | {"linewidth": style.strokes(0.8)})
            axes.plot(x[-1], y[-1], zorder=5, **style.cross())


def _figure_legend(figure: Figure, settings: pd.DataFrame, wording: Wording) -> None:
    figure.legend(
        handles=handles(settings, settings["short"], wording),
        title=wording.say("optimizer, learning rate"),
        alignment="left",
        loc="outside right center",
    )


def _note(settings: pd.DataFrame, wording: Wording, more: Sequence[str]) -> str:
    parts = [seeds_text(settings, wording), spread_note(settings, wording)]
    if settings["learning_rate"].nunique() > 1:
        parts.append(
            wording.say("The darker of an optimizer's lines, the higher the learning rate.")
        )
    return wording.note(*parts, *more, collapsed_note(settings, wording), wording.selection)


def diverged_note(runs: pd.DataFrame, wording: Wording) -> str:
    """Return how diverged runs are drawn, in words; empty if none diverged."""
    if not (runs["status"] == "diverged").any():
        return ""
    if wording.by_steps:
        return wording.say(
            "Diverged runs: thin lines to the last evaluation, not in any mean; of those without "
            "one a cross at the edge, with the learning rate (how many runs)."
        )
    return wording.say(
        "Diverged runs: thin lines to the last complete epoch, not in any mean; of those without "
        "one a cross at the edge, with the learning rate (how many runs)."
    )
