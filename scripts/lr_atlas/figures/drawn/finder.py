"""The loss of range tests against the learning rate, over what the grid has measured."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from lr_atlas.analysis.learning_rates import siblings
from lr_atlas.analysis.range_test_rates import METHODS, read_until, smoothed
from lr_atlas.figures import looks, style
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "The learning-rate finder against what was measured",
    "reading": (
        "Above, the loss while the learning rate rises; marks are what it suggests. Below, the "
        "same suggestions on the measured {metric}: how far from the star, and how deep."
    ),
    "section": "2. Learning rate",
    "place": 15,
    "caption": """
        Above: range tests of study ``{{ snakemake.params.study }}``: the loss of each training
        step, smoothed, while the learning rate rises by the same factor at each step. A line is the
        geometric mean over the tests of an optimizer, which differ in the seed, the band reaches
        from the lowest to the highest; it ends where the first of them is lost (four times its
        smallest loss), and what rises far above the first loss is cut off. Below: the mean final
        validation {{ snakemake.params.metric }} of those settings that have all but the learning
        rate in common with the test, and the star at the best of them. Circles and squares are the
        suggested rates, the steepest descent and the middle of the longest descent; below they lie
        on the lines between measured rates.

        A mark far from its star means that the finder would have led astray; one that lies as high
        as the star, that this costs nothing.

        Limits: the line between measured rates is an interpolation; marks beyond the measured rates
        are not drawn below. The loss of a range test depends on the number of its steps and on the
        rate that it begins with. {{ snakemake.params.validation_note }}
    """,
}
TRANSLATIONS = {
    "es": {
        "The learning-rate finder against what was measured: {study}": (
            "El buscador de tasas de aprendizaje frente a lo medido: {study}"
        ),
        "smoothed loss": "pérdida suavizada",
        "Above: {count} range tests of each optimizer; band: lowest to highest.": (
            "Arriba: {count} pruebas de rango de cada optimizador; banda: de la menor a la mayor."
        ),
        "Below: means of the settings that have all but the learning rate in common with the "
        "test; between measured rates the line is an interpolation.": (
            "Abajo: medias de las configuraciones que tienen todo salvo la tasa de aprendizaje en "
            "común con la prueba; entre tasas medidas la línea es una interpolación."
        ),
    }
}

#: Up to so many times the loss of the first step is drawn.
_HIGHEST = 1.5
_MARKERS = dict(zip(METHODS, ("o", "s"), strict=True))


@style.themed
def finder(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the range tests of each optimizer, and below them what the grid measured."""
    found = tables.finder
    optimizers = list(dict.fromkeys(found["optimizer"]))
    figure = style.new_figure(9, 6.6, max(1.4 + 0.21 * (len(optimizers) + 3), style.TWO_PANELS))
    upper, lower = figure.subplots(2, 1, sharex=True)
    for optimizer in optimizers:
        suggested = found[found["optimizer"] == optimizer]
        own = tables.range_tests[tables.range_tests["optimizer"] == optimizer]
        _draw_tests(upper, own, suggested, looks.optimizer_colour(optimizer))
        _draw_measured(lower, tables, suggested, looks.optimizer_colour(optimizer))
    for axes in (upper, lower):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    _limit(upper, tables.range_tests)
    upper.set_ylabel(wording.say("smoothed loss"))
    lower.set_ylabel(wording.final_label)
    lower.set_xlabel(wording.say("learning rate"))
    handles = [
        Line2D([], [], color=looks.optimizer_colour(name), label=looks.optimizer_name(name))
        for name in optimizers
    ]
    labels = (wording.say("steepest descent"), wording.say("valley"))
    handles += [
        Line2D([], [], label=label, **_mark(marker, "0.35"))
        for marker, label in zip(_MARKERS.values(), labels, strict=True)
    ]
    handles.append(
        Line2D([], [], label=wording.say("best measured rate"), **style.star("0.35", 11))
    )
    upper.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.03))
    title = wording.say(
        "The learning-rate finder against what was measured: {study}", study=wording.study
    )
    style.describe(figure, title, _note(found, wording))
    return figure


