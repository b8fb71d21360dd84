"""The final validation metric against the learning rate."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, optima, style
from lr_atlas.figures.divergence import draw_cross
from lr_atlas.figures.settings import measured_settings, seeds_text
from lr_atlas.figures.shown_settings import of_variants
from lr_atlas.figures.spread import collapsed_note, without_diverged
from lr_atlas.figures.variants import (
    draw_means,
    draw_runs,
    legend_handles,
    legend_height,
    variants_of,
)
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.study_metric import StudyMetric, significant
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "{Metric} against learning rate",
    "reading": (
        "A wide plateau means that the learning rate hardly matters; a best value at the "
        "end of a line, that the grid ends too early."
    ),
    "section": "2. Learning rate",
    "place": 10,
    "caption": """
        Validation {{ snakemake.params.metric }} at the end against the learning rate
        (logarithmic), study ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}). A line
        joins the means of one variant: an optimizer with its other parameters. Bars are 95 %
        intervals of the mean over the seeds by Student's t, each for itself; small points are the
        runs; variants are set slightly side by side. Diamonds are values that a paper reports,
        where the study names any; one that is far away stands at the edge, with an arrow and its
        value. The star is the best setting of an optimizer. The shaded part of a line is its
        plateau: neighbouring learning rates, all else equal, that are shown to be within the
        study's margin of that best one. Where the seeds are too few to tell, nothing is shaded. A
        triangle above the frame is the optimum between the rates, the peak of a parabola through
        the best one and its neighbours, on its 95 % interval over the seeds; an end that is not
        determined has no line. A
        lower panel, where there is one, enlarges the range of the better half. Of more than 30
        variants the best are shown, each by its best learning rate; the note in the figure says so.

        A wide plateau means that the learning rate hardly matters; a star at the end of a line
        means that the grid ends too early. A red cross at the worse edge means that runs diverged,
        with how many of how many; they are in no mean drawn here, so a point beside a cross stands
        for the survivors alone; the choice of the star counts them as guessing.

        Limits: bars of different settings are no test of their difference; the figure of pairs is.
        Only the learning rates on the axis were run, the lines between them are a guide for the
        eye. Each variant was trained for its fixed number of epochs, which favours those that
        converge fast. {{ snakemake.params.validation_note }}
    """,
}

_CROSS_ROW = 0.055  # share of the y axis
_COUNT_WIDTH = 0.014  # share of the x axis that a character of a count takes
_LEAST_REACH = 5.0  # points beyond the settings in which a reported value is still drawn in place
_REPORTED = {"marker": "D", "linestyle": "", "color": "none", "markeredgecolor": "black"}


@style.themed
def sensitivity(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    reported: pd.DataFrame,
    wording: Wording,
    found: pd.DataFrame | None = None,
) -> Figure:
    """Draw a line per variant (optimizer and its other parameters), a point per run.

    The tables are a study's: a row per run, per setting, per reported value; found: that of
    sensitivity, without which no fitted optimum is drawn. Of the reported values those of the final
    validation metric are drawn. Where most of the range is below the better half
    of the settings, a second panel enlarges these.
    """
    settings = measured_settings(runs, summary, wording)
    variants = variants_of(settings)
    metric = wording.metric
    points = _reported_points(reported, settings, variants, metric)
    finals = without_diverged(runs)[metric.validation] * metric.metric.scale
    drawn = np.concatenate([finals, settings["low"], settings["high"]])
    far = _far_away(points["value"], drawn, _LEAST_REACH if metric.is_share else 0.0)
    drawn = np.append(drawn, points.loc[far == 0, "value"])
    enlarged = ranges.enlarged_from(settings["mean"], drawn, metric.metric)
    marks = _marks(settings, points, wording)
    with_optima = found is not None and len(optima.fitted(found)) > 0
    if with_optima:
        marks.append(optima.handle(wording.say("fitted optimum,\n95 % interval")))
    text = legend_height(variants, len(marks))
    if enlarged is None:
        figure = style.new_figure(9, 4.4, text)
    else:
        figure = style.new_figure(9, 6.6, max(text, style.TWO_PANELS))
    panels = figure.subplots(1 if enlarged is None else 2, sharex=True, squeeze=False)[:, 0]
    for axes, lowest in zip(panels, (None, enlarged), strict=False):
        below = bool((metric.sign * far < 0).any()) and lowest is None
        _panel(axes, runs, settings, variants, wording, limits=(drawn, lowest, below))
        axes.set_ylabel(wording.final_label)
        axes.plot(points["x"], points["value"], zorder=4, **_reported_look())
    if with_optima:
        optima.draw_optima(panels[0], found)
    _draw_far_away(panels[0], points.assign(far=far)[far != 0], metric)
    panels[0].legend(
        handles=legend_handles(variants) + marks, loc="upper left", bbox_to_anchor=(1.01, 1.03)
    )
    if enlarged is not None:
        panels[0].set_xlabel("")
        panels[1].set_title(wording.say("better half of the settings, enlarged"))
    title = wording.say("Sensitivity to the learning rate: {study}", study=wording.study)
    style.describe(figure, title, _note(settings, wording))
    return figure


def _reported_points(
    reported: pd.DataFrame, settings: pd.DataFrame, variants: pd.DataFrame, metric: StudyMetric
) -> pd.DataFrame:
    """Return the place (x, value as shown) of each reported final value of the metric."""
    values = reported[reported["metric"] == metric.validation][["setting", "reported"]]
    points = settings.merge(values, on="setting").merge(
        variants[["variant", "offset"]], on="variant"
    )
    return pd.DataFrame(
        {
            "x": points["learning_rate"] * points["offset"],
            "value": points["reported"].astype(float) * metric.metric.scale,
        }
    )


def _far_away(values: pd.Series, drawn: np.ndarray, least: float) -> pd.Series:
    """Return -1 or 1 for values so far below or above what is drawn that they would compress it."""
    drawn = drawn[np.isfinite(drawn.astype(float))].astype(float)
    if not len(drawn):
        return pd.Series(0, index=values.index)
    low, high = drawn.min(), drawn.max()
    reach = max(high - low, least)
    return (values > high + reach).astype(int) - (values < low - reach).astype(int)


def _draw_far_away(axes: Axes, points: pd.DataFrame, metric: StudyMetric) -> None:
    """Draw at the edge, with its value and an arrow, each reported value that lies beyond it."""
    row = _CROSS_ROW * style.crowding()
    crosses = [line for line in axes.get_lines() if line.get_marker() == "x"]
    from_edge = (_from_worse_edge(np.asarray(line.get_ydata())[0], metric) for line in crosses)
    worse = _from_worse_edge(max(from_edge, default=0.035 - row) + row, metric)
    place = axes.get_xaxis_transform()
    for point in points.itertuples():
        y = worse if metric.sign * point.far < 0 else _from_worse_edge(0.965, metric)
        arrow = "\N{DOWNWARDS ARROW}" if point.far < 0 else "\N{UPWARDS ARROW}"
        axes.plot(point.x, y, transform=place, clip_on=False, zorder=4, **_reported_look())
        beside: dict[str, Any] = {
            "xytext": (style.strokes(7), 0),
            "textcoords": "offset points",
            "va": "center",
        }
        value = f"{point.value:.1f}" if metric.is_share else significant(point.value, 3)
        text = f"{arrow} {value}"
        axes.annotate(text, (point.x, y), xycoords=place, size=style.letters(7.5), **beside)


def _from_worse_edge(y: float, metric: StudyMetric) -> float:
    """Return a share of the axis's height from its lower edge, or as far from the upper one.

    The lower edge is the worse one where more is better.
    """
    return y if metric.sign > 0 else 1 - y


def _panel(
    axes: Axes,
    runs: pd.DataFrame,
    settings: pd.DataFrame,
    variants: pd.DataFrame,
    wording: Wording,
    *,
    limits: tuple[np.ndarray, float | None, bool],
) -> None:
    """Draw one panel: `limits` are what it is to hold, where it begins, whether more lies below."""
    drawn, lowest, below = limits
    with_crosses = list(settings.loc[settings["diverged"] > 0, "variant"].unique())
    with_crosses = with_crosses if lowest is None else []
    rows = len(with_crosses) + below
    reserved = _CROSS_ROW * style.crowding() * rows + 0.02 if rows else 0.0
    ranges.limit_metric(axes, drawn, wording.metric.metric, min(reserved, 0.6), lowest)
    ranges.learning_rate_axis(axes, settings["learning_rate"], wording, share=0.75)
    runs = without_diverged(runs)
    for variant in variants.itertuples():
        members = settings[settings["variant"] == variant.variant]
        mine = runs[runs["setting"].isin(members["setting"])]
        values = mine[wording.metric.validation] * wording.metric.metric.scale
        draw_runs(axes, variant, mine["learning_rate"], values)
        draw_means(axes, variant, members)
        _draw_plateau(axes, variant, members)
        best = members[members["best_of_optimizer"] & members["mean"].notna()]
        colour = looks.optimizer_colour(variant.optimizer)
        axes.plot(
            best["learning_rate"] * variant.offset, best["mean"], zorder=5, **style.star(colour)
        )
    _draw_crosses(axes, settings, with_crosses, wording.metric)


def _draw_plateau(axes: Axes, variant: Any, members: pd.DataFrame) -> None:
    """Shade a variant's line wherever neighbouring learning rates are on the plateau.

    The line and not the ground below it, so that the plateaus of several optimizers stay apart.
    """
    members = members.dropna(subset="mean").sort_values("learning_rate")
    parts = (members["on_plateau"] != members["on_plateau"].shift()).cumsum()
    for _, part in members[members["on_plateau"]].groupby(parts):
        x = part["learning_rate"] * variant.offset
        axes.plot(x, part["mean"], **_plateau(looks.optimizer_colour(variant.optimizer), len(part)))


def _plateau(colour: str, settings: int) -> dict[str, Any]:
    """Return the look of a plateau of so many settings: of a single one a disc."""
    look = {"color": colour, "alpha": 0.25, "zorder": 1.5}
    if settings == 1:
        return look | {"marker": "o", "markersize": style.strokes(15), "markeredgewidth": 0.0}
    return look | {"linewidth": style.strokes(15), "solid_capstyle": "round"}


def _draw_crosses(
    axes: Axes, settings: pd.DataFrame, with_crosses: list[str], metric: StudyMetric
) -> None:
    """Draw a row of crosses at the worse edge for each variant with diverged runs.

    The numbers of runs are left out where the learning rates lie too close for them.
    """
    low, high = np.log10(axes.get_xlim())
    steps = np.diff(np.log10(sorted(settings["learning_rate"].unique())))
    digits = len(str(settings["runs"].max()))
    narrowest = _COUNT_WIDTH * (2 * digits + 3) * style.crowding() * (high - low)
    counted = not len(steps) or steps.min() > narrowest
    row_height = min(_CROSS_ROW * style.crowding(), 0.55 / max(len(with_crosses), 1))
    for setting in settings[settings["diverged"] > 0].itertuples():
        if setting.variant not in with_crosses:
            continue
        row = len(with_crosses) - 1 - with_crosses.index(setting.variant)
        x, y = setting.learning_rate, 0.03 + row * row_height
        text = f"{setting.diverged}/{setting.runs}" if counted else ""
        draw_cross(
            axes, x, _from_worse_edge(y, metric), text, looks.optimizer_colour(setting.optimizer)
        )


def _reported_look() -> dict[str, Any]:
    sizes = {"markersize": style.strokes(6), "markeredgewidth": style.strokes(1.1)}
    return _REPORTED | sizes


def _marks(settings: pd.DataFrame, points: pd.DataFrame, wording: Wording) -> list[Line2D]:
    """Return the legend's entries of all that is no variant."""
    marks = []
    averaged = settings[settings["mean"].notna()]
    if averaged["best_of_optimizer"].any():
        label = wording.say("best of its optimizer")
        marks.append(Line2D([], [], label=label, **style.star("0.35", 11)))
    if averaged["on_plateau"].any():
        label = wording.say("plateau: shown to be\nwithin the margin")
        marks.append(Line2D([], [], linestyle="", label=label, **_plateau("0.35", 1)))
    if len(points):
        marks.append(Line2D([], [], label=wording.say("reported value"), **_reported_look()))
    if settings["diverged"].any():
        marks.append(style.diverged_handle(wording.say("diverged runs")))
    return marks


def _note(settings: pd.DataFrame, wording: Wording) -> str:
    parts = [seeds_text(settings, wording)]
    averaged = (settings["runs"] - settings["diverged"]).max()
    if averaged == 0:
        parts.append(wording.say("All runs diverged."))
    elif averaged == 1:
        parts.append(wording.say("Line: the one run of each setting; one run has no interval."))
    else:
        parts.append(
            wording.say(
                "Line: mean over the seeds; bar: its 95 % t interval, each for itself; small "
                "points: the runs."
            )
        )
        parts.append(wording.plateau(settings["margin"].iloc[0]))
    if settings["diverged"].any():
        parts.append(wording.say("Diverged runs are in no mean."))
    parts += [collapsed_note(settings, wording), wording.ends, wording.choice, wording.selection]
    return wording.note(*parts)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_variants(tables, wording)
    found = tables.sensitivity
    shown = found[found["optimizer"].isin(tables.runs["optimizer"])]
    return sensitivity(tables.runs, tables.summary, tables.reported, wording, shown)
