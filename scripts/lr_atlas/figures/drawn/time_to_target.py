"""Draw how soon runs reach a target, in epochs and in seconds."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy.stats import CensoredData, ecdf

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Time to the target {target}",
    "reading": "A run that never reaches it stays in the figure as a miss.",
    "section": "1. Settings compared",
    "place": 90,
    "caption": """
        Share of the runs of each optimizer's best setting that have reached the target,
        over epochs (left) and over seconds of training (right), study
        ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}). The note in the figure
        names the target. The share is estimated by Kaplan and Meier's method (1958): a run that
        ended without reaching the target is censored there (a bar on the line), not dropped; a
        diverged run counts as never reaching it.

        The further left a line rises, the sooner; one that ends below 100 % has runs that were not
        there at the end.

        Limits: with few seeds a line has few steps. A run counts from the first epoch at which it
        was there, even if it fell below again. Seconds depend on the machine and whatever else ran
        on it. {{ snakemake.params.validation_note }}
    """,
}


@dataclass(frozen=True)
class Reached:
    """The share of runs that have reached a target, over time.

    Attributes:
        times: The times at which the share rises, and the last that was observed; float64 [n].
        shares: From each of these times on, 0..1; float64 [n].
        censored: The times at which runs ended that had not reached it; float64 [m].
        share_at_censored: The shares at those times; float64 [m].
    """

    times: np.ndarray
    shares: np.ndarray
    censored: np.ndarray
    share_at_censored: np.ndarray


def reached_over_time(times: np.ndarray, ends: np.ndarray) -> Reached:
    """Estimate the share of runs that have reached a target (Kaplan and Meier 1958).

    `times` is when each run reached it, inf if it did not; `ends` is when the run ended. A run that
    did not reach it is censored at its end: it says that the target takes longer than that.
    """
    hit = np.isfinite(times)
    censored = np.sort(ends[~hit])
    last = float(max(ends.max(), times[hit].max(initial=0.0)))
    if not hit.any():
        return Reached(np.array([0.0, last]), np.zeros(2), censored, np.zeros(len(censored)))
    estimate = ecdf(CensoredData(uncensored=times[hit], right=ends[~hit])).cdf
    rises = np.unique(times[hit])
    shares = estimate.evaluate(rises)
    at = np.concatenate([[0.0], rises, [last]])
    return Reached(
        at,
        np.concatenate([[0.0], shares, shares[-1:]]),
        censored,
        estimate.evaluate(censored) if len(censored) else np.zeros(0),
    )


@style.themed
def time_to_target(
    measures: pd.DataFrame, best: pd.Series, target: float, wording: Wording
) -> Figure:
    """Draw the share of runs that have reached the target, over epochs and over seconds.

    `measures` has a row per run, as analysis.measures.measure_runs returns it; `best` names the
    best setting of each optimizer; `target` is a value of the metric, NaN if there is none.
    """
    wording = replace(wording, metric=wording.metric.timed)
    settings = describe_settings(measures, wording).query("setting in @best")
    measures = measures[measures["setting"].isin(best)]
    title = wording.of_metric("Time to a target {metric}: {study}", study=wording.study)
    if not np.isfinite(target) or (measures["status"] == "diverged").all():
        reason = wording.say("Every run diverged, so there is no target to reach.")
        return style.in_words(title, reason, seeds_text(settings, wording))
    figure = style.new_figure(9, 4.4)
    grid = figure.add_gridspec(2, 2, height_ratios=[1, 0.07])
    is_timed = bool(measures["seconds_per_epoch"].notna().any())
    epochs = figure.add_subplot(grid[0, 0] if is_timed else grid[0, :])
    _panel(epochs, measures, settings, "epochs_to_target", _epochs_run(measures))
    epochs.set_xlabel(wording.place_label)
    epochs.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    epochs.set_ylabel(wording.say("share of runs (%)"))
    if is_timed:
        seconds = figure.add_subplot(grid[0, 1])
        _panel(seconds, measures, settings, "seconds_to_target", _seconds_run(measures))
        seconds.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        seconds.set_xlabel(wording.say("training time (seconds)"))
        seconds.tick_params(labelleft=False)
    legend_axes = figure.add_subplot(grid[1, :])
    legend_axes.axis("off")
    handles = _handles(settings, measures, wording)
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, _note(settings, target, wording, is_timed))
    return figure


def _epochs_run(measures: pd.DataFrame) -> pd.Series:
    """Return the epochs after which each run ended.

    A diverged run would never have reached the target, so it counts as one that ran to the end.
    """
    longest = measures.groupby("setting")["epochs_completed"].transform("max")
    return longest.astype(float)


def _seconds_run(measures: pd.DataFrame) -> pd.Series:
    """Return the seconds of training after which each run ended, as in `_epochs_run`."""
    seconds = measures["seconds_per_epoch"].astype(float) * measures["epochs_completed"].astype(
        float
    )
    diverged = measures["status"] == "diverged"
    longest = seconds.where(~diverged).groupby(measures["setting"]).transform("max")
    return seconds.where(~diverged, longest).fillna(seconds.max())


def _panel(
    axes: Axes, measures: pd.DataFrame, settings: pd.DataFrame, column: str, ends: pd.Series
) -> None:
    last = 0.0
    for position, setting in enumerate(settings.itertuples()):
        mine = measures["setting"] == setting.setting
        reached = reached_over_time(
            measures.loc[mine, column].to_numpy(float), ends[mine].to_numpy(float)
        )
        # Lines of equal shares are drawn beside one another.
        shift = 0.7 * (position - (len(settings) - 1) / 2)
        colour = looks.optimizer_colour(setting.optimizer)
        y = reached.shares * ranges.PER_CENT + shift
        axes.step(reached.times, y, where="post", color=colour)
        if len(reached.censored):
            at = reached.share_at_censored * ranges.PER_CENT + shift
            axes.plot(reached.censored, at, **_censored(colour))
        last = max(last, reached.times.max())
    axes.set_xlim(0, last * 1.03)
    axes.set_ylim(-4, 104)


def _censored(colour: str) -> dict:
    return {
        "marker": "|",
        "linestyle": "",
        "color": colour,
        "markersize": style.strokes(9),
        "markeredgewidth": style.strokes(1.8),
        "clip_on": False,
    }


def _handles(settings: pd.DataFrame, measures: pd.DataFrame, wording: Wording) -> list[Line2D]:
    handles = [
        Line2D([], [], label=style.wrap(row.short), color=looks.optimizer_colour(row.optimizer))
        for row in settings.itertuples()
    ]
    if not np.isfinite(measures["epochs_to_target"].to_numpy(float)).all():
        label = wording.say("ended without reaching it")
        handles.append(Line2D([], [], label=label, **_censored("0.35")))
    return handles


def _note(settings: pd.DataFrame, target: float, wording: Wording, is_timed: bool) -> str:
    metric = wording.metric.metric
    parts = [
        wording.of_metric(
            "Target: {target} validation {metric}; the best setting of each optimizer.",
            target=f"{target * metric.scale:g} {metric.unit}".rstrip(),
        ),
        seeds_text(settings, wording),
        wording.say(
            "Share estimated by Kaplan and Meier's method: a run that ended without reaching the "
            "target is censored, not dropped."
        ),
    ]
    if settings["diverged"].any():
        parts.append(wording.say("A diverged run counts as never reaching it."))
    if is_timed:
        parts.append(wording.say("Seconds are those of training alone and depend on the machine."))
    return wording.note(*parts, wording.choice)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    best = tables.optimizers["best_setting"]
    return time_to_target(tables.measures, best, tables.target, wording)
