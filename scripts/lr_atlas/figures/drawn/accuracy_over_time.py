"""The validation metric of all settings over training time."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import diverged_note, label_x, trajectories, validation_measure
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Validation {metric} against seconds",
    "reading": (
        "Read it upwards at a given time, or to the right at a given {metric}. Seconds are "
        "those of the machine, whatever else ran on it."
    ),
    "section": "1. Settings compared",
    "place": 110,
    "caption": """
        Validation {{ snakemake.params.metric }} of every setting of the study
        ``{{ snakemake.params.study }}`` against the seconds spent training
        ({{ snakemake.params.seeds }}). The time is that of the training epochs, summed; evaluation,
        loading and starting are not in it. A point is an epoch: the mean over the seeds of its time
        and of its value; the band reaches from the smallest to the largest value. Colours and
        dashes are those of the validation curves. Of a study with more than 100 settings the best
        of each optimizer are shown; the note in the figure says how many.

        Read it upwards at a given time (what does this budget buy?) or to the right at a given
        value (what does it cost?).

        Limits: seconds depend on the machine, its number of threads and whatever else ran on it;
        compare them only within one study on one machine, and mistrust small differences. Diverged
        runs end in a red cross and are in no mean. {{ snakemake.params.validation_note }}
    """,
}


@style.themed
def accuracy_over_time(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over the seconds of training, without those of evaluation."""
    # The run's name does not do: a study may ask for it with several numbers of epochs.
    epochs = epochs.sort_values(["setting", "seed", "epoch"])
    seconds = epochs["train_seconds"].astype(float)
    epochs["x"] = seconds.groupby([epochs["setting"], epochs["seed"]]).cumsum()
    title = wording.of_metric(
        "Validation {metric} over training time: {study}", study=wording.study
    )
    if seconds.isna().all():
        reason = wording.say("The runs do not say how many seconds they took.")
        return style.in_words(title, reason, "")
    note = (
        wording.say("Time: of training alone; of each evaluation the mean over the seeds.")
        if wording.by_steps
        else wording.say(
            "Time: of training alone, without evaluation; of each epoch the mean over the seeds."
        )
    )
    notes = (diverged_note(runs, wording), note)
    measure = validation_measure(wording)
    figure, panels = trajectories(epochs, runs, wording, title, measure, notes=notes)
    longest = epochs["x"].max() if len(epochs) else 1.0
    for axes in panels:
        axes.set_xlim(0, longest * 1.03)
    label_x(panels, wording.say("training time (seconds)"))
    return figure


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return accuracy_over_time(tables.epochs, tables.runs, wording)
