"""Validation accuracy of all settings over training time."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import diverged_note, label_x, trajectories, validation_accuracy
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Validation accuracy against seconds",
    "reading": (
        "Read it upwards at a given time, or to the right at a given accuracy. Seconds are "
        "those of the machine, whatever else ran on it."
    ),
    "section": "1. Settings compared",
    "place": 110,
}


@style.themed
def accuracy_over_time(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over the seconds of training, without those of evaluation."""
    # Not by the name of the run, which a study may ask for with several numbers of epochs.
    epochs = epochs.sort_values(["setting", "seed", "epoch"])
    seconds = epochs["train_seconds"].astype(float)
    epochs["x"] = seconds.groupby([epochs["setting"], epochs["seed"]]).cumsum()
    title = wording.say("Validation accuracy over training time: {study}", study=wording.study)
    note = wording.say(
        "Time: of training alone, without evaluation; of each epoch the mean over the seeds."
    )
    notes = (diverged_note(runs, wording), note)
    figure, panels = trajectories(epochs, runs, wording, title, validation_accuracy(wording), notes)
    longest = epochs["x"].max() if len(epochs) else 1.0
    for axes in panels:
        axes.set_xlim(0, longest * 1.03)
    label_x(panels, wording.say("training time (seconds)"))
    return figure


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return accuracy_over_time(tables.epochs, tables.runs, wording)
