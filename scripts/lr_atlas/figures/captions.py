"""Words of Snakemake's report: captions, which it reads from files, sections and labels."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.safe_files import read_plain
from lr_atlas.figures.drawn import figures, shared_metric
from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.studies.study_metric import StudyMetric

#: The caption of the figures of single settings, by paragraphs.
CURVES = (
    mark(
        "Loss and {{ snakemake.params.metric }} of one setting of the study ``{{ "
        "snakemake.params.study }}`` over epochs ({{ snakemake.params.seeds }}; the title "
        "says n). Dotted: during the epoch, a running mean while the weights change (and, if "
        "the model has it, with dropout). Dashed and solid: the training and the validation "
        "images, evaluated after the epoch. Lines are means over the seeds, bands reach from "
        "the smallest to the largest value. Of a study with more than 100 settings the best "
        "of each optimizer have such a figure; all are in the tables."
    ),
    mark(
        "Solid rising above dashed in the loss means overfitting; lines that are close and "
        "still falling mean that training ended early. The axis of the loss is logarithmic "
        "where losses span more than a factor of 30. A diverged run is in no mean: it is a "
        "thin line whose loss leaves the axis at the upper edge, with a red cross in the "
        "epoch that it did not complete. A collapsed run (it answers one class for "
        "everything, or stays at chance) stays in the means and is counted below the panels."
    ),
    mark(
        "Limits: few seeds make the band too narrow rather than too wide. {{ "
        "snakemake.params.validation_note }}"
    ),
)


class ReportWords(NamedTuple):
    """Hold the words of Snakemake's report beside the captions.

    Attributes:
        sections: The section of each figure.
        titles: Its title.
        curves_section: The section of the figures of single settings.
        curves_title: Their title.
        figure: The heading above titles of figures.
        setting: The heading above settings.
    """

    sections: dict[str, str]
    titles: dict[str, str]
    curves_section: str
    curves_title: str
    figure: str
    setting: str


def report_words(metrics: Iterable[StudyMetric]) -> ReportWords:
    """Return the words of Snakemake's report, in the language that is spoken, of some studies."""
    metric = shared_metric(metrics)
    return ReportWords(
        sections={name: say_word(figure.section) for name, figure in figures().items()},
        titles={name: figure.title_of(metric) for name, figure in figures().items()},
        curves_section=say("4. Curves of each setting"),
        curves_title=say("loss and {metric}", metric=say_word(metric)),
        figure=say("figure"),
        setting=say("setting"),
    )


def write_captions(folder: Path) -> None:
    """Write the captions of all figures into a folder, in the language that is spoken.

    Those of a study as `<figure>.rst`, that of the figures of single settings as `curves.rst`.
    """
    _write(folder / "curves.rst", _of_curves())
    for name, figure in figures().items():
        _write(folder / f"{name}.rst", figure.said_caption())


def _write(path: Path, caption: str) -> None:
    text = f"{caption}\n".encode()
    # Every start comes by here, and on some disks a new file takes its time.
    if not path.is_file() or read_plain(path) != text:
        with open_atomically(path) as file:
            file.write(text)


def _of_curves() -> str:
    return "\n\n".join(say_word(each) for each in CURVES)
