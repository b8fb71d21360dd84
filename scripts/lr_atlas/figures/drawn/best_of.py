"""Draw the expected best of a search of k random settings."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import looks, style
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Expected best of k settings",
    "reading": "How good an optimizer is for whoever can try only k settings of this grid.",
    "section": "2. Learning rate",
    "place": 80,
    "caption": """
        Final validation {{ snakemake.params.metric }} to be expected of the best of k settings,
        drawn at random without replacement from those that the optimizer was run with, study
        ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}). A setting counts with its
        mean over the seeds, a diverged run as guessing, without a look at the input.

        The left end is what an untuned choice gives, the right end the best of the grid; a flat
        line belongs to an optimizer that hardly needs tuning. Where lines cross, the better
        optimizer depends on how many settings one can afford (Dodge et al. 2019; Sivaprasad et al.
        2020).

        Limits: all depends on the grid. A grid laid around known good values flatters its
        optimizer; compare optimizers only where their grids are alike in number and range.
        {{ snakemake.params.validation_note }}
    """,
}

_MOST_ON_LINEAR_AXIS = 40


@style.themed
def best_of(table: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the expected final value of the best of k settings, a line per optimizer.

    `table` has the columns optimizer, k, expected and settings, a row per optimizer and k.
    """
    optimizers = sorted(table["optimizer"].unique(), key=looks.optimizer_rank)
    figure = style.new_figure(9, 4.4)
    axes = figure.subplots()
    for optimizer in optimizers:
        mine = table[table["optimizer"] == optimizer].sort_values("k")
        label = _label(optimizer, int(mine["settings"].iloc[0]), wording)
        look: dict[str, Any] = {
            "color": looks.optimizer_colour(optimizer),
            "label": label,
            "clip_on": False,
        }
        if len(mine) <= _MOST_ON_LINEAR_AXIS:
            look |= {"marker": "o", "markersize": style.strokes(4.5)}
        axes.plot(mine["k"], mine["expected"] * wording.metric.metric.scale, **look)
    _axes(axes, table, wording)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.03))
    title = wording.say("Expected best of k settings: {study}", study=wording.study)
    note = wording.note(
        wording.of_metric(
            "Expected final validation {metric} of the best of k settings, drawn at random without "
            "replacement from those that the optimizer was run with."
        ),
        wording.say("A setting counts with its mean over the seeds, a diverged run as guessing."),
        wording.say("It depends on the grid: compare optimizers only where their grids are alike."),
        wording.ends,
        wording.choice,
    )
    style.describe(figure, title, note)
    return figure


def _label(optimizer: str, settings: int, wording: Wording) -> str:
    name = looks.optimizer_name(optimizer)
    if settings == 1:
        return wording.say("{optimizer} (one setting)", optimizer=name)
    return wording.say(
        "{optimizer} ({settings} settings)", optimizer=name, settings=wording.count(settings)
    )


def _axes(axes: Axes, table: pd.DataFrame, wording: Wording) -> None:
    most = int(table["k"].max())
    axes.set_xlabel(wording.say("k, number of settings tried"))
    axes.set_ylabel(wording.final_label)
    metric = wording.metric.metric
    ranges.limit_metric(axes, table["expected"].to_numpy(float) * metric.scale, metric)
    if most > _MOST_ON_LINEAR_AXIS:
        axes.set_xscale("log")
        axes.set_xlim(1, most)
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
        return
    axes.set_xlim(0.5 if most == 1 else 1 - 0.02 * most, most + (0.5 if most == 1 else 0.02 * most))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return best_of(tables.best_of, wording)
