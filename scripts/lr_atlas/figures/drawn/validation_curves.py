"""Validation accuracy of all settings over epochs."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import over_epochs, validation_accuracy
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Validation accuracy over epochs",
    "reading": (
        "A line that still rises at the end was trained too briefly to be judged; lines "
        "whose bands overlap are not told apart by this figure."
    ),
    "section": "1. Settings compared",
    "place": 30,
}


@style.themed
def validation_curves(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over epochs; with more than 20 settings, a panel per optimizer."""
    title = wording.say("Validation accuracy over epochs: {study}", study=wording.study)
    return over_epochs(epochs, runs, wording, title, validation_accuracy(wording))


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return validation_curves(tables.epochs, tables.runs, wording)
