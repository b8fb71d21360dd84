"""Draw how far settings are apart, and mark those that the runs can tell apart."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from lr_atlas.analysis.mattering import ALIKE
from lr_atlas.analysis.pair_rows import INCONCLUSIVE, SECOND
from lr_atlas.analysis.verdicts import BETWEEN, FRESH
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Settings in pairs",
    "reading": (
        "Bars of all pairs hold together; what is grey may be equal, or may need more seeds."
    ),
    "section": "1. Settings compared",
    "place": 70,
    "caption": """
        By how much settings of the study ``{{ snakemake.params.study }}`` are apart in mean final
        {{ snakemake.params.metric }}, shares in points ({{ snakemake.params.seeds }}): above, the
        chosen settings of the optimizers among each other, on fresh seeds and the test images where
        the study confirms; below, each with the other settings of its optimizer. A diverged run
        counts as guessing. A filled point with a coloured bar: told apart; an open grey one:
        inconclusive, which is no proof of equality. Shaded, where the study says what matters:
        differences that are smaller; a square: the pair is alike, since its whole bar lies there.
        An arrow: the interval, or without a bar the
        whole pair, lies beyond the axis. A second panel, where there is one, enlarges what is in
        doubt.

        All intervals hold together with 95 %, whichever pair one looks at (Bonferroni), and allow
        for settings having been picked for a high mean. Every verdict of the study is read from
        here; ``pairs.csv`` has the numbers, with the smallest difference that so many runs find. Of
        more than 40 pairs the nearest of each question are shown.

        Limits: with few seeds Student's t leans on runs being about normally distributed; that the
        images are a sample too is not in the intervals. {{ snakemake.params.validation_note }}
    """,
}

#: Pairs in the figure at most; beyond, those that are nearest to each other within each question.
MOST_PAIRS = {"paper": 40, "slides": 10}
#: Shown beyond the differences themselves, as a share of their range, and of shares in points at
#: least; an interval that is longer ends in an arrow.
_BEYOND, _LEAST_BEYOND = 0.45, 1.0
_LEAST_RANGE = 0.5  # of an axis, in points of shares
#: The same of other metrics, as a share of the largest difference.
_LEAST_SHARE = 0.01
#: The enlarged panel is twice as far as the middle one of the inconclusive pairs.
_ROOM = 2.0
#: A panel of its own is worth it if its range is less than this share of the whole.
_ENLARGED = 0.4
_MARGIN = 0.04  # share of the range, so that arrows are off the labels
_ROW, _LINE = 0.21, 0.14  # inches of the design
_CHARACTERS, _LONGEST_PART = 46, 30  # of a label: in a line, and kept on one
_INCONCLUSIVE, _ALIKE, _LESS = "0.55", "0.2", "0.9"


class _Row(NamedTuple):
    """A line of the figure: a pair of the table, or the heading (without a pair) of some."""

    label: str
    pair: Any
    place: float  # in inches of the design, from the top


@style.themed
def pairwise(pairs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw by how much the first of each compared pair is ahead, with its interval, a row each.

    `pairs` is the table of verdicts.compare_settings, `runs` the study's table of runs. The pairs
    between optimizers are above those within each. Grey is what the runs cannot tell apart. Where
    some differences are far larger than what is in doubt, a second panel enlarges the latter.
    """
    settings = describe_settings(runs, wording)
    title = wording.say("Differences between settings: {study}", study=wording.study)
    pairs = _as_shown(pairs, wording.metric)
    known = pairs[pairs["difference"].notna()]
    if known.empty:
        reason = (
            wording.say("There is one setting alone, so nothing to compare it with.")
            if len(settings) < 2
            else wording.say("No two settings have runs to compare.")
        )
        return style.in_words(title, reason, seeds_text(settings, wording))
    shown = _shown(known, MOST_PAIRS[wording.style])
    least = _least(shown, wording.metric)
    whole = _limits(shown, least)
    panels = [whole] + [limits for limits in [_enlarged(shown, whole, least)] if limits]
    rows, bottom = _rows(shown, settings.set_index("setting")["short"], wording)
    height = bottom + 2.3
    figure = style.new_figure(9, height, text=height)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(wspace=0.05)
    grid = figure.add_gridspec(
        2, len(panels), width_ratios=[1, 1.6][: len(panels)], height_ratios=[bottom, 0.3]
    )
    optimizers = settings.set_index("setting")["optimizer"]
    for column, limits in enumerate(panels):
        axes = figure.add_subplot(grid[0, column])
        _draw_panel(axes, rows, bottom, limits, optimizers)
        if "matters" in shown:
            matters = shown["matters"].iloc[0]
            axes.axvspan(-matters, matters, color=_LESS, linewidth=0, zorder=0)
        axes.tick_params(labelleft=column == 0)
        axes.set_xlabel(
            wording.say("the same, enlarged")
            if column
            else wording.of_metric("ahead by\n(points of {metric})")
            if wording.metric.is_share
            else wording.of_metric(
                "ahead in\n{metric}{unit}", unit=wording.metric.in_unit_of_difference
            )
        )
    legend_axes = figure.add_subplot(grid[1, :])
    legend_axes.axis("off")
    handles = _legend_handles(shown, panels, wording)
    legend_axes.legend(handles=handles, loc="center", ncols=style.columns(handles))
    style.describe(figure, title, _note(settings, known, shown, wording))
    return figure


