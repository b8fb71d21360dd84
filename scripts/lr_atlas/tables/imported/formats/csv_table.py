"""Tables as text: a row per line, cells apart by comma, semicolon, tab or bar."""

import csv
from pathlib import Path

import pandas as pd

from lr_atlas.common.units import counted
from lr_atlas.tables.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.tables.imported.raw import Raw, where_of
from lr_atlas.tables.imported.registry import Format

_SEPARATORS = ",;\t|"


def recognises(path: Path) -> bool:
    """Return whether a file begins with a row of names, as many as the row after it has cells."""
    if path.is_dir():
        return False
    start = start_of(path)
    return is_text(start) and start.lstrip()[:1] not in (b"{", b"[", b"<") and b"," in start


def read(path: Path) -> Raw:
    """Read a table. Raises ForeignFileError with the line."""
    reader = csv.reader(lines_of(path))
    header = next(reader)
    rows, lines = [], []
    for row in reader:
        if len(row) != len(header):
            raise ForeignFileError(
                path,
                f"{counted(len(row), 'value')} where {len(header)} belong",
                reader.line_num,
            )
        rows.append(row)
        lines.append(reader.line_num)
    table = pd.DataFrame(rows, columns=header, dtype="str").replace("", None)
    return Raw(table, where_of(table, str(path), lines), by_hand=True)


FORMAT = Format("csv_table", "tables as text (CSV)", recognises, read, general=True)
