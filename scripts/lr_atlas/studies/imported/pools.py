"""Raws of the same columns put together, so that a thousand files are read as one table."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.raw import Raw

FILE, LINE, SOURCE = "@file", "@line", "@source"


@dataclass(frozen=True)
class Pool:
    """Rows of files that have the same columns.

    Attributes:
        table: As of Raw, rows numbered from 0.
        where: FILE, LINE and SOURCE, the number of the Raw that a row comes from.
        roles, metrics, parameters, by_hand: As of Raw.
        padded: Whether empty cells are there because rows are equally long, not as a value.
    """

    table: pd.DataFrame
    where: pd.DataFrame
    roles: dict[str, str]
    metrics: tuple[str, ...] | None
    parameters: tuple[str, ...] | None
    by_hand: bool
    padded: bool = False

    def with_table(self, table: pd.DataFrame, rows: np.ndarray | pd.Index) -> "Pool":
        """Return the pool with another table, whose rows come from these of its own."""
        return replace(
            self,
            table=table.reset_index(drop=True),
            where=self.where.iloc[rows].reset_index(drop=True),
        )

    def error(self, row: int, problem: str) -> ForeignFileError:
        """Return an error that names the file and line of a row."""
        return error_at(self.where, row, problem)


def error_at(where: pd.DataFrame, row: int, problem: str) -> ForeignFileError:
    """Return an error that names the file and line of a row."""
    return ForeignFileError(where[FILE].iloc[row], problem, line_of(where, row))


def line_of(where: pd.DataFrame, row: int) -> int | None:
    """Return the line of a row; None where its file has no lines."""
    line = where[LINE].iloc[row]
    return None if pd.isna(line) else int(line)


def pools_of(raws: Sequence[Raw]) -> list[Pool]:
    """Return the raws, those of the same columns and roles as one."""
    alike: dict[Hashable, list[int]] = {}
    for number, raw in enumerate(raws):
        key = (
            *(tuple(raw.table.columns), tuple(sorted(raw.roles.items()))),
            *(raw.metrics, raw.parameters, raw.by_hand),
        )
        alike.setdefault(key, []).append(number)
    return [_pool(raws, numbers) for numbers in alike.values()]


def _pool(raws: Sequence[Raw], numbers: Sequence[int]) -> Pool:
    members = [raws[number] for number in numbers]
    first = members[0]
    tables = [each.table for each in members]
    lengths = [len(table) for table in tables]
    where = pd.DataFrame(
        {
            FILE: np.concatenate([each.where["file"].to_numpy(dtype=object) for each in members]),
            LINE: pd.concat([each.where["line"] for each in members], ignore_index=True),
            SOURCE: np.repeat(numbers, lengths),
        }
    )
    table = pd.concat(tables, ignore_index=True) if len(tables) > 1 else first.table
    return Pool(
        table.reset_index(drop=True),
        where,
        dict(first.roles),
        first.metrics,
        first.parameters,
        first.by_hand,
    )
