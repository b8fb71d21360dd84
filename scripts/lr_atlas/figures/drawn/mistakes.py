"""Test images that the chosen model gets wrong."""

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lr_atlas.figures import style
from lr_atlas.figures.settings import describe_settings
from lr_atlas.figures.wording import Wording
from lr_atlas.tables.study_tables import Mistakes, StudyTables

#: See drawn.FigureText.
FIGURE = {
    "title": "Images that it gets wrong",
    "reading": "Those of which it is most certain, of the test images.",
    "section": "3. Test images",
    "needs": "images",
    "place": 130,
    "caption": """
        Test images that the best model of the study ``{{ snakemake.params.study }}`` gets wrong, up
        to twenty, those first of which it is surest. Above an image its true class, below in red
        the class that the model takes it for, with the probability that it gives it (softmax).

        Some are truly ambiguous or wrongly labelled, others are plain failures; a model that is
        sure of the latter should not be trusted with its probabilities.

        Limits: one run (the note names its seed), so n = 1; the surest mistakes are not typical
        ones. {{ snakemake.params.validation_note }}
    """,
}

_COLUMNS = 10
#: The channels of a coloured image.
_COLOURS = 3
#: A line above an image holds so many letters of a class's name.
_NAME_WIDTH = 10


@style.themed
def mistakes(found: Mistakes, runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw the images in rows of ten, with the true and the predicted class of each.

    `runs` is the study's table of runs.
    """
    title = wording.say("Test images taken for something else: {study}", study=wording.study)
    count = len(found.labels)
    if not count:
        reason = wording.say("There is no image that the chosen model was seen to get wrong.")
        return style.in_words(title, reason, "")
    names = [textwrap.fill(name.replace("/", "/ "), _NAME_WIDTH) for name in wording.class_names()]
    rows = -(-count // _COLUMNS)
    figure = style.new_figure(9, 1.0 + 1.5 * rows)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, image, true, wrong, probability in zip(
        grid, found.images, found.labels, found.predicted, found.probability, strict=False
    ):
        axes.imshow(_picture(image), cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(names[true], size=style.letters(8), loc="center", pad=style.letters(3))
        axes.text(
            0.5,
            -0.04,
            f"{names[wrong]}\n{_per_cent(probability)}",
            size=style.letters(8),
            color=style.DIVERGED,
            transform=axes.transAxes,
            ha="center",
            va="top",
        )
    style.describe(figure, title, _note(found, runs, wording))
    return figure


def _picture(image: np.ndarray) -> np.ndarray:
    """Return an image as it is drawn: uint8 [rows, columns], or with three colours last.

    image: uint8 [pixels] of a grey square, or [channels, rows, columns] of a grey or coloured one.
    """
    if image.ndim == 1:
        side = math.isqrt(len(image))
        return image.reshape(side, side)
    return image[0] if len(image) != _COLOURS else np.moveaxis(image, 0, -1)


def _per_cent(probability: float) -> str:
    """Return the probability in per cent; one that rounds to 100 is not certain."""
    return ">99.9 %" if probability >= 0.9995 else f"{100 * probability:.1f} %"


def _note(found: Mistakes, runs: pd.DataFrame, wording: Wording) -> str:
    labels = describe_settings(runs, wording).set_index("setting")["label"]
    return wording.note(
        wording.say("Above: the true class; below, in red: what the model took it for, how sure."),
        wording.say(
            "{setting}, seed {seed}: the {count} mistakes of which it was surest.",
            setting=labels[found.setting],
            seed=found.seed,
            count=len(found.labels),
        ),
        wording.say("One run's mistakes: another seed makes others."),
        wording.choice,
        always=wording.on_classes,
    )


def draw(tables: StudyTables, wording: Wording) -> Figure:
    """Draw the figure from the tables of a study."""
    return mistakes(tables.mistakes, tables.runs, wording)
