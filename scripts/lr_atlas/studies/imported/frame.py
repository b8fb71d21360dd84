"""The rows of all files under one set of columns, each read as what it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.cells import floats, said, with_points
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.metric_found import (
    Values,
    metric_column,
    series_columns,
    study_metric_of,
)
from lr_atlas.studies.imported.pools import SOURCE, Pool
from lr_atlas.studies.imported.raw import ROLES
from lr_atlas.studies.imported.usual_names import is_bookkeeping, measured
from lr_atlas.studies.study_metric import StudyMetric

#: Columns of truth values: a row has a value of the metric, be it NaN; an empty one is padding.
SAID, PADDED = "@said", "@padded"
NUMBERS = (
    *("epoch", "step", "seconds", "chance", "loss_chance", "seconds_per_epoch"),
    *("evaluate_seconds", "diverged_epoch", "diverged_step"),
)


def of_role(role: str) -> str:
    """Return the column of a role in a frame."""
    return f"@{role}"


@dataclass(frozen=True)
class Frame:
    """Rows of all files.

    Attributes:
        rows: SAID, PADDED and SOURCE; of_role(…) of each role, numbers of NUMBERS as float64 and
            others as in the files; the metric's columns as float64; and candidates.
        where: FILE, LINE and SOURCE of each row.
        roles: Those that some file has.
        candidates: Columns that may be parameters, as in the files.
        metric: What the study is about. column: where the files have it.
        notes: Lines for the user.
    """

    rows: pd.DataFrame
    where: pd.DataFrame
    roles: frozenset[str]
    candidates: tuple[str, ...]
    metric: StudyMetric
    column: str
    notes: tuple[str, ...]

    def take(self, rows: np.ndarray, *notes: str) -> "Frame":
        """Return the frame with these of its rows, in this order, and more notes."""
        return Frame(
            self.rows.iloc[rows].reset_index(drop=True),
            self.where.iloc[rows].reset_index(drop=True),
            self.roles,
            self.candidates,
            self.metric,
            self.column,
            (*self.notes, *notes),
        )


def frame_of(pools: Sequence[Pool], roles: Sequence[dict[str, str]], columns: Columns) -> Frame:
    """Return the rows of all pools. roles: of each. Raises UserError for cells that cannot be."""
    names = [_measurable(pool, own, columns) for pool, own in zip(pools, roles, strict=True)]
    there = list(dict.fromkeys(name for each in names for name in each))
    column = metric_column(there, columns)
    pools = [_with_points(pool, own, column) for pool, own in zip(pools, roles, strict=True)]
    values = [
        floats(pool.table[column], pool.where, column)
        if column in pool.table
        else np.full(len(pool.table), np.nan)
        for pool in pools
    ]
    read = study_metric_of(column, np.concatenate(values), columns)
    series = series_columns(there, column, read.metric)
    parts, notes = [], [read.note] if read.note else []
    for pool, own, numbers in zip(pools, roles, values, strict=True):
        part, more = _part(pool, own, numbers, series, read)
        candidates = _candidates(pool, own, {*series.values()}, columns)
        parts.append((part, pool.table[candidates], pool.where))
        notes += more
    rows = pd.concat([part for part, *_ in parts], ignore_index=True)
    others = [other.astype(object) if len(parts) > 1 else other for _, other, _ in parts]
    other = pd.concat(others, ignore_index=True) if len(parts) > 1 else others[0]
    return Frame(
        pd.concat([rows, other.set_axis([str(name) for name in other], axis=1)], axis=1),
        pd.concat([where for *_, where in parts], ignore_index=True),
        frozenset(role for own in roles for role in own),
        tuple(dict.fromkeys(str(name) for name in other)),
        read.metric,
        column,
        tuple(dict.fromkeys(notes)),
    )


def _with_points(pool: Pool, own: dict[str, str], column: str) -> Pool:
    """Return a pool that somebody has made, with points where it has decimal commas."""
    if not pool.by_hand:
        return pool
    names = [own[role] for role in (*NUMBERS, "learning_rate") if role in own]
    return replace(pool, table=with_points(pool.table, [column, *names], pool.where))


def _part(
    pool: Pool,
    own: dict[str, str],
    numbers: np.ndarray,
    series: dict[str, str],
    read: Values,
) -> tuple[pd.DataFrame, list[str]]:
    """Return what a pool says of roles and metrics, and notes on what it could not be read as."""
    notes: list[str] = []
    table, size, metric = pool.table, len(pool.table), read.metric
    column = series[metric.validation]
    part = {
        SAID: said(table[column]) if column in table else np.zeros(size, dtype=bool),
        PADDED: np.full(size, pool.padded),
        SOURCE: pool.where[SOURCE].to_numpy(),
    }
    for role in ROLES:
        values = table[own[role]] if role in own else None
        if role in NUMBERS:
            nothing = np.full(size, np.nan)
            part[of_role(role)] = (
                nothing if values is None else floats(values, pool.where, own[role])
            )
        else:
            part[of_role(role)] = np.full(size, None) if values is None else values.astype(object)
    for name in metric.columns:
        source = series.get(name)
        found = np.full(size, np.nan)
        if name == metric.validation:
            found = numbers
        elif source in table:
            try:
                found = floats(table[source], pool.where, str(source))
            except UserError as error:
                notes.append(f"{error}; the column is left out")
        same = metric.of_column(name) is metric.metric
        part[name] = found / read.factor if same and read.factor != 1 else found
    return pd.DataFrame(part), notes


def _measurable(pool: Pool, own: dict[str, str], columns: Columns) -> list[str]:
    if pool.metrics is not None:
        return [name for name in pool.metrics if name not in columns.ignore]
    taken = {*own.values(), *columns.ignore, *columns.by, *(pool.parameters or ())}
    return [name for name in pool.table if name not in taken]


def _candidates(pool: Pool, own: dict[str, str], series: set[str], columns: Columns) -> list[str]:
    """Return the columns of a pool that may be parameters."""
    if columns.by:
        return [name for name in columns.by if name in pool.table]
    taken = {*own.values(), *columns.ignore, *series, *(pool.metrics or ())}
    if pool.parameters is not None:
        return [name for name in pool.parameters if name not in taken]
    return [
        name
        for name in pool.table
        if name not in taken and not measured(str(name)).known and not is_bookkeeping(str(name))
    ]
