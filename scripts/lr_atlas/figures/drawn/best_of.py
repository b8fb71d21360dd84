"""Draw the expected best of a search of k random settings."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
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
        mean over the seeds, a diverged run as guessing, without a look at the input. Lines are
        chosen on all seeds but one and measured on that one, each in turn: the best of several
        means is too high by its luck, which the dotted lines have in them. Shaded on the left:
        their 95 % interval over the seeds (Student's t with the jackknife's error; three seeds or
        more). Shaded on the right: where the best of k lies in 95 % of all draws of k settings,
        apart from the seeds.

        The left end is what an untuned choice gives, the right end the best of the grid; a flat
        line belongs to an optimizer that hardly needs tuning. Where lines cross, the better
        optimizer depends on how many settings one can afford (Dodge et al. 2019; Tang et al. 2020;
        Sivaprasad et al. 2020). Compare optimizers at the same k, which all have up to the fewest
        settings of any.

        Limits: all depends on the grid. A grid laid around known good values flatters its
        optimizer; compare optimizers only where their grids are alike in number and range.
        {{ snakemake.params.validation_note }}
    """,
}

_MOST_ON_LINEAR_AXIS = 40


@style.themed
def best_of(table: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the expected final value of the best of k settings, a line per optimizer.

    `table` is that of random_search.best_of_table. With two seeds or more a line is the corrected
    value, with its interval over the seeds in one panel, and the range over draws in another.
    """
    table = _as_shown(table, wording)
    is_corrected = table["corrected"].notna().any()
    figure = style.new_figure(9, 4.4)
    panels = figure.subplots(1, 2 if is_corrected else 1, squeeze=False)[0]
    bands = _BANDS if is_corrected else {None: "expected"}
    for axes, band in zip(panels, bands, strict=True):
        for optimizer in sorted(table["optimizer"].unique(), key=looks.optimizer_rank):
            mine = table[table["optimizer"] == optimizer].sort_values("k")
            _draw(axes, mine, _label(optimizer, int(mine["settings"].iloc[0]), wording), band)
        _axes(axes, table, wording)
        drawn = ["corrected", *band, "expected"] if band else ["expected"]
        metric = wording.metric.metric
        ranges.limit_metric(axes, table[drawn].to_numpy(float), metric)
    panels[0].set_ylabel(wording.final_label)
    handles = [line for line in panels[0].get_lines() if not line.get_label().startswith("_")]
    if is_corrected:
        for axes, title in zip(panels, _titles(wording), strict=True):
            axes.set_title(title, fontsize=style.letters(9))
        label = wording.say("by the runs that choose")
        handles = [*handles, Line2D([], [], color="0.3", label=label, **_chosen_by())]
    panels[-1].legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.03))
    title = wording.say("Expected best of k settings: {study}", study=wording.study)
    style.describe(figure, title, _note(table, wording, is_corrected))
    return figure


#: The ends of each panel's bands.
_BANDS = {("corrected_low", "corrected_high"): "seeds", ("drawn_low", "drawn_high"): "draws"}


def _as_shown(table: pd.DataFrame, wording: Wording) -> pd.DataFrame:
    """Return the table with its values as they are shown; those that it lacks are empty."""
    values = ["expected", "corrected", *(end for ends in _BANDS for end in ends)]
    table = table.reindex(columns=[*dict.fromkeys([*table.columns, *values])])
    return table.assign(**(table[values].astype(float) * wording.metric.metric.scale))


def _draw(axes: Axes, mine: pd.DataFrame, label: str, band: tuple[str, str] | None) -> None:
    """Draw an optimizer's line. band: the columns of its ends; None if nothing is corrected."""
    colour = looks.optimizer_colour(mine["optimizer"].iloc[0])
    look: dict[str, Any] = {"color": colour, "label": label, "clip_on": False}
    if len(mine) <= _MOST_ON_LINEAR_AXIS:
        look |= {"marker": "o", "markersize": style.strokes(4.5)}
    is_corrected = band is not None and mine["corrected"].notna().any()
    axes.plot(mine["k"], mine["corrected" if is_corrected else "expected"], **look)
    if band is None or not is_corrected:
        return
    axes.plot(mine["k"], mine["expected"], color=colour, label="_", **_chosen_by())
    low, high = (mine[end] for end in band)
    axes.fill_between(mine["k"], low, high, color=colour, alpha=0.15, linewidth=0)
    if len(mine) == 1:  # of which an area shows nothing
        axes.plot([1, 1], [low.iloc[0], high.iloc[0]], color=colour, label="_", alpha=0.4)


def _chosen_by() -> dict[str, Any]:
    return {"linestyle": ":", "linewidth": style.strokes(1.2)}


def _titles(wording: Wording) -> tuple[str, str]:
    return (
        wording.say("shaded: 95 % interval over the seeds"),
        wording.say("shaded: 95 % of all draws of k"),
    )


def _note(table: pd.DataFrame, wording: Wording, is_corrected: bool) -> str:
    parts = [
        wording.of_metric(
            "Expected final validation {metric} of the best of k settings, drawn at random without "
            "replacement from those that the optimizer was run with."
        ),
        wording.say("A setting counts with its mean over the seeds, a diverged run as guessing."),
    ]
    if is_corrected:
        parts.append(
            wording.say(
                "Lines: chosen on all seeds but one and measured on that one, so without the luck "
                "of the choice, which is in the dotted ones."
            )
        )
    if "same_k" in table and table["settings"].nunique() > 1:
        same = wording.count(int(table["same_k"].iloc[0]))
        parts.append(wording.say("All optimizers can be compared up to k = {same}.", same=same))
    parts.append(
        wording.say("It depends on the grid: compare optimizers only where their grids are alike.")
    )
    return wording.note(*parts, wording.ends, wording.choice)


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
