"""Read the test images once: the chosen setting of each optimizer, after its last epoch.

The choice was made before, by the validation images. Where a study confirms, the runs on fresh
seeds are tested, and not those that the setting was chosen by.
"""

import argparse
import json
import logging
from pathlib import Path

import numpy as np

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_job
from lr_atlas.studies.atlas import study_from_definition
from lr_atlas.studies.selection import confirmations, read_selection, runs_to_test
from lr_atlas.tables.evaluation import answer_all, confusion_table, mistakes, test_table
from lr_atlas.tables.table_files import write_csv

LOGGER = logging.getLogger(__name__)


def main(
    study: str,
    selection: Path,
    runs_directory: Path,
    missing: str,
    test_images: Path,
    output_directory: Path,
) -> None:
    """Write test.csv, confusion.csv and mistakes.npz of the study (definition as JSON).

    missing: names of runs to leave out, as a JSON list; [] for none.
    """
    _, plan = study_from_definition(json.loads(study))
    chosen = read_selection(selection, plan)
    left_out = set(json.loads(missing))
    runs = [run for run in runs_to_test(plan, chosen) if run.name not in left_out]
    answers, images, labels = answer_all(runs, runs_directory, test_images, chosen["images"])
    table = test_table(answers, labels, confirming=bool(confirmations(plan, chosen)))
    write_csv(output_directory / "test.csv", table)
    write_csv(output_directory / "confusion.csv", confusion_table(answers, labels))
    with open_atomically(output_directory / "mistakes.npz") as file:
        np.savez(file, **mistakes(answers, images, labels))
    for row in table.itertuples():
        LOGGER.info("%s, seed %d: %.4f", row.setting, row.seed, row.test_accuracy)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", required=True, help="the study's definition as JSON")
    parser.add_argument("--selection", type=Path, required=True, help="what select_settings wrote")
    parser.add_argument("--runs-directory", type=Path, required=True, help="folder of all runs")
    parser.add_argument("--missing", default="[]", help="names of runs to leave out, as JSON")
    parser.add_argument("--test-images", type=Path, required=True, help="test.npz of the data set")
    parser.add_argument("--output-directory", type=Path, required=True, help="the study's folder")
    run_job(main, parser)
