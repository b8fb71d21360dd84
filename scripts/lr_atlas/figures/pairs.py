"""Differences between settings, each with each, and which of them the runs can tell apart."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.wording import Wording

#: Settings in the matrix at most; beyond, the best of each optimizer alone.
MOST_SETTINGS = 30
_MOST_WITH_NUMBERS = 16
# Orange and violet: red and green stay apart from them, and red is for diverged runs.
_COLOURS = "PuOr_r"
_NOT_COMPARED = {"facecolor": "0.94", "edgecolor": "0.75", "hatch": "////", "linewidth": 0.0}


@style.themed
def pairwise(
    pairs: pd.DataFrame, runs: pd.DataFrame, wording: Wording, best: pd.Series | None = None
) -> Figure:
    """Draw the difference in final validation accuracy, row minus column, for every two settings.

    `pairs` has the columns first, second (settings), difference (0..1, of first minus second) and
    verdict; `runs` is the study's table of runs. Of more than 30 settings those in `best` are
    compared. A triangle points at the better of two that a test tells apart; the others are pale.
    """
    settings = describe_settings(runs, wording)
    if len(settings) > MOST_SETTINGS and best is not None:
        settings = settings[settings["setting"].isin(best)]
    ranked = _ranked(settings, runs)
    title = wording.say("Differences between settings: {study}", study=wording.study)
    names = list(ranked["setting"])
    pairs = pairs[pairs["first"].isin(names) & pairs["second"].isin(names)]
    if len(names) < 2 or pairs["difference"].notna().sum() == 0:
        reason = (
            wording.say("There is one setting alone, so nothing to compare it with.")
            if len(names) < 2
            else wording.say("No two settings have runs of the same seed that did not diverge.")
        )
        return style.in_words(title, reason, seeds_text(settings, wording))
    differences, verdicts = _matrices(pairs, names)
    figure, axes = _layout(ranked)
    limit = max(np.nanmax(np.abs(differences)), 0.1)
    colours = ScalarMappable(Normalize(-limit, limit), _COLOURS)
    for row in range(len(names)):
        for column in range(len(names)):
            if row != column:
                value, verdict = differences[row, column], verdicts[row, column]
                _draw_cell(axes, (row, column), value, verdict, colours, len(names))
    _label(axes, ranked)
    bar = figure.colorbar(colours, ax=axes, aspect=25, shrink=0.8)
    bar.set_label(wording.say("row minus column (points)"))
    bar.outline.set_visible(False)
    axes.legend(
        handles=_legend_handles(differences, verdicts, wording),
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=4,
        columnspacing=1.2,
    )
    style.describe(figure, title, _note(settings, wording))
    return figure


def _ranked(settings: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the settings, the best first; those of which every run diverged come last."""
    kept = runs[runs["status"] != "diverged"]
    means = kept.groupby("setting")["validation_accuracy"].mean()
    ranked = settings.assign(mean=settings["setting"].map(means))
    return ranked.sort_values("mean", ascending=False, na_position="last", kind="stable")


def _matrices(pairs: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (differences in points, which is better: 1 the row, -1 the column, 0 unclear)."""
    place = {name: position for position, name in enumerate(names)}
    differences = np.full((len(names), len(names)), np.nan)
    verdicts = np.zeros((len(names), len(names)), dtype=int)
    for pair in pairs.itertuples():
        row, column = place[pair.first], place[pair.second]
        difference = float(pair.difference) * ranges.PER_CENT
        better = {"first better": 1, "second better": -1}.get(pair.verdict, 0)
        differences[row, column], differences[column, row] = difference, -difference
        verdicts[row, column], verdicts[column, row] = better, -better
    return differences, verdicts


def _layout(ranked: pd.DataFrame) -> tuple[Figure, Axes]:
    count = len(ranked)
    cell = 0.56 if count <= _MOST_WITH_NUMBERS else 0.3
    figure = style.new_figure(9, max(3.4, 2.6 + cell * count))
    axes = figure.subplots()
    axes.set(xlim=(0, count), ylim=(count, 0))
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def _draw_cell(
    axes: Axes,
    place: tuple[int, int],
    difference: float,
    verdict: int,
    colours: ScalarMappable,
    count: int,
) -> None:
    row, column = place
    look = {"facecolor": colours.to_rgba(difference), "edgecolor": "none"}
    if np.isnan(difference):
        look = _NOT_COMPARED
    elif not verdict:
        look["alpha"] = 0.3
    axes.add_patch(Rectangle((column + 0.02, row + 0.02), 0.96, 0.96, **look))
    if np.isnan(difference):
        return
    ink = "black"
    if verdict:
        red, green, blue, _ = look["facecolor"]
        ink = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
        axes.plot(
            column + 0.5,
            row + (0.25 if count <= _MOST_WITH_NUMBERS else 0.5),
            **_mark(verdict, ink),
        )
    if count <= _MOST_WITH_NUMBERS:
        axes.text(
            column + 0.5,
            row + (0.6 if verdict else 0.5),
            f"{difference:+.1f}" if abs(difference) >= 0.05 else "0.0",
            ha="center",
            va="center",
            size=style.letters(8),
            color=ink if verdict else "0.35",
            weight="bold" if verdict else "normal",
        )


def _mark(verdict: int, ink: str) -> dict[str, Any]:
    """Return how the triangle of a verdict looks: left for the row, down for the column."""
    return {
        "marker": "<" if verdict > 0 else "v",
        "color": ink,
        "linestyle": "",
        "markersize": style.strokes(4.5),
        "markeredgewidth": 0.0,
    }


def _label(axes: Axes, ranked: pd.DataFrame) -> None:
    count = len(ranked)
    size = style.letters(8 if count <= _MOST_WITH_NUMBERS else 6.5)
    names = [style.wrap(name, 24) for name in ranked["short"]]
    places = np.arange(count) + 0.5
    axes.set_yticks(places, names, size=size)
    axes.set_xticks(places, names, size=size, rotation=90)
    axes.tick_params(length=0)


def _legend_handles(
    differences: np.ndarray, verdicts: np.ndarray, wording: Wording
) -> list[Line2D | Patch]:
    handles = []
    if (verdicts != 0).any():
        handles.append(Line2D([], [], label=wording.say("row better"), **_mark(1, "0.2")))
        handles.append(Line2D([], [], label=wording.say("column better"), **_mark(-1, "0.2")))
    apart = ~np.eye(len(verdicts), dtype=bool)
    if (~np.isnan(differences) & (verdicts == 0) & apart).any():
        label = wording.say("pale: inconclusive")
        handles.append(Patch(facecolor="#F4DFC4", edgecolor="none", label=label))
    if (np.isnan(differences) & apart).any():
        handles.append(Patch(label=wording.say("not compared"), **_NOT_COMPARED))
    return handles


def _note(settings: pd.DataFrame, wording: Wording) -> str:
    return wording.note(
        wording.say("Mean difference in final validation accuracy, paired by seed; best first."),
        seeds_text(settings, wording),
        wording.say(
            "Better: a paired t test, Holm-corrected over all pairs, at 5 %; else the runs are "
            "inconclusive, which is no proof of equality."
        ),
        wording.choice,
        wording.selection,
    )
