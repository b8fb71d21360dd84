"""Draw how large updates were beside the weights, layer by layer."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.analysis.dynamics import evaluations, layer_number
from lr_atlas.analysis.finding import MOST
from lr_atlas.figures import looks, style
from lr_atlas.figures.settings import describe_settings, remarks, seeds_text
from lr_atlas.figures.steps_axis import decades_axis, step_axis
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.training.dynamics_file import END

#: See drawn.FigureText.
FIGURE = {
    "title": "Updates beside the weights, by layer",
    "reading": (
        "What a step changes, as a part of the weights: around a thousandth to a hundredth is "
        "usual. On the right the lowest learning rate at which most runs diverged, up to the "
        "step at which the loss exploded: which layer moved furthest."
    ),
    "section": "2. Learning rate",
    "place": 108,
    "needs": "steps",
    "caption": """
        Norm of the update of a step divided by the norm of the weights before it, a line per layer
        (its weights and biases together), the lighter the nearer to the inputs, of the study
        ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}). A row per optimizer: on the
        left its best setting, at the last step before each evaluation; on the right the lowest
        learning rate at which most runs diverged, at each of the last steps up to the one whose
        loss exploded, or, where none diverged, the highest one of its grid. A line is the median
        over the seeds, its band reaches from the smallest to the largest value.

        Around a thousandth to a hundredth is usual; a step that changes a layer by a third of its
        weights leaves what the layer has learned.

        Limits: single steps, each of one batch. An update of exactly 0 is not on the axis. What is
        usual is a rule of thumb, and another for each kind of layer.
    """,
}

TRANSLATIONS = {
    "es": {
        "Updates beside the weights, by layer: {study}": (
            "Actualizaciones respecto a los pesos, por capa: {study}"
        ),
        "update / weights": "actualización / pesos",
        "{setting} (best)": "{setting} (la mejor)",
        "{setting} ({remark})": "{setting} ({remark})",
        "{setting} (highest of the others)": "{setting} (la más alta de las otras)",
        "Line: median over the seeds; band: smallest to largest value. An update of exactly 0 is "
        "not on the axis.": (
            "Línea: mediana de las semillas; banda: del valor menor al mayor. Una actualización "
            "de exactamente 0 no está en el eje."
        ),
        "On the right the last steps before the loss exploded.": (
            "A la derecha, los últimos pasos antes de que la pérdida se disparase."
        ),
    },
}
#: With more layers than that the legend names the first, the middle and the last one.
_MOST_NAMED = 6
#: The title of a panel has room for so many, in the letters of the design.
_TITLE_CHARACTERS = 34
_NONE = pd.Series(dtype=float)
#: Rows of panels: those of the optimizers that come first.
_MOST_OPTIMIZERS = 8


@dataclass(frozen=True)
class _Panel:
    """A panel: a setting, its title, and the rows that are drawn."""

    title: str
    rows: pd.DataFrame


def has_content(tables: StudyTables) -> bool:
    """Return whether any update was recorded."""
    return len(tables.dynamics) > 0


@style.themed
def update_ratios(
    dynamics: pd.DataFrame, runs: pd.DataFrame, optimizers: pd.DataFrame, wording: Wording
) -> Figure:
    """Draw the update of each layer beside its weights, a row of panels per optimizer.

    dynamics: the table of collect_dynamics. runs: that with a row per run. optimizers: that of
    the analysis, of which best_setting is used.
    """
    settings = describe_settings(runs, wording)
    best = dict(optimizers[["optimizer", "best_setting"]].to_numpy())
    names = [each for each in settings["optimizer"].unique() if best.get(each)][:_MOST_OPTIMIZERS]
    title = wording.say("Updates beside the weights, by layer: {study}", study=wording.study)
    if not names:
        names = list(settings["optimizer"].unique())[:_MOST_OPTIMIZERS]
    figure = style.new_figure(10, 1.4 + 2.3 * len(names), 1.6 + 1.5 * len(names))
    grid = figure.subplots(len(names), 2, squeeze=False, sharey="row")
    exploded = False
    for row, name in zip(grid, names, strict=True):
        members = settings[settings["optimizer"] == name]
        panels = [_best(dynamics, members, best.get(name), wording)]
        panels.append(_too_large(dynamics, members, best.get(name), wording))
        values = pd.concat([panel.rows["update_ratio"] for panel in panels if panel] or [_NONE])
        for axes, panel in zip(row, panels, strict=True):
            if panel is None or panel.rows.empty:
                axes.remove()
                continue
            exploded |= bool((panel.rows["of"] == END).any())
            _draw(axes, panel, wording)
            decades_axis(axes, values)
        for axes in [axes for axes in row if axes in figure.axes][:1]:
            axes.set_ylabel(wording.say("update / weights"))
    figure.legend(handles=_layers(dynamics, wording), alignment="left", loc="outside right center")
    notes = [
        seeds_text(settings, wording),
        wording.say(
            "Line: median over the seeds; band: smallest to largest value. An update of exactly 0 "
            "is not on the axis."
        ),
    ]
    if exploded:
        notes.append(wording.say("On the right the last steps before the loss exploded."))
    style.describe(figure, title, wording.note(*notes, wording.choice))
    return figure


def _best(
    dynamics: pd.DataFrame, members: pd.DataFrame, best: str | None, wording: Wording
) -> _Panel | None:
    found = members[members["setting"] == best]
    if found.empty:
        return None
    rows = evaluations(dynamics[dynamics["setting"] == best])
    rows = rows[rows["status"] != "diverged"]
    return _Panel(wording.say("{setting} (best)", setting=found["label"].iloc[0]), rows)


def _too_large(
    dynamics: pd.DataFrame, members: pd.DataFrame, best: str | None, wording: Wording
) -> _Panel | None:
    """Return the lowest learning rate of which most runs diverged, or else the highest one."""
    diverged = members[members["diverged"] / members["runs"] > MOST]
    for setting in diverged.sort_values("learning_rate", kind="stable").itertuples():
        rows = dynamics[(dynamics["setting"] == setting.setting) & (dynamics["of"] == END)]
        if len(rows):
            remark = remarks(setting, wording)
            title = wording.say("{setting} ({remark})", setting=setting.label, remark=remark)
            return _Panel(title, rows)
    others = members[members["setting"] != best]
    if others.empty:
        return None
    highest = others.loc[others["learning_rate"].idxmax()]
    rows = evaluations(dynamics[dynamics["setting"] == highest["setting"]])
    return _Panel(wording.say("{setting} (highest of the others)", setting=highest["label"]), rows)


def _draw(axes: Axes, panel: _Panel, wording: Wording) -> None:
    rows = panel.rows[panel.rows["update_ratio"].gt(0) & np.isfinite(panel.rows["update_ratio"])]
    count = panel.rows["layer"].max()
    for layer, mine in rows.groupby("layer"):
        by_step = mine.groupby("step")["update_ratio"].agg(["median", "min", "max"])
        colour = _colour(int(layer), count)
        if len(by_step) == 1:
            axes.plot(by_step.index, by_step["median"], color=colour, marker="o")
            continue
        axes.fill_between(
            by_step.index, by_step["min"], by_step["max"], color=colour, alpha=0.15, linewidth=0
        )
        axes.plot(by_step.index, by_step["median"], color=colour, linewidth=style.strokes(1.6))
    steps = panel.rows["step"]
    first = steps.min() if (panel.rows["of"] == END).all() else 0
    step_axis(axes, steps.max(), first)
    axes.set_title(style.wrap(panel.title, _TITLE_CHARACTERS))
    axes.set_xlabel(wording.say("step"))
    axes.tick_params(labelleft=True)


def _colour(layer: int, count: int) -> str:
    return looks.scale_colour((layer - 1) / max(1, count - 1))


def _layers(dynamics: pd.DataFrame, wording: Wording) -> list[Line2D]:
    """Return the legend's entries, of the network with the most layers."""
    count = dynamics["layer"].max()
    run = dynamics.loc[dynamics["layer"].idxmax(), "run"]
    named = dynamics[dynamics["run"] == run].drop_duplicates("layer").set_index("layer")
    shown = range(1, count + 1) if count <= _MOST_NAMED else (1, (count + 1) // 2, count)
    numbers = {layer: layer_number(layer, str(named.loc[layer, "layer_name"])) for layer in shown}
    labels = {
        layer: wording.say("layer {number}", number=number) for layer, number in numbers.items()
    }
    return [
        Line2D([], [], color=_colour(layer, count), label=label) for layer, label in labels.items()
    ]


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return update_ratios(tables.dynamics, tables.runs, tables.optimizers, wording)
