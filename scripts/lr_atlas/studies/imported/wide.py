"""Wide tables made long: columns that stand for runs, seeds or epochs, and named metrics."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.units import shortened
from lr_atlas.studies.imported.by_hand import pairs_in
from lr_atlas.studies.imported.cells import said
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.limits import check_cells
from lr_atlas.studies.imported.numbers import decimal_sign
from lr_atlas.studies.imported.pools import FILE, Pool
from lr_atlas.studies.imported.raw import ROLES
from lr_atlas.studies.imported.usual_names import USUAL, measured, plain

#: The column of values whose name says nothing of a metric.
VALUE = "value"
#: Words before or after a number in the names of columns: {word: the column that it becomes}.
_NUMBERED = {
    "seed": "seed",
    **dict.fromkeys(("run", "rep", "replicate", "repetition", "repeat", "trial"), "run"),
    **dict.fromkeys(("epoch", "ep"), "epoch"),
    **dict.fromkeys(("step", "iter", "iteration"), "step"),
}
_FAMILY = re.compile(
    rf"(?P<before>.*?)(?<![A-Za-z])(?P<word>{'|'.join(sorted(_NUMBERED, key=len, reverse=True))})"
    r"[ _.:=-]?(?P<number>\d+)(?![\d.])(?P<after>.*)",
    re.IGNORECASE,
)
_EDGES = " _.:/-()[]"
_NAMES = ("metric", "metric_name", "measure", "variable", "tag", "key", "quantity")
_VALUES = ("value", "metric_value", "val")
_PLACES = {*USUAL["epoch"], *USUAL["step"]}
_ROLES = {name for role in ("optimizer", "learning_rate", "seed", "run") for name in USUAL[role]}
#: So many columns make a family, of runs or of epochs.
_FEWEST = 2


@dataclass(frozen=True)
class Stands:
    """Say what a column stands for: values of `name`, where other columns have these cells."""

    name: str
    cells: dict[str, str]


def widened(pool: Pool, columns: Columns) -> list[Pool]:
    """Return a pool with a row per evaluation; several where its rows are of different kinds.

    Raises UserError for columns of which it is not clear what they stand for.
    """
    if not pool.by_hand:
        return [pool]
    names = [str(name) for name in pool.table]
    pool = replace(pool, table=pool.table.set_axis(names, axis=1))
    by_name = _column_of_names(pool, columns)
    if by_name:
        return [_pivoted(pool, *by_name)]
    families = _families(names, columns)
    if not families:
        families = _columns_of_runs(pool, columns)
    return [melted(pool, families)] if families else [pool]


def melted(pool: Pool, columns: Mapping[str, Stands]) -> Pool:
    """Return a pool whose columns became rows, see `melted_table`."""
    long, rows = melted_table(pool.where[FILE].iloc[0], pool.table, columns)
    return replace(pool.with_table(long, rows), padded=True)


def melted_table(
    path: Path, table: pd.DataFrame, columns: Mapping[str, Stands]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return (a table whose columns became rows, which row of the table each comes from).

    Cells without a value are left out: such columns are of different lengths. Raises UserError for
    more rows than can be held.
    """
    others = [name for name in table if name not in columns]
    stood: dict[tuple, dict[str, str]] = {}
    for column, each in columns.items():
        stood.setdefault(tuple(sorted(each.cells.items())), {})[each.name] = column
    check_cells(path, len(table) * len(stood), len(others) + 2)
    parts, rows = [], []
    for cells, sources in stood.items():
        values = table[[*sources.values()]].set_axis([*sources], axis=1)
        there = np.logical_or.reduce([said(values[name]) for name in values])
        part = table[others].join(values)[there]
        parts.append(part.assign(**{name: cell for name, cell in cells if name not in others}))
        rows.append(np.flatnonzero(there))
    return pd.concat(parts, ignore_index=True), np.concatenate(rows)


def _families(names: Sequence[str], columns: Columns) -> dict[str, Stands]:
    """Return what columns such as seed_0, or lr=0.1,seed=0, stand for; {} if there are none."""
    named = {getattr(columns, role, None) for role in ROLES} | {*columns.by, *columns.ignore}
    found: dict[str, Stands] = {}
    for name in names:
        if name in named or name == columns.metric:
            continue
        cells = pairs_in(name)
        match = _FAMILY.fullmatch(name)
        if cells:
            found[name] = Stands(columns.metric or VALUE, cells)
        elif match:
            parts = (match[part].strip(_EDGES) for part in ("before", "after"))
            metric = "_".join(part for part in parts if part) or columns.metric or VALUE
            role = _NUMBERED[match["word"].lower()]
            found[name] = Stands(metric, {role: match["number"]})
    kinds = {tuple(each.cells) for each in found.values()}
    # A single column such as acc_epoch_10 is a value at that epoch, and a table of runs has it so.
    beside = {*names} - {*found}
    is_one = len(kinds) == 1 and not any(each.name in beside for each in found.values())
    return found if len(found) >= _FEWEST and is_one else {}


def _columns_of_runs(pool: Pool, columns: Columns) -> dict[str, Stands]:
    """Return the columns that are a run each, in a table that has nothing else but places.

    They are if the metric that the user names is none of the columns.
    """
    names = [str(name) for name in pool.table]
    places = [
        name for name in names if plain(name) in _PLACES or name in (columns.epoch, columns.step)
    ]
    others = [name for name in names if name not in places and name not in columns.ignore]
    digits = [name for name in others if name.isdigit()]
    is_each_a_run = (
        columns.metric is not None
        and columns.metric not in names
        and bool(places)
        and not any(plain(name) in _ROLES or measured(name).known for name in others)
        and all(_are_numbers(pool.table[name]) for name in others)
    )
    if not is_each_a_run and len(digits) < _FEWEST:
        return {}
    if not is_each_a_run:
        if places and columns.metric is None and len(digits) == len(others):
            raise UserError(
                f"{pool.where[FILE].iloc[0]}: its columns {shortened(digits)} are taken for runs, "
                "and nothing says what was measured: columns: {metric: val_accuracy}, or another"
            )
        raise UserError(
            f"{pool.where[FILE].iloc[0]}: nothing says what its columns {shortened(digits)} stand "
            "for. Call them seed_0, seed_1 … or epoch_1, epoch_2 …"
        )
    return {name: Stands(str(columns.metric), {"run": name}) for name in others}


def _are_numbers(values: pd.Series) -> bool:
    texts = [cell for cell in values.unique() if isinstance(cell, str)]
    return decimal_sign(texts) is not None


def _column_of_names(pool: Pool, columns: Columns) -> tuple[str, str] | None:
    """Return (the column that names a metric in each row, that of its value); None if none do."""
    table = pool.table
    names = [name for name in table if plain(name) in _NAMES and name not in columns.by]
    values = [name for name in table if plain(name) in _VALUES]
    if len(names) != 1 or len(values) != 1 or any(measured(name).known for name in table):
        return None
    return names[0], values[0]


def _pivoted(pool: Pool, name: str, value: str) -> Pool:
    """Return a pool in which each metric that rows name has a column of its own."""
    table = pool.table
    metrics = table[name].astype(str)
    others = table.drop(columns=[name, value])
    found = {
        metric: table[value].astype(object).where(metrics == metric, None)
        for metric in dict.fromkeys(metrics)
        if metric not in others
    }
    long = others.assign(**found)
    return replace(pool, table=long)
