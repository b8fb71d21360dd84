"""Draw the figures of a study from its tables.

Writes, into the output directory, each as .svg and .png:
    curves/<setting>    loss and accuracy of one setting over epochs
    validation_curves   validation accuracy of all settings over epochs
    sensitivity         final validation accuracy against the learning rate
    heatmap             the same, optimizer by learning rate
    accuracy_over_time  validation accuracy against training time
"""

import argparse
import logging
from pathlib import Path

import pandas as pd

from lr_atlas.entry_point import run_job
from lr_atlas.figures.settings import Wording
from lr_atlas.figures.study import figures_of_study, save_figure

LOGGER = logging.getLogger(__name__)


def main(
    epochs: Path, runs: Path, study: str, validation: str, loss: str, output_directory: Path
) -> None:
    """Draw every figure of the study `study` into `output_directory`, made if need be.

    `epochs` and `runs` are the study's Parquet tables, with a row per epoch of a run and a row per
    run. `validation` is "test" or the number of held-out images, `loss` the name of the loss; they
    change only what the axes say.
    """
    wording = Wording(study=study, validation=validation, loss=loss)
    tables = pd.read_parquet(epochs), pd.read_parquet(runs)
    count = 0
    for name, figure in figures_of_study(*tables, wording):
        save_figure(figure, output_directory / name)
        count += 1
    LOGGER.info("Drew %d figures of the study %s.", count, study)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, whose arguments are those of `main`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--epochs",
        required=True,
        type=Path,
        metavar="FILE",
        help="the Parquet table with a row per run and epoch",
    )
    parser.add_argument(
        "--runs",
        required=True,
        type=Path,
        metavar="FILE",
        help="the Parquet table with a row per run",
    )
    parser.add_argument("--study", required=True, metavar="NAME", help="shown in the titles")
    parser.add_argument(
        "--validation",
        required=True,
        metavar="IMAGES",
        help='"test" if the test images were the validation images, '
        "else how many training images were held out",
    )
    parser.add_argument(
        "--loss",
        required=True,
        metavar="NAME",
        help="the loss, for the unit on the axis: cross_entropy, mse",
    )
    parser.add_argument(
        "--output-directory",
        required=True,
        type=Path,
        metavar="DIR",
        help="where to write the figures",
    )
    return parser


if __name__ == "__main__":
    run_job(main, build_parser())
