"""The scatter of the test result by source of chance, and its share of the variance."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lr_atlas.config.variance_models import SOURCES
from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.fresh_seeds import ALL
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Scatter by source of chance",
    "reading": (
        "A source whose share is near 100 % brings by itself nearly all of the scatter; shares "
        "need not add up to 100 %."
    ),
    "section": "3. Test images",
    "place": 125,
    "caption": """
        How much the test result of the chosen setting of each optimizer scatters, study
        ``{{ snakemake.params.study }}``: on the left the standard deviation over runs in which all
        sources of chance differ, and of runs that differ in one alone; on the right the share of
        the latter in the variance of the former. Points are estimates, bars 95 % intervals for
        normal values, each for itself.

        From each of n fresh seeds there is a run in which all sources differ, and for each source
        one that differs from it in that source alone: initial weights; the order of the batches,
        with dropout and transforms; which training images are held out; and the last bits of the
        initial weights, which stand for another library's rounding.

        Limits: sources that act together count in each, so shares may add up to more than 100 %.
        With few seeds the intervals are wide, and they lean on runs being about normally
        distributed. A source with runs that diverged is left out; ``variance.csv`` says so.
    """,
}
TRANSLATIONS = {
    "es": {
        "Scatter by source of chance: {study}": "Dispersión según la fuente de azar: {study}",
        "standard deviation\n(points of {metric})": "desviación típica\n(puntos de {metric})",
        "standard deviation\nof {metric}{unit}": "desviación típica\nde {metric}{unit}",
        "share of the variance (%)": "parte de la varianza (%)",
        "n = {n} fresh seeds or more; bars are 95 % intervals.": (
            "n = {n} semillas nuevas o más; las barras son intervalos del 95 %."
        ),
        "Shares need not add up to 100 %: sources that act together count in each.": (
            "Las partes no tienen por qué sumar 100 %: las fuentes que actúan juntas cuentan en "
            "cada una."
        ),
        "Of no source there are two runs that did not diverge.": (
            "De ninguna fuente hay dos ejecuciones que no divergieran."
        ),
    }
}
_ROW = 0.3  # inches of the design, of each source
_APART = 0.5  # of a row, which the optimizers share


def _source_names(wording: Wording) -> dict[str, str]:
    return {
        ALL: wording.say("all together"),
        "initialisation": wording.say("initial weights"),
        "order": wording.say("order of batches"),
        "split": wording.say("split of images"),
        "rounding": wording.say("rounding"),
    }


@style.themed
def variance(found: pd.DataFrame, wording: Wording) -> Figure:
    """Draw standard deviation and share of each source, a colour per optimizer.

    found: the table of variance_by_source.
    """
    title = wording.say("Scatter by source of chance: {study}", study=wording.study)
    measured = found[found["std"].notna()]
    if measured.empty:
        reason = wording.say("Of no source there are two runs that did not diverge.")
        return style.in_words(title, reason, "")
    sources = [source for source in (ALL, *SOURCES) if source in set(measured["source"])]
    optimizers = sorted(measured["optimizer"].unique(), key=looks.optimizer_rank)
    height = 1.6 + len(sources) * _ROW * max(2, len(optimizers)) ** 0.7
    figure = style.new_figure(9, height, 1.4 + 0.21 * len(optimizers))
    left, right = figure.subplots(1, 2, sharey=True)
    offsets = np.linspace(-1, 1, len(optimizers)) * _APART / 2 if len(optimizers) > 1 else [0.0]
    scale = wording.metric.metric.scale
    for optimizer, offset in zip(optimizers, offsets, strict=True):
        own = measured[measured["optimizer"] == optimizer]
        places = np.array([sources.index(source) for source in own["source"]]) + offset
        colour = looks.optimizer_colour(optimizer)
        _draw(left, own, "std", places, colour=colour, scale=scale)
        _draw(right, own, "share", places, colour=colour, scale=ranges.PER_CENT)
    names = _source_names(wording)
    left.set_yticks(range(len(sources)), [names[source] for source in sources])
    left.set_ylim(len(sources) - 0.5, -0.5)
    left.set_xlim(left=0)
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(3))
    left.set_xlabel(_label(wording))
    right.set_xlim(0, ranges.PER_CENT)
    right.set_xlabel(wording.say("share of the variance (%)"))
    for axes in (left, right):
        axes.grid(axis="y", visible=False)
    handles = [
        Line2D([], [], label=looks.optimizer_name(name), **_point(looks.optimizer_colour(name)))
        for name in optimizers
    ]
    right.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.03))
    style.describe(figure, title, _note(measured, wording))
    return figure


def _label(wording: Wording) -> str:
    if wording.metric.is_share:
        return wording.of_metric("standard deviation\n(points of {metric})")
    unit = wording.metric.in_unit_of_difference
    return wording.of_metric("standard deviation\nof {metric}{unit}", unit=unit)


def _draw(
    axes: Axes, own: pd.DataFrame, name: str, places: np.ndarray, *, colour: str, scale: float
) -> None:
    value, low, high = (
        own[f"{name}{end}"].to_numpy(dtype=float) * scale for end in ("", "_low", "_high")
    )
    known = np.isfinite(value)
    axes.hlines(places[known], low[known], high[known], color=colour, linewidth=style.strokes(1.8))
    axes.plot(value[known], places[known], clip_on=False, **_point(colour))


def _point(colour: str) -> dict[str, Any]:
    return {
        **{"marker": "o", "linestyle": "", "color": colour, "markersize": style.strokes(5)},
        "zorder": 3,
    }


def _note(measured: pd.DataFrame, wording: Wording) -> str:
    fewest = int(measured["n"].min())
    return wording.note(
        wording.say("n = {n} fresh seeds or more; bars are 95 % intervals.", n=fewest),
        wording.say("Shares need not add up to 100 %: sources that act together count in each."),
    )


def has_content(tables: StudyTables) -> bool:
    """Return whether a study varied single sources of chance."""
    return not tables.variance.empty


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return variance(tables.variance, wording)
