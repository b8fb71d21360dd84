"""The validation metric of all settings over epochs."""

import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import over_epochs, validation_measure
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Validation {metric} over epochs",
    "reading": (
        "A line that still rises at the end was trained too briefly to be judged; lines "
        "whose bands overlap are not told apart by this figure."
    ),
    "section": "1. Settings compared",
    "place": 30,
    "caption": """
        Validation {{ snakemake.params.metric }} of every setting of the study
        ``{{ snakemake.params.study }}`` after each epoch ({{ snakemake.params.seeds }}). A line is
        the mean over the seeds, its band reaches from the smallest to the largest value. The darker
        a line, the higher the learning rate, in tones of the optimizer's colour or, where there is
        one optimizer alone, from light green to dark violet; with more than eight learning rates a
        colour bar names them. Dashes tell the other parameters apart. Of a study with more than 100
        settings the best of each optimizer are shown; the note in the figure says how many. A lower
        panel, where there is one, enlarges the range of the better half; more than 20 settings are
        shown in a panel per optimizer or variant.

        A line that still rises at the end belongs to a setting that was trained too briefly to be
        judged; lines whose bands overlap are not told apart by this figure. Diverged runs are thin
        lines that end in a red cross and are in no mean; of those that diverged in the first epoch
        there is the cross alone, at the lower edge, with the learning rate and how many they are.
        Collapsed runs stay in the means.

        Limits: a band is the range of few runs and no interval; the figure of pairs says which
        settings the runs tell apart. {{ snakemake.params.validation_note }}
    """,
}


@style.themed
def validation_curves(epochs: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per setting over epochs; with more than 20 settings, a panel per optimizer."""
    title = (
        wording.of_metric("Validation {metric} over steps: {study}", study=wording.study)
        if wording.by_steps
        else wording.of_metric("Validation {metric} over epochs: {study}", study=wording.study)
    )
    return over_epochs(epochs, runs, wording, title, validation_measure(wording))


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return validation_curves(tables.epochs, tables.runs, wording)
