"""The shape of a table as text: its separator, and where its names stand."""

import csv
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lr_atlas.studies.imported.content import START, text_of
from lr_atlas.studies.imported.numbers import decimal_sign

_SEPARATORS = ",;\t|"
_LINES = 20
#: The share of rows that have as many cells as the names; a damaged one is named when it is read.
_MOST_ROWS = 0.6
_SAID_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Shape:
    """Say how a text is a table.

    Attributes:
        separator: Between cells.
        skipped: How many lines stand before the names, such as comments.
        names: The names of its columns, as far as the beginning of the file has them whole.
        has_names: Whether the first row holds names, and no numbers.
    """

    separator: str
    skipped: int
    names: tuple[str, ...]
    has_names: bool


@functools.lru_cache(maxsize=8)
def shape_of(start: bytes) -> Shape | None:
    """Return the shape of the table that begins with these bytes; None if they begin none."""
    text = text_of(start)
    if text.lstrip()[:1] in ("", "{", "[", "<", "%"):
        return None
    lines = text.splitlines()
    if len(start) == START and len(lines) > 1:
        lines = lines[:-1]  # which is cut
    skipped, said = _before_names(lines)
    lines = lines[skipped : skipped + _LINES]
    if not lines:
        return None
    separators = said or [each for each in _SEPARATORS if each in lines[0]] or ","
    found = [
        (len(table[0]), separator, *table)
        for separator in separators
        if (table := _as_table(lines, separator))
    ]
    if not found:
        return None
    _, separator, names, rows = max(found, key=lambda each: each[0])
    return Shape(separator, skipped, names, _are_names(names, rows))


def names_in(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names in the cells of the first row, which may begin as a comment does."""
    return tuple(
        name.strip().lstrip("# ") if place == 0 else name.strip()
        for place, name in enumerate(cells)
    )


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, or nan."""
    try:
        float(cell)
    except ValueError:
        return any(map(str.isdigit, cell)) and decimal_sign([cell]) is not None
    return True


def _before_names(lines: Sequence[str]) -> tuple[int, str | None]:
    """Return (how many lines stand before the names, the separator that one of them says)."""
    skipped, said = 0, None
    for number, line in enumerate(lines):
        match = _SAID_SEPARATOR.fullmatch(line)
        if match:
            said = match[1]
        elif line.strip() and not _is_comment(lines, number):
            break
        skipped = number + 1
    return skipped, said


def _is_comment(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is a comment, and not the names behind the sign of one."""
    if not lines[number].startswith("#"):
        return False
    after = next((line for line in lines[number + 1 :] if line.strip()), "#")
    counts = ((lines[number].count(each), after.count(each)) for each in _SEPARATORS)
    return after.startswith("#") or not any(mine == other > 0 for mine, other in counts)


def _as_table(
    lines: Sequence[str], separator: str
) -> tuple[tuple[str, ...], list[list[str]]] | None:
    """Return (names, rows) of lines that are a table with this separator; None if they are not."""
    try:
        cells, *rows = [row for row in csv.reader(lines, delimiter=separator) if any(row)]
        rows = [row for row in rows if not row[0].startswith("#")]
    except csv.Error:
        return None
    names = names_in(cells)
    numbers = (any(map(is_number, row)) for row in rows)
    alike = sum(len(row) == len(names) for row in rows)
    if rows and alike < _MOST_ROWS * len(rows):
        return None
    if len(names) == 1 and not (rows and all(numbers)):
        return None
    return (names, rows) if any(numbers) or not rows or len(names) == 1 else None


def _are_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names columns, which seeds and epochs may do by a number."""
    numbers = [name for name in names if is_number(name)]
    return len(numbers) < len(names) and not any("." in name for name in numbers)
