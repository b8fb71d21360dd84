"""Draw the figures of a study from its tables.

Writes, into the output directory, a figure for each module of lr_atlas.figures.drawn, and below
curves/ one for each setting; each as .svg, .pdf and .png (300 dots per inch), or in some of these
formats. Files of the others are removed, since they would show what was drawn before.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lr_atlas.common.entry_point import run_job
from lr_atlas.common.figure_formats import FORMATS
from lr_atlas.figures.font import has_letters
from lr_atlas.figures.study import figures_of_study, save_figures
from lr_atlas.figures.wording import Wording
from lr_atlas.locale.catalogue import languages
from lr_atlas.studies.given_metric import metric_from_json
from lr_atlas.tables.at_steps import at_steps, is_by_steps
from lr_atlas.tables.study_tables import FIGURES, OF_FINDER, read_tables

LOGGER = logging.getLogger(__name__)


def main(
    *,
    tables_directory: Path,
    study: str,
    dataset: str,
    validation: str,
    loss: str,
    style: str,
    language: str,
    output_directory: Path,
    classes: str = "[]",
    titles: str = "yes",
    formats: Sequence[str] = FORMATS,
    metric: str = "{}",
    processes: int = 1,
) -> None:
    """Draw every figure of the study `study` into `output_directory`, made if need be.

    `tables_directory` holds the study's tables, see tables.study_tables. `dataset` gives the
    classes their names, unless `classes` (a JSON list) has others; `validation` is "test" or the
    number of held-out images, `loss` the name of the loss: they change only what the axes and
    notes say. `titles` is "yes" or "no". `metric` is that of the study, as JSON. Figures are
    written in these `formats`, and files of others removed. That many `processes` draw at the same
    time.
    """
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports each table of a font
    of_study = metric_from_json(metric)
    wording = Wording(
        # The font may lack letters of a title; the name of the study's folder has them.
        study=study if has_letters(study) else tables_directory.name,
        validation=validation,
        loss=loss,
        dataset=dataset,
        classes=tuple(json.loads(classes)),
        language=languages()[language],
        style=style,
        titles=titles == "yes",
        metric=of_study,
    )
    tables = read_tables(tables_directory, FIGURES, OF_FINDER, metric=of_study)
    if is_by_steps(tables.epochs):
        tables, wording = at_steps(tables), replace(wording, place="step")
    drawings = list(figures_of_study(tables, wording))
    save_figures(drawings, output_directory, formats, processes)
    LOGGER.info("Drew %d figures of the study %s.", len(drawings), study)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, whose arguments are those of `main`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tables-directory",
        required=True,
        type=Path,
        metavar="DIR",
        help="where the study's tables lie",
    )
    parser.add_argument("--study", required=True, metavar="TITLE", help="shown in the titles")
    parser.add_argument(
        "--dataset", required=True, metavar="NAME", help="for the names of the classes"
    )
    parser.add_argument(
        "--classes",
        default="[]",
        metavar="JSON",
        help="names of the classes in place of the data set's, as a JSON list",
    )
    parser.add_argument(
        "--validation",
        required=True,
        metavar="IMAGES",
        help='"test" if the test images were the validation images, "unknown" if nobody says it, '
        "else how many training images were held out",
    )
    parser.add_argument(
        "--loss",
        required=True,
        metavar="NAME",
        help="the loss, for the unit on the axis: cross_entropy, mse",
    )
    parser.add_argument(
        "--style",
        choices=("paper", "slides"),
        default="paper",
        help="as wide as a page's text; or 16:9, larger letters, thicker strokes, no notes",
    )
    parser.add_argument(
        "--language", choices=list(languages()), default="en", help="of all that the figures say"
    )
    parser.add_argument(
        "--titles", choices=("yes", "no"), default="yes", help="whether figures have a title"
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        choices=FORMATS,
        default=FORMATS,
        help="files of each figure (all); those of other formats are removed",
    )
    parser.add_argument(
        "--metric",
        default="{}",
        metavar="JSON",
        help="the study's metric, as given_metric.metric_json gives it ({}: accuracy)",
    )
    parser.add_argument(
        "--output-directory",
        required=True,
        type=Path,
        metavar="DIR",
        help="where to write the figures",
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="how many draw at the same time (1)"
    )
    return parser


if __name__ == "__main__":
    run_job(main, build_parser())
