"""Loss and accuracy of one setting over epochs."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.divergence import draw_diverged_loss
from lr_atlas.figures.settings import describe_settings, lost_at_once
from lr_atlas.figures.spread import (
    collapsed_note,
    draw_line,
    mean_and_spread,
    measured_columns,
    without_diverged,
)
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.study_metric import StudyMetric


@style.themed
def curves(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    setting: str,
    wording: Wording,
    settings: pd.DataFrame | None = None,
) -> Figure:
    """Draw loss and metric of the setting of that slug, with what is measured of each.

    That is: during the epoch (of loss and accuracy alone), on training and on validation images.

    `settings` is what `describe_settings(runs)` returns, for a caller who has it already.
    """
    settings = describe_settings(runs, wording) if settings is None else settings
    described = settings.set_index("setting").loc[setting]
    epochs = epochs[epochs["setting"] == setting]
    runs = runs[runs["setting"] == setting]
    figure = style.new_figure(9, 4.3)
    measured = measured_columns(epochs, wording.metric)
    names = list(dict.fromkeys(("loss", wording.metric.name)))
    # A program may write no loss; then the metric alone is drawn.
    shown = [name for name in names if set(wording.metric.series(name)) & set(measured)] or names
    grid = figure.add_gridspec(2, len(shown), height_ratios=[1, 0.07])
    for column, metric in enumerate(shown):
        axes = figure.add_subplot(grid[0, column])
        _panel(axes, epochs, metric, described=described, wording=wording)
        ranges.epoch_axis(axes, ranges.last_epoch(epochs["epoch"], runs), wording)
        if len(lost_at_once(runs)):
            at_top = metric == "loss" or wording.metric.sign < 0
            y, at_edge = int(at_top), axes.get_xaxis_transform()
            axes.plot(1, y, transform=at_edge, clip_on=False, zorder=6, **style.cross())
    _legend(figure.add_subplot(grid[1, :]), described, measured, wording)
    note = _note(described, wording, without_epochs=epochs.empty)
    style.describe(
        figure,
        wording.say("{setting} (n = {runs})", setting=described.label, runs=described.runs),
        note,
    )
    return figure


def _series(optimizer: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return (prefix of the columns, line): greys, so that only the optimizer has a colour."""
    return (
        (
            "running",
            {"color": "0.6", "linestyle": (0, (1.5, 1.2)), "linewidth": style.strokes(1.6)},
        ),
        ("train", {"color": "0.25", "linestyle": (0, (5, 2)), "linewidth": style.strokes(1.4)}),
        (
            "validation",
            {"color": looks.optimizer_colour(optimizer), "linewidth": style.strokes(1.9)},
        ),
    )


def _measured_series(
    optimizer: str, metric: StudyMetric, name: str
) -> list[tuple[str, dict[str, Any]]]:
    """Return (column, line) of what is measured of the metric of that name."""
    lines = {f"{prefix}_{name}": line for prefix, line in _series(optimizer)}
    return [(column, lines[column]) for column in lines if column in metric.columns]


def _panel(
    axes: Axes,
    epochs: pd.DataFrame,
    metric: str,
    *,
    described: pd.Series,
    wording: Wording,
) -> None:
    averaged = without_diverged(epochs)
    diverged = epochs[epochs["status"] == "diverged"]
    series = _measured_series(described.optimizer, wording.metric, metric)
    columns = [column for column, _ in series]
    is_loss = metric == "loss" or wording.metric.sign < 0
    scale = 1 if metric == "loss" else wording.metric.metric.scale
    if metric == "loss":
        axes.set_ylabel(wording.loss_axis(described.loss))
        ranges.limit_loss(axes, averaged[columns], diverged[columns])
    else:
        axes.set_ylabel(wording.metric_label)
        values = epochs[columns].to_numpy(float) * scale
        ranges.limit_metric(axes, values, wording.metric.metric)
    for column, line in series:
        if len(averaged):
            summary = mean_and_spread(averaged, "epoch", column)
            draw_line(axes, summary.index, summary, scale, **line)
        for _, run in diverged.groupby("seed"):
            _draw_diverged(axes, run.sort_values("epoch"), column, scale, line, is_loss=is_loss)
    if epochs.empty:
        axes.tick_params(labelleft=False, labelbottom=False)
        axes.grid(visible=False)
        axes.text(
            0.5,
            0.5,
            wording.say("it was never evaluated")
            if wording.by_steps
            else wording.say("no epoch was completed"),
            transform=axes.transAxes,
            ha="center",
        )


def _draw_diverged(
    axes: Axes,
    run: pd.DataFrame,
    column: str,
    scale: float,
    line: dict[str, Any],
    *,
    is_loss: bool,
) -> None:
    x, y = run["epoch"].to_numpy(float), run[column].to_numpy(float) * scale
    if is_loss:
        draw_diverged_loss(axes, x, y, line)
        return
    axes.plot(x, y, **{**line, "linewidth": style.strokes(0.8)})
    axes.plot(x[-1], y[-1], clip_on=False, zorder=5, **style.cross())


def _legend(axes: Axes, described: pd.Series, measured: Sequence[str], wording: Wording) -> None:
    labels = (
        wording.running,
        wording.training_images
        if wording.by_steps
        else wording.of_things("after the epoch, training images"),
        wording.validation_images
        if wording.by_steps
        else wording.say(
            "after the epoch, validation ({images})", images=wording.validation_images
        ),
    )
    handles = [
        Line2D([], [], label=label, **line)
        for label, (prefix, line) in zip(labels, _series(described.optimizer), strict=True)
        if any(column.startswith(prefix) for column in measured) or not measured
    ]
    if described.diverged:
        handles.append(style.diverged_handle(wording.say("diverged")))
    axes.axis("off")
    axes.legend(handles=handles, loc="center", ncols=style.columns(handles), columnspacing=1.6)


def _note(described: pd.Series, wording: Wording, without_epochs: bool) -> str:
    averaged = described.runs - described.diverged
    counts = {"count": described.diverged, "runs": described.runs}
    parts = [wording.say("Study {study}.", study=wording.study)]
    if averaged > 1:
        parts.append(
            wording.say(
                "Lines: mean of {n} runs; bands: smallest to largest value over the seeds.",
                n=averaged,
            )
        )
    elif averaged == 1:
        parts.append(wording.say("Lines: one run."))
    if described.diverged and without_epochs:
        parts.append(
            wording.say("{count} of {runs} runs diverged before they were evaluated.", **counts)
            if wording.by_steps
            else wording.say("{count} of {runs} runs diverged in the first epoch.", **counts)
        )
    elif described.diverged:
        parts.append(
            wording.say(
                "{count} of {runs} runs diverged: thin lines, not in any mean; the cross at the "
                "upper edge of the loss axis is where they would have been evaluated next.",
                **counts,
            )
            if wording.by_steps
            else wording.say(
                "{count} of {runs} runs diverged: thin lines, not in any mean; the cross at the "
                "upper edge of the loss axis is in the epoch that was not completed.",
                **counts,
            )
        )
    parts.append(collapsed_note(described.to_frame().T, wording))
    return wording.note(*parts)
