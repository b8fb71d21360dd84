"""Results on test data that programs tell themselves, where there is nothing to evaluate."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.studies.grid import Run
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.run_reading import read_run
from lr_atlas.tables.study_tables import test_columns

_LEADING = (*("optimizer", "setting", "learning_rate", "run", "seed", "confirmation", "status"),)


def reported_tests(
    runs: Sequence[Run],
    runs_directory: Path,
    chance: float,
    confirming: bool,
    metric: StudyMetric,
) -> pd.DataFrame:
    """Return a table as evaluation.test_table, from what programs say after their last epoch.

    Metrics that a program has not measured are NaN; there are no rows if none of the runs has that
    of the study. chance: what guessing reaches. confirming: whether the runs are others than those
    that settings were chosen by. Raises UserError if a run's files cannot be read.
    """
    rows = []
    for run in runs:
        description, _ = read_run(runs_directory / run.folder, run)
        told = description.get("test")
        test = told if isinstance(told, dict) else {}
        row = {
            "optimizer": run.parameters["optimizer"],
            "setting": run.setting,
            "learning_rate": run.parameters["learning_rate"],
            "run": run.name,
            "seed": run.seed,
            "confirmation": confirming,
            "status": description["status"],
            **dict.fromkeys(test_columns(metric), np.nan),
            **test,
            "chance": chance,
        }
        rows.append(row)
    if not rows:
        return pd.DataFrame(columns=[*_LEADING, *test_columns(metric), "chance"])
    table = pd.DataFrame(rows)
    return table if table[metric.test].notna().any() else table.iloc[:0]


def no_confusion() -> pd.DataFrame:
    """Return the table of confusions of a study in which nobody knows single answers."""
    columns = ["optimizer", "setting", "runs", "label", "predicted", "images"]
    return pd.DataFrame(columns=columns)


def no_mistakes() -> dict:
    """Return the arrays of evaluation.mistakes where there are none."""
    return {
        "images": np.empty((0, 1), np.uint8),
        "labels": np.empty(0, np.uint8),
        "predicted": np.empty(0, np.uint8),
        "probability": np.empty(0, np.float32),
        "setting": np.array(""),
        "seed": np.array(-1),
    }