def _as_shown(pairs: pd.DataFrame, metric: StudyMetric) -> pd.DataFrame:
    """Return the table with differences and their intervals as they are shown."""
    numbers = ["difference", "low", "high", *(["matters"] if "matters" in pairs else [])]
    return pairs.assign(**{name: pairs[name] * metric.metric.scale for name in numbers})


def _least(shown: pd.DataFrame, metric: StudyMetric) -> tuple[float, float]:
    """Return the least that is shown beyond the differences, and the least range of an axis."""
    if metric.is_share:
        return _LEAST_BEYOND, _LEAST_RANGE
    largest = max(float(shown["difference"].abs().max()), 1e-9)
    return _LEAST_SHARE * largest, _LEAST_SHARE * largest


def _shown(pairs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the pairs that are drawn: all, or so many of those with the smallest differences.

    A question gets half of the rows, and those that the other one does not need.
    """
    if len(pairs) <= most:
        return pairs
    distance = pairs["difference"].abs()
    between = pairs["question"] == BETWEEN
    room = max(most // 2, most - (~between).sum())
    nearest = distance[between].nsmallest(room).index
    nearest = nearest.union(distance[~between].nsmallest(most - len(nearest)).index)
    return pairs.loc[nearest.sort_values()]


def _limits(shown: pd.DataFrame, least: tuple[float, float]) -> tuple[float, float]:
    """Return the range of the axis: every difference, and what there is room for."""
    numbers = shown[["difference", "low", "high"]]
    low, high = min(numbers["difference"].min(), 0.0), max(numbers["difference"].max(), 0.0)
    beyond = max(_BEYOND * (high - low), least[0])
    ends = numbers.to_numpy(dtype=float)
    low, high = max(min(np.nanmin(ends), 0.0), low - beyond), min(np.nanmax(ends), high + beyond)
    return low, max(high, low + least[1])


def _enlarged(
    shown: pd.DataFrame, whole: tuple[float, float], least: tuple[float, float]
) -> tuple[float, float] | None:
    """Return the range that shows what is in doubt; None if that gains little."""
    reach = shown[["difference", "low", "high"]].abs().max(axis=1)
    in_doubt = shown["verdict"].isin((INCONCLUSIVE, ALIKE))
    near = max(_ROOM * reach[in_doubt if in_doubt.any() else slice(None)].median(), least[1])
    low, high = max(whole[0], -near), min(whole[1], near)
    return (low, high) if high - low < _ENLARGED * (whole[1] - whole[0]) else None


def _rows(shown: pd.DataFrame, names: pd.Series, wording: Wording) -> tuple[list[_Row], float]:
    """Return the rows from the top, and where the last one ends, in inches of the design."""
    names = names.map(_broken_after_commas_alone)
    between = shown["question"] == BETWEEN
    groups = [(wording.say("between the chosen settings"), shown[between])]
    groups += [
        (wording.say("{setting} (chosen) over", setting=names[chosen]), own)
        for chosen, own in shown[~between].groupby("first", sort=False)
    ]
    rows, end = [], -_ROW / 2
    for heading, own in groups:
        if own.empty:
            continue
        entries = [(heading, None)]
        for pair in own.sort_values("difference", kind="stable").itertuples():
            first, second = names[pair.first], names[pair.second]
            both = wording.say("{first} over {second}", first=first, second=second)
            entries.append((both if pair.question == BETWEEN else second, pair))
        end += _ROW / 2
        for label, pair in entries:
            label = style.wrap(label, _CHARACTERS)
            height = max(_ROW, _LINE * (label.count("\n") + 1) + 0.06)
            rows.append(_Row(label, pair, end + height / 2))
            end += height
    return rows, end


def _broken_after_commas_alone(name: str) -> str:
    parts = [
        part if len(part) > _LONGEST_PART else part.replace(" ", "\N{NO-BREAK SPACE}")
        for part in name.split(", ")
    ]
    return ", ".join(parts)


def _draw_panel(
    axes: Axes,
    rows: list[_Row],
    bottom: float,
    limits: tuple[float, float],
    optimizers: pd.Series,
) -> None:
    margin = _MARGIN * (limits[1] - limits[0])
    axes.set(xlim=(limits[0] - margin, limits[1] + margin), ylim=(bottom, 0.0))
    axes.axvline(0, color="0.3", linewidth=style.strokes(1.0))
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_yticks([row.place for row in rows], [row.label for row in rows])
    axes.tick_params(axis="y", length=0, labelsize=style.letters(8))
    for row, label in zip(rows, axes.get_yticklabels(), strict=True):
        if row.pair is None:
            label.set_fontweight("bold")
        else:
            better = row.pair.second if row.pair.verdict == SECOND else row.pair.first
            colour = looks.optimizer_colour(optimizers[better])
            _draw_pair(axes, row.place, row.pair, colour, limits)


def _draw_pair(
    axes: Axes, place: float, pair: Any, colour: str, limits: tuple[float, float]
) -> None:
    ink, dot = {
        INCONCLUSIVE: (_INCONCLUSIVE, _dot(_INCONCLUSIVE, False)),
        ALIKE: (_ALIKE, _square(_ALIKE)),
    }.get(pair.verdict, (colour, _dot(colour, True)))
    value, low, high = pair.difference, pair.low, pair.high
    if not np.isfinite(low):
        low = high = value
    left, right = limits
    if low < high and low < right and high > left:
        ends = np.clip([low, high], left, right)
        axes.plot(ends, [place, place], color=ink, linewidth=style.strokes(1.8))
    if low < left:
        axes.plot(left, place, **_arrow("<", ink))
    if high > right:
        axes.plot(right, place, **_arrow(">", ink))
    if left <= value <= right:
        axes.plot(value, place, **dot)


def _arrow(marker: str, ink: str) -> dict[str, Any]:
    return {
        "marker": marker,
        "linestyle": "",
        "color": ink,
        "markeredgewidth": 0.0,
        "markersize": style.strokes(6.5),
    }


def _dot(ink: str, is_sure: bool) -> dict[str, Any]:
    return {
        "marker": "o",
        "linestyle": "",
        "color": ink if is_sure else "white",
        "markeredgecolor": ink,
        "markeredgewidth": style.strokes(1.4),
        "markersize": style.strokes(5),
        "zorder": 3,
    }


def _square(ink: str) -> dict[str, Any]:
    return _dot(ink, True) | {"marker": "s"}


def _legend_handles(
    shown: pd.DataFrame, panels: list[tuple[float, float]], wording: Wording
) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    verdicts = shown["verdict"]
    if not verdicts.isin((INCONCLUSIVE, ALIKE)).all():
        handles.append(Line2D([], [], label=wording.say("told apart"), **_dot("0.2", True)))
    if (verdicts == ALIKE).any():
        handles.append(Line2D([], [], label=wording.say("alike"), **_square(_ALIKE)))
    if "matters" in shown:
        label = wording.say("less than matters")
        handles.append(Patch(label=label, color=_LESS, linewidth=0))
    if (verdicts == INCONCLUSIVE).any():
        handles.append(
            Line2D([], [], label=wording.say("inconclusive"), **_dot(_INCONCLUSIVE, False))
        )
    ends = shown[["difference", "low", "high"]]
    left, right = panels[-1]
    if (ends < left).any(axis=None) or (ends > right).any(axis=None):
        label = wording.say("beyond the axis")
        handles.append(Line2D([], [], label=label, **_arrow(">", "0.2")))
    return handles


def _note(
    settings: pd.DataFrame, pairs: pd.DataFrame, shown: pd.DataFrame, wording: Wording
) -> str:
    parts = [
        wording.of_metric(
            "Differences of mean final {metric}, a diverged run counting as guessing; intervals "
            "hold together with 95 % and allow for the choice. Inconclusive is no proof of "
            "equality."
        ),
        seeds_text(settings, wording),
    ]
    if (pairs["runs"] == FRESH).any():
        parts.append(wording.of_things("Between optimizers: on fresh seeds and the test images."))
    shown_alone = wording.say(
        "Shown: the {shown} nearest of {count} pairs; all are in pairs.csv.",
        shown=len(shown),
        count=wording.count(len(pairs)),
    )
    return wording.note(
        *parts, wording.ends, wording.choice, always=shown_alone if len(shown) < len(pairs) else ""
    )


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return pairwise(tables.pairs, tables.runs, wording)
