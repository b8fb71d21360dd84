"""Bound the size of tables from elsewhere, and the names of their columns."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.one_line import is_one_line
from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.content import ForeignFileError

MOST_COLUMNS = 20_000
MOST_CELLS = 50_000_000
_LONGEST_TEXT = 200
#: A spreadsheet takes a text that begins so for a formula, and would run it.
_FORMULA = ("=", "@", "+", "-", "\t", "\r")


def check_names(path: Path, names: Sequence[str], line: int | None = None) -> None:
    """Raise ForeignFileError for names of columns that are there twice, too many, or no names."""
    if len(names) > MOST_COLUMNS:
        raise ForeignFileError(path, f"{len(names)} columns; at most {MOST_COLUMNS} are read", line)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ForeignFileError(
            path, f"several columns have the same name: {shortened(twice)}; rename them", line
        )
    for name in names:
        problem = impossible_text(name)
        if problem:
            raise ForeignFileError(path, f"the name of a column is {problem}", line)


def check_cells(path: Path, rows: int, columns: int, line: int | None = None) -> None:
    """Raise ForeignFileError for more cells than can be held."""
    if rows * columns > MOST_CELLS:
        raise ForeignFileError(
            path,
            f"more than {MOST_CELLS // 1_000_000} million cells ({counted(columns, 'column')}); "
            "leave out columns that say nothing of the runs",
            line,
        )


def impossible_text(text: str) -> str:
    """Return why a text cannot be shown in tables and figures, after "is"; empty if it can."""
    shown = repr(text[:40])
    if len(text) > _LONGEST_TEXT:
        return f"longer than {_LONGEST_TEXT} characters: {shown} …"
    if not is_one_line(text):
        return f"{shown}, which has signs that are no letters"
    if text.startswith(_FORMULA):
        return f"{shown}, which a spreadsheet would take for a formula"
    return ""
