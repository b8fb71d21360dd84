"""Tables as text: a row per line, cells apart by comma, semicolon, tab or bar."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.by_hand import raw_by_hand
from lr_atlas.studies.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.studies.imported.formats._text_tables import Shape, names_in, shape_of
from lr_atlas.studies.imported.limits import check_cells, check_names
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format

#: Of a larger table so many rows at a time become columns, which take less memory than rows.
_ROWS_AT_ONCE = 20_000


def recognises(path: Path) -> bool:
    """Return whether a file begins as a table does: rows of as many cells, numbers among them."""
    if path.is_dir():
        return False
    start = start_of(path)
    return is_text(start) and shape_of(start) is not None


def read(path: Path) -> Raw:
    """Read a table. Raises ForeignFileError with the line."""
    shape = shape_of(start_of(path))
    if shape is None:
        raise ForeignFileError(path, "it is no table")
    rows = _Rows(path, shape)
    parts: list[pd.DataFrame] = []
    lines: list[int] = []
    while chunk := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        columns = zip(*(cells for _, cells in chunk), strict=True)
        kind = "str" if parts or len(chunk) == _ROWS_AT_ONCE else object
        lines += [line for line, _ in chunk]
        parts.append(pd.DataFrame(dict(zip(rows.names, columns, strict=True)), dtype=kind))
    if not parts:
        raise ForeignFileError(path, "it has names of columns, and no rows")
    table = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    return raw_by_hand(path, table, lines, rows.notes)


class _Rows:
    """Give (line, cells) of each row, as many as there are names; and what was put right."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self._path = path
        self._before = shape.skipped
        self._again: list[int] = []
        lines = itertools.islice(lines_of(path), shape.skipped, None)
        self._reader = csv.reader(lines, delimiter=shape.separator, strict=True)
        header = self._next() or []
        # Some programs end each line with a separator, and leave the name of the index out.
        self._has_end = len(header) > 1 and not header[-1].strip()
        named = names_in(header[:-1] if self._has_end else header)
        self.names = tuple(name or f"unnamed_{place}" for place, name in enumerate(named))
        self._header = header
        if not shape.has_names:
            raise ForeignFileError(
                path,
                f"the first row holds numbers ({shortened(self.names)}), where names of columns "
                "belong",
                self._line,
            )
        check_names(path, self.names, self._line)

    @property
    def _line(self) -> int:
        return self._before + self._reader.line_num

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what was put right."""
        if not self._again:
            return ()
        lines = shortened(map(str, self._again))
        return (f"{self._path}, line {lines}: the names of the columns again; passed over",)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        while (cells := self._next()) is not None:
            if not any(cells) or cells[0].startswith("#"):
                continue
            if cells == self._header:
                self._again.append(self._line)
                continue
            return self._line, self._of_names(cells)
        raise StopIteration

    def _next(self) -> list[str] | None:
        """Return the cells of the next line; None at the end."""
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            raise ForeignFileError(self._path, f"no row of a table: {error}", self._line) from None
        check_cells(self._path, self._line, len(cells or ()), self._line)
        return cells

    def _of_names(self, cells: list[str]) -> list[str]:
        wanted = len(self.names)
        if len(cells) > wanted and not any(cell.strip() for cell in cells[wanted:]):
            cells = cells[:wanted]
        if len(cells) != wanted:
            raise ForeignFileError(
                self._path,
                f"{counted(len(cells), 'value')} where {wanted} belong, as there are names",
                self._line,
            )
        return cells


FORMAT = Format("csv_table", "tables as text (CSV)", recognises, read, general=True)
