"""Tables as text: a row per line, cells apart by comma, semicolon, tab or bar."""

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
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
    reading = _Rows(path, shape)
    rows = reading.rows()
    parts: list[pd.DataFrame] = []
    lines: list[int] = []
    while chunk := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        lines += [line for line, _ in chunk]
        check_cells(path, len(lines), len(reading.names), lines[-1])
        cells = np.array([cells for _, cells in chunk], dtype=object)
        part = pd.DataFrame(cells.reshape(len(chunk), -1), columns=reading.names)
        parts.append(part.astype("str") if len(chunk) == _ROWS_AT_ONCE or parts else part)
    if not parts:
        raise ForeignFileError(path, "it has names of columns, and no rows")
    table = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    return raw_by_hand(path, table, lines, reading.notes)


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

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of each row."""
        wanted, header, reader = len(self.names), self._header, self._reader
        while (cells := self._next()) is not None:
            if len(cells) != wanted or cells[0][:1] == "#":
                if not any(cells) or cells[0].startswith("#"):
                    continue
                if cells != header:
                    self._check(cells)
                    cells = cells[:wanted]
            if cells == header or not (cells[0] or any(cells)):
                self._again += [self._line] if cells == header else []
                continue
            yield self._before + reader.line_num, cells

    def _next(self) -> list[str] | None:
        """Return the cells of the next line; None at the end."""
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise ForeignFileError(self._path, f"no row of a table: {error}", self._line) from None

    def _check(self, cells: list[str]) -> None:
        """Raise ForeignFileError for a row with too few cells, or with more that are not empty."""
        wanted = len(self.names)
        if len(cells) < wanted or any(cell.strip() for cell in cells[wanted:]):
            raise ForeignFileError(
                self._path,
                f"{counted(len(cells), 'value')} where {wanted} belong, as there are names",
                self._line,
            )


FORMAT = Format("csv_table", "tables as text (CSV)", recognises, read, general=True)
