"""Write what the test images say of the runs of a study to its folder."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.common.atomic import open_atomically
from lr_atlas.tables.table_files import write_csv, write_parquet


class Evaluated(NamedTuple):
    """Hold what the test images say: see the functions of these names in evaluation.py."""

    test: pd.DataFrame
    confusion: pd.DataFrame
    mistakes: dict
    right: pd.DataFrame  # right_answers.right_answers


def write_evaluated(folder: Path, found: Evaluated, varied: pd.DataFrame) -> None:
    """Write test.csv, confusion.csv, mistakes.npz, right_answers.parquet and varied_runs.csv.

    varied: the last of them.
    """
    write_csv(folder / "test.csv", found.test)
    write_csv(folder / "confusion.csv", found.confusion)
    with open_atomically(folder / "mistakes.npz") as file:
        np.savez(file, **found.mistakes)
    write_parquet(folder / "right_answers.parquet", found.right)
    write_csv(folder / "varied_runs.csv", varied)
