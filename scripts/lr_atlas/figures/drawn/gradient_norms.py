"""Gradient norms of all settings over the steps."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.analysis.dynamics import evaluations
from lr_atlas.figures import style
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.steps_axis import step_axis
from lr_atlas.figures.trajectories import Measure, diverged_note, label_x, trajectories
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Gradient norms over the steps",
    "reading": (
        "A norm that falls with the loss is sound; one that rises with the learning rate says that "
        "steps leave the valley, one that is near 0 while the loss is high that units are dead."
    ),
    "section": "1. Settings compared",
    "place": 52,
    "needs": "steps",
    "caption": """
        Norm of the gradient of all weights, of the batch of the last step before each evaluation,
        for every setting of the study ``{{ snakemake.params.study }}``
        ({{ snakemake.params.seeds }}), a panel per optimizer or variant. A line is the mean over
        the seeds, its band reaches from the smallest to the largest value; the darker a line, the
        higher the learning rate. The axis is logarithmic where norms span more than a factor of 30.

        A norm that falls with the loss is sound. One that rises with the learning rate says that
        steps leave the valley; one that is near 0 while the loss is high, that units are dead.

        Limits: the gradient of one batch, which varies from batch to batch, the more the smaller
        they are. A run that diverged before its first evaluation has no line.
    """,
}

TRANSLATIONS = {
    "es": {
        "Gradient norms over the steps: {study}": "Normas del gradiente por paso: {study}",
        "norm of the gradient": "norma del gradiente",
        "Each point: the batch of the last step before an evaluation.": (
            "Cada punto: el lote del último paso antes de una evaluación."
        ),
    },
}


def has_content(tables: StudyTables) -> bool:
    """Return whether any gradient was recorded at an evaluation."""
    return len(tables.dynamics) > 0 and len(evaluations(tables.dynamics)) > 0


@style.themed
def gradient_norms(dynamics: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the norm of the gradient against the step, a line per setting.

    dynamics: the table of collect_dynamics. runs: that with a row per run.
    """
    rows = evaluations(dynamics)
    rows = rows[rows["layer"] == 1]
    rows = rows.assign(x=rows["step"], epoch=rows["step"])
    title = wording.say("Gradient norms over the steps: {study}", study=wording.study)
    measure = Measure("gradient_norm", wording.say("norm of the gradient"))
    notes = [
        wording.say("Each point: the batch of the last step before an evaluation."),
        diverged_note(runs, wording),
    ]
    figure, panels = trajectories(
        rows, runs, wording, title, measure, notes=notes, first=float(rows["step"].min())
    )
    for axes in panels:
        step_axis(axes, rows["step"].max())
    label_x(panels, wording.say("step"))
    return figure


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return gradient_norms(tables.dynamics, tables.runs, wording)
