"""Find the role of each column: as its user says, its format, or the usual names."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.common.units import shortened
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.pools import Pool
from lr_atlas.studies.imported.raw import ROLES
from lr_atlas.studies.imported.usual_names import FIRST_IS_MEANT, USUAL, plain

_MOST_SHOWN = 12
#: Roles of evaluations, which no parameter has; the others are of runs, and no metric has them.
_OF_EVALUATIONS = ("epoch", "step", "seconds", "evaluate_seconds")


def refuse_unknown(pools: Iterable[Pool], columns: Columns) -> None:
    """Raise UserError for a column that the user names and no file has."""
    there = list(dict.fromkeys(str(name) for pool in pools for name in pool.table))
    said = {role: getattr(columns, role, None) for role in (*ROLES, "metric")}
    named = [(role, name) for role, name in said.items() if name is not None]
    named += [("by", name) for name in columns.by] + [("ignore", name) for name in columns.ignore]
    for key, name in named:
        if name not in there:
            meant = did_you_mean(name, there) or ";"
            raise UserError(
                f"columns: {key}: there is no column '{name}'{meant} the files have "
                f"{shortened(there, _MOST_SHOWN)}"
            )


def roles_of(pool: Pool, columns: Columns) -> dict[str, str]:
    """Return {role: column}. Raises UserError where several columns may be meant."""
    found: dict[str, str] = {}
    for role in ROLES:
        said = getattr(columns, role, None)
        if said is not None:
            if said in pool.table:
                found[role] = said
        elif role in pool.roles:
            if pool.roles[role] not in columns.ignore:
                found[role] = pool.roles[role]
        else:
            taken = {*found.values(), *pool.roles.values(), *columns.ignore, columns.metric}
            taken |= {*columns.by, *_named(columns)}
            name = _usual(pool, role, taken)
            if name is not None:
                found[role] = name
    return found


def _named(columns: Columns) -> set[str]:
    return {name for role in ROLES if (name := getattr(columns, role, None)) is not None}


def _usual(pool: Pool, role: str, taken: set) -> str | None:
    """Return the column that has a usual name of a role; None if there is none."""
    others = (pool.parameters if role in _OF_EVALUATIONS else pool.metrics) or ()
    usual = USUAL[role]
    names = [
        name
        for name in pool.table
        if plain(name) in usual and name not in taken and name not in others
    ]
    names.sort(key=lambda name: usual.index(plain(name)))
    if len(names) > 1 and role not in FIRST_IS_MEANT:
        for name in names[1:]:
            if not _same(pool.table[names[0]], pool.table[name]):
                raise UserError(
                    f"{pool.where['@file'].iloc[0]}: the columns {' and '.join(names)} may both be "
                    f"the {role.replace('_', ' ')}. Say which: columns: {{{role}: {names[0]}}}"
                )
    return names[0] if names else None


def _same(first: pd.Series, second: pd.Series) -> bool:
    one, other = (each.astype(str).to_numpy(dtype=object) for each in (first, second))
    return bool(np.array_equal(one, other))
