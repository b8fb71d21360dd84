"""Tables with columns as somebody has named them, and what the paths of their files say."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.studies.imported.nested import has_lists, with_rows_of_lists
from lr_atlas.studies.imported.raw import Raw, where_of

#: The note on curves without places.
COUNTED = "the elements of lists are taken for epochs 1, 2, 3 …"
_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*)=([^,;=&]*)")
_ENDS = re.compile(r"\.(?:csv|tsv|txt|jsonl?|ndjson|parquet|pq|gz)$", re.IGNORECASE)


def pairs_in(text: str) -> dict[str, str]:
    """Return the pairs of a text such as "optimizer=adam,lr=0.1"; none unless all of it is such."""
    parts = [part.strip() for part in re.split(r"[,;&]", text)]
    found = [_PAIR.fullmatch(part) for part in parts]
    return {match[1]: match[2] for match in found if match} if all(found) else {}


def said_by(path: Path) -> dict[str, str]:
    """Return what folders such as lr=0.1/ say of the runs in a file, and its own name."""
    said: dict[str, str] = {}
    for part in path.parts[:-1]:
        said |= pairs_in(part)
    name = path.name
    while (shorter := _ENDS.sub("", name)) != name:
        name = shorter
    return said | pairs_in(name)


def raw_by_hand(
    path: Path, table: pd.DataFrame, lines: Sequence[int] | None = None, notes: Sequence[str] = ()
) -> Raw:
    """Return a table of one file as a Raw, with a column for all that its path says.

    lines: of the rows, where the file has lines.
    """
    said = {name: value for name, value in said_by(path).items() if name not in table}
    if said:
        cells = {name: np.full(len(table), value, dtype=object) for name, value in said.items()}
        table = table.assign(**cells)
    return Raw(table, where_of(table, str(path), lines), notes=tuple(notes), by_hand=True)


def raw_with_lists(path: Path, table: pd.DataFrame, lines: Sequence[int] | None = None) -> Raw:
    """Return the same of a table that may have lists in its cells, which become rows.

    Raises ForeignFileError for more rows than can be held.
    """
    if not has_lists(table):
        return raw_by_hand(path, table, lines)
    table, rows, counted = with_rows_of_lists(path, table)
    lines = None if lines is None else [lines[row] for row in rows]
    return raw_by_hand(path, table, lines, [COUNTED] * counted)
