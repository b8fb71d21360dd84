"""Training loss of all settings over epochs."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import Measure, over_epochs
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Training loss over epochs",
    "reading": (
        "A learning rate that is too low falls slowly; one that is too high stays high, "
        "jumps, or leaves the figure at the top, where a red cross says that it diverged. Where "
        "schedules change the learning rate, the lowest panel shows how."
    ),
    "section": "1. Settings compared",
    "place": 40,
    "caption": """
        Training loss of every setting of the study ``{{ snakemake.params.study }}`` after each
        epoch ({{ snakemake.params.seeds }}), a panel per optimizer or variant. A line is the mean
        over the seeds, its band reaches from the smallest to the largest value; the darker a line,
        the higher the learning rate. The axis is logarithmic where losses span more than a factor
        of 30. Of a study with more than 100 settings the best of each optimizer are shown; the note
        in the figure says how many.

        Read it from light to dark: too low a learning rate falls slowly, a good one fast and far,
        one that is too high falls early and then stays where it is, jumps, or diverges. A diverged
        run is a thin line that leaves the axis at the upper edge, with a red cross in the epoch
        that it did not complete; of those that diverged in the first epoch there is the cross
        alone, with the learning rate and how many runs they are.

        Where schedules change the learning rate, the momentum or the weight decay, the lowest panel
        shows which share of the value that is set each step had.

        Limits: a low training loss is no aim by itself; whether it helps on other images, the
        validation curves say. Settings may differ in their loss function, where the axis says so.
    """,
}


@style.themed
def loss_curves(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    wording: Wording,
    schedules: pd.DataFrame | None = None,
) -> Figure:
    """Draw training loss over epochs, a line per setting and a panel per optimizer.

    schedules: how those of the study went, drawn below the panels if there are any.
    """
    settings = describe_settings(runs, wording)
    title = (
        wording.say("Training loss over steps: {study}", study=wording.study)
        if wording.by_steps
        else wording.say("Training loss over epochs: {study}", study=wording.study)
    )
    if len(epochs) and not epochs["train_loss"].notna().any():
        reason = wording.say("No training loss was measured.")
        return style.in_words(title, reason, "")
    loss = Measure("train_loss", ranges.loss_label(settings["loss"], wording))
    return over_epochs(epochs, runs, wording, title, loss, schedules=schedules)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return loss_curves(tables.epochs, tables.runs, wording, tables.schedules)
