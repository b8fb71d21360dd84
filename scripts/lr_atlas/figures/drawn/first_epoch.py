"""Loss during the first epoch, where divergence begins."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import describe_settings, lost_at_once, seeds_text
from lr_atlas.figures.shown_settings import of_settings
from lr_atlas.figures.trajectories import Measure, label_x, trajectories
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Loss during the first epoch",
    "reading": (
        "Where divergence begins: the loss rises by decades within some steps, and comes "
        "down again, or the run ends in a red cross."
    ),
    "section": "1. Settings compared",
    "place": 50,
    "needs": "steps",
    "caption": """
        Loss of the training images during the first epoch of every setting of the study
        ``{{ snakemake.params.study }}`` ({{ snakemake.params.seeds }}), a panel per optimizer or
        variant: where divergence begins. A point is the mean over a hundredth of the epoch (over a
        single step where the epoch has no more than a hundred), before the weights of that step
        change. A line is the mean over the seeds, its band reaches from the smallest to the largest
        value; the darker a line, the higher the learning rate. The axis is logarithmic where losses
        span more than a factor of 30.

        Read it from light to dark: a good learning rate falls at once, one that is too high first
        rises and then comes down, or stays up, or leaves the figure. A thin line that ends in a red
        cross is a run that diverged: at the upper edge its loss was no longer finite at that step;
        elsewhere it was far above where it began when the epoch had ended.

        Limits: the images differ from step to step, so lines are rough with small batches. A low
        loss early says nothing about the end. {{ snakemake.params.validation_note }}
    """,
}


@style.themed
def first_epoch(table: pd.DataFrame, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the loss against the step of the first epoch, a line per setting.

    `table` has a row per run and piece of the epoch: run, setting, seed, step (an int) and loss;
    `runs` is the study's table with a row per run.
    """
    settings = describe_settings(runs, wording)
    title = wording.say("Loss during the first epoch: {study}", study=wording.study)
    if table.empty:
        reason = wording.say("These runs were made without recording it: train them anew.")
        return style.in_words(title, reason, seeds_text(settings, wording))
    # A run that diverges later is like any other here.
    in_it = runs["diverged_epoch"] == 1 if wording.by_steps else runs["epochs_completed"] == 0
    at_once = runs[(runs["status"] == "diverged") & in_it]
    ended = table["run"].isin(at_once["run"])
    table = table.assign(
        x=table["step"], epoch=table["step"], status=np.where(ended, "diverged", "finished")
    )
    notes = [wording.say("Each point: mean loss of at most a hundredth of the epoch.")]
    if ended.any():
        notes.append(
            wording.say(
                "Runs that diverged in it: thin lines, not in any mean, to a cross; at the upper "
                "edge the loss is no longer finite."
            )
        )
    measure = Measure("loss", ranges.loss_label(settings["loss"], wording), goes_on=False)
    with_rows = lost_at_once(runs.iloc[:0])
    figure, panels = trajectories(table, runs, wording, title, measure, notes=notes, lost=with_rows)
    last = table["step"].max()
    for axes in panels:
        axes.set_xlim(-0.01 * last, 1.02 * last)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    label_x(panels, wording.say("step of the first epoch"))
    return figure


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    tables, wording = of_settings(tables, wording)
    return first_epoch(tables.first_epoch, tables.runs, wording)
