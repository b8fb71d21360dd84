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
        "jumps, or leaves the figure at the top, where a red cross says that it diverged."
    ),
    "section": "1. Settings compared",
    "place": 40,
}


@style.themed
def loss_curves(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw training loss over epochs, a line per setting and a panel per optimizer."""
    settings = describe_settings(runs, wording)
    title = wording.say("Training loss over epochs: {study}", study=wording.study)
    loss = Measure("train_loss", ranges.loss_label(settings["loss"], wording))
    return over_epochs(epochs, runs, wording, title, loss)


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return loss_curves(tables.epochs, tables.runs, wording)
