"""Sharpness over the steps, against what each learning rate bears."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.analysis.dynamics import evaluations, with_curvature
from lr_atlas.figures import looks, style
from lr_atlas.figures.rates import add_key, look
from lr_atlas.figures.settings import describe_settings, seeds_text
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.spread import draw_line, mean_and_spread, spread_note, without_diverged
from lr_atlas.figures.steps_axis import decades_axis, step_axis
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Sharpness, and what the learning rate bears",
    "reading": (
        "Solid: the largest eigenvalue of the Hessian of the training loss, of Adam, AdamW and "
        "RMSprop that of the preconditioned one. Dotted, in the same colour: the value above which "
        "steps with that learning rate grow; a good high rate stays just below it."
    ),
    "section": "2. Learning rate",
    "place": 109,
    "needs": "steps",
    "caption": """
        Largest eigenvalue of the Hessian of the training loss after each evaluation, on a fixed
        batch of up to 500 training examples in evaluation mode, by Lanczos' method with
        Hessian-vector products; study ``{{ snakemake.params.study }}``
        ({{ snakemake.params.seeds }}), a panel per optimizer. A line is the mean over the seeds,
        its band reaches from the smallest to the largest value; the darker a line, the higher the
        learning rate. Dotted: the threshold of gradient descent with that learning rate: 2/lr,
        with momentum m (2 + 2m)/lr, with Nesterov's (2 + 2m)/((1 + 2m) lr). Adam, AdamW and RMSprop
        divide the step of each weight by a root of its squared gradients: of these the eigenvalue
        is that of the Hessian divided likewise, and the threshold of Adam is
        (2 + 2 beta1)/((1 - beta1) lr).

        Training at the edge of stability stays around the dotted line of its colour (Cohen et al.
        2021, 2022); a line far below it has room for a higher learning rate.

        Limits: the threshold is that of full batches. Mini-batches keep sharpness below it. Other
        optimizers have panels without dotted lines.
    """,
}

TRANSLATIONS = {
    "es": {
        "Sharpness, and what the learning rate bears: {study}": (
            "Curvatura máxima y la que soporta la tasa de aprendizaje: {study}"
        ),
        "largest eigenvalue of the Hessian": "mayor autovalor de la hessiana",
        "what the learning rate bears": "lo que soporta la tasa de aprendizaje",
        "{optimizer}, preconditioned": "{optimizer}, precondicionada",
        "On up to 500 training examples. Dotted: 2 divided by the learning rate of SGD, and more "
        "with momentum; of Adam and RMSprop that of the preconditioned Hessian.": (
            "Con hasta 500 ejemplos de entrenamiento. Punteada: 2 dividido por la tasa de "
            "aprendizaje de SGD, y más con momento; de Adam y RMSprop, la de la hessiana "
            "precondicionada."
        ),
    },
}


def has_content(tables: StudyTables) -> bool:
    """Return whether sharpness was asked for."""
    return len(tables.dynamics) > 0 and bool(tables.dynamics["sharpness"].notna().any())


@style.themed
def sharpness(dynamics: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the sharpness against the step, and the thresholds, a panel per optimizer.

    dynamics: the table of collect_dynamics. runs: that with a row per run.
    """
    rows = with_curvature(evaluations(dynamics))
    rows = without_diverged(rows[(rows["layer"] == 1) & rows["curvature"].gt(0)])
    settings = describe_settings(runs, wording)
    title = wording.say("Sharpness, and what the learning rate bears: {study}", study=wording.study)
    with_lines = settings[settings["setting"].isin(rows["setting"])]
    names = list(with_lines["optimizer"].unique())
    if not names:
        return style.in_words(title, spread_note(settings, wording), seeds_text(settings, wording))
    columns = min(2, len(names))
    down = -(-len(names) // columns)
    figure = style.new_figure(10, 1.4 + 2.8 * down, 1.6 + 2 * down)
    grid = figure.subplots(down, columns, squeeze=False, sharey=True).ravel()
    for axes in grid[len(names) :]:
        axes.remove()
    for axes, name in zip(grid, names, strict=False):
        members = with_lines[with_lines["optimizer"] == name]
        decades_axis(axes, pd.concat([rows["curvature"], rows["threshold"]]))
        for setting in members.itertuples():
            mine = rows[rows["setting"] == setting.setting]
            summary = mean_and_spread(mine, "step", "curvature")
            draw_line(axes, summary.index, summary, 1.0, **look(setting))
            bears = mine.groupby("step")["threshold"].mean().dropna()
            style_of_line = look(setting) | {"linestyle": ":", "linewidth": style.strokes(1.2)}
            axes.plot(bears.index, bears, **style_of_line)
        is_other = rows[rows["setting"].isin(members["setting"])][
            "preconditioned_sharpness"
        ].notna()
        title_of = wording.say("{optimizer}, preconditioned", optimizer=looks.optimizer_name(name))
        axes.set_title(title_of if is_other.any() else looks.optimizer_name(name))
        axes.set_xlabel(wording.say("step"))
        axes.tick_params(labelleft=True)
        step_axis(axes, rows["step"].max())
        add_key(figure, [axes], members, wording)
    for axes in grid[: len(names) : columns]:
        axes.set_ylabel(wording.say("largest eigenvalue of the Hessian"))
    dotted = Line2D([], [], color="0.3", linestyle=":")
    dotted.set_label(wording.say("what the learning rate bears"))
    if rows["threshold"].notna().any():
        figure.legend(handles=[dotted], loc="outside upper right")
    note = wording.say(
        "On up to 500 training examples. Dotted: 2 divided by the learning rate of SGD, and more "
        "with momentum; of Adam and RMSprop that of the preconditioned Hessian."
    )
    seeds, spread = seeds_text(settings, wording), spread_note(settings, wording)
    style.describe(figure, title, wording.note(seeds, spread, note, wording.selection))
    return figure


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return sharpness(tables.dynamics, tables.runs, wording)
