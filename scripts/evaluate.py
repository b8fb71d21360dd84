"""Read the test images once: the chosen setting of each optimizer, after its last epoch.

The choice was made before, by the validation images. Where a study confirms, the runs on fresh
seeds are tested, and not those that the setting was chosen by. Those that vary one source of
chance are tested too; nothing is chosen by them.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lr_atlas.common.entry_point import run_job
from lr_atlas.common.errors import UserError
from lr_atlas.runs.elsewhere_option import add_elsewhere_option
from lr_atlas.runs.own_files_option import add_own_files_option
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.selection import (
    confirmations,
    read_selection,
    runs_to_test,
    varied_runs,
)
from lr_atlas.studies.study_definition import study_from_definition
from lr_atlas.tables.evaluated import Evaluated, write_evaluated
from lr_atlas.tables.program_tests import no_confusion, no_mistakes, reported_tests
from lr_atlas.tables.right_answers import joined
from lr_atlas.training.parts import count_own_files_from

LOGGER = logging.getLogger(__name__)


def main(
    *,
    study: str,
    elsewhere: Path | None = None,
    selection: Path,
    runs_directory: Path,
    missing: str,
    test_images: Sequence[Path],
    output_directory: Path,
    own_files: Path,
) -> None:
    """Write what the test images say of the study (definition as JSON).

    Into test.csv, confusion.csv, right_answers.parquet and mistakes.npz, of the runs that test what
    is chosen; and into varied_runs.csv, of those that vary one source of chance.

    missing: names of runs to leave out, as a JSON list; [] for none. own_files: the folder in which
    paths to files of one's own begin, such as that of a network. test_images: a file for each
    variant of the data; none for a study of a program, which says itself what it has reached.
    """
    count_own_files_from(own_files)
    definition = json.loads(study)
    study_model, plan = study_from_definition(definition, elsewhere)
    metric = study_metric(study_model, definition["data"])
    chosen = read_selection(selection, plan)
    left_out = set(json.loads(missing))
    runs = [run for run in runs_to_test(plan, chosen) if run.name not in left_out]
    varied = [each for each in varied_runs(plan, chosen) if each.run.name not in left_out]
    confirming = bool(confirmations(plan, chosen))
    if study_model.program or not test_images or not runs:
        chance = study_model.program.chance if study_model.program else np.nan
        table = reported_tests(runs, runs_directory, chance, confirming, metric)
        if confirming and table.empty:
            raise UserError(
                "the runs on fresh seeds tell nothing of test data: have the program write "
                f"{metric.test} in its last row, or leave `confirm` out"
            )
        found = Evaluated(table, no_confusion(), no_mistakes(), joined([]))
        of_varied = table.iloc[:0]
    else:
        from lr_atlas.tables.evaluation import test_all

        found, (of_varied, *_) = (
            test_all(
                *(tested, runs_directory, test_images, chosen["images"].split(", ")),
                confirming=confirming,
                metric=metric,
            )
            for tested in (runs, [each.run for each in varied])
        )
    of_varied.insert(0, "source", [each.source for each in varied])
    write_evaluated(output_directory, found, of_varied)
    table = found.test
    for setting, seed, value in zip(
        table["setting"], table["seed"], table[metric.test], strict=True
    ):
        LOGGER.info("%s, seed %d: %s", setting, seed, metric.number(value))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    add_elsewhere_option(parser)
    parser.add_argument("--selection", type=Path, required=True, help="what select_settings wrote")
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument("--missing", default="[]", help="names of runs to leave out, as JSON")
    parser.add_argument(
        "--test-images",
        type=Path,
        nargs="*",
        help="test.npz of the data set, or of each of its variants; none for a study of a program",
    )
    parser.add_argument("--output-directory", type=Path, required=True, help="the study's folder")
    add_own_files_option(parser)
    run_job(main, parser)