def _limit(axes: Axes, range_tests: pd.DataFrame) -> None:
    """End the losses where they are well above those at the beginning: what explodes is cut off."""
    if range_tests.empty:
        return
    first = range_tests.loc[range_tests["step"] == 1, "loss"].max()
    lowest, highest = axes.get_ylim()
    axes.set_ylim(lowest, min(highest, max(lowest + 1e-9, _HIGHEST * first)))


def _draw_tests(axes: Axes, own: pd.DataFrame, suggested: pd.DataFrame, colour: str) -> None:
    """Draw the mean of the smoothed losses and their band, up to where the first test is lost."""
    curves = [smoothed(test["loss"].to_numpy(dtype=float)) for _, test in own.groupby("seed")]
    steps = min(map(read_until, curves), default=0)
    if not steps:
        return
    rates = np.sort(own["learning_rate"].unique())[:steps]
    losses = np.array([curve[:steps] for curve in curves])
    middle = np.exp(np.log(np.maximum(losses, 1e-12)).mean(axis=0))
    axes.plot(rates, middle, color=colour, linewidth=style.strokes(1.6))
    axes.fill_between(rates, losses.min(axis=0), losses.max(axis=0), color=colour, alpha=0.2, lw=0)
    for row in suggested.dropna(subset="suggested").itertuples():
        height = np.interp(np.log10(row.suggested), np.log10(rates), middle)
        axes.plot([row.suggested], [height], **_mark(_MARKERS[row.method], colour))


def _draw_measured(axes: Axes, tables: StudyTables, suggested: pd.DataFrame, colour: str) -> None:
    """Draw the measured means of the test's line, its best rate, and the suggestions on it."""
    line = measured_line(tables, suggested)
    if line.empty:
        return
    rates, means = (line[name].to_numpy(dtype=float) for name in ("learning_rate", "score"))
    axes.plot(rates, means, color=colour, marker=".", linewidth=style.strokes(1.6))
    best = suggested["best_learning_rate"].dropna()
    if len(best):
        height = np.interp(np.log10(best.iloc[0]), np.log10(rates), means)
        axes.plot([best.iloc[0]], [height], zorder=5, **style.star(colour))
    for row in suggested.dropna(subset="suggested").itertuples():
        if rates[0] <= row.suggested <= rates[-1]:
            height = np.interp(np.log10(row.suggested), np.log10(rates), means)
            axes.plot([row.suggested], [height], **_mark(_MARKERS[row.method], colour))


def measured_line(tables: StudyTables, suggested: pd.DataFrame) -> pd.DataFrame:
    """Return the learning rates of the settings that a range test is held against, and the scores.

    As shown, the rates rising; from the table of settings. suggested: the rows of one optimizer.
    """
    names = [name for name in suggested["setting"] if name]
    summary = tables.summary
    if not names or names[0] not in set(summary["setting"]):
        return pd.DataFrame(columns=["learning_rate", "score"])
    line = siblings(summary, names[0])
    return line.assign(score=line["score"] * tables.metric.metric.scale)


def _mark(marker: str, colour: str) -> dict[str, Any]:
    return {
        **{"marker": marker, "linestyle": "", "color": "white", "markeredgecolor": colour},
        **{"markersize": style.strokes(7), "markeredgewidth": style.strokes(1.8), "zorder": 6},
    }


def _note(found: pd.DataFrame, wording: Wording) -> str:
    return wording.note(
        wording.say(
            "Above: {count} range tests of each optimizer; band: lowest to highest.",
            count=int(found["n"].max()),
        ),
        wording.say(
            "Below: means of the settings that have all but the learning rate in common with the "
            "test; between measured rates the line is an interpolation."
        ),
        wording.ends,
        wording.choice,
    )


def has_content(tables: StudyTables) -> bool:
    """Return whether a study made range tests."""
    return not tables.finder.empty


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return finder(tables, wording)
