"""The tables of a study that others are made from, read from their files and held against sense."""

from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.table_errors import TableError
from lr_atlas.tables.measured_values import are_possible, impossible
from lr_atlas.tables.table_files import read_csv, read_parquet
from lr_atlas.training.records import METRICS

_NUMBERS = ("test_loss", "test_accuracy", "chance")
_RUN = ("setting", "seed", "status")


def read_epochs(path: Path) -> pd.DataFrame:
    """Read the table of epochs that collect.collect_study gave. Raises TableError."""
    return read_parquet(path, (*_RUN, "optimizer", "epoch", *METRICS, "train_seconds"))


def read_runs(path: Path) -> pd.DataFrame:
    """Read the table of runs that collect.collect_study gave. Raises TableError."""
    names = ("optimizer", "run", "learning_rate", "chance", "images")
    return read_parquet(path, (*_RUN, *names, *METRICS))


def read_test(path: Path) -> pd.DataFrame:
    """Read what evaluation.test_table gave, as CSV.

    Raises TableError, with the line, for a run that is there twice or a number that cannot be.
    """
    table = read_csv(path, (*_RUN, "optimizer", "confirmation", *_NUMBERS))
    twice = np.flatnonzero(table.duplicated(["setting", "seed"]))
    if len(twice):
        raise TableError(path, f"line {twice[0] + 2} is of a run that is there before")
    _check(path, table, ("chance",))
    _check(path, table[table["status"] != "diverged"], ("test_loss", "test_accuracy"))
    return table


def _check(path: Path, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Raise TableError with the line of the file and the value, if a number cannot be."""
    numbers = table[list(columns)].apply(pd.to_numeric, errors="coerce")
    for index in table.index[~are_possible(columns, numbers.to_numpy(dtype=float))]:
        for name in columns:
            reason = impossible(name, numbers.at[index, name])
            if reason:
                value = table.at[index, name]
                raise TableError(path, f"line {index + 2}: {name} is {value}; {reason}")
