"""JSON lines: an object per line, of an evaluation or of a run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.by_hand import raw_with_lists
from lr_atlas.studies.imported.content import ForeignFileError, lines_of, start_of
from lr_atlas.studies.imported.nested import table_of
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format

_LONGEST_SHOWN = 40


def recognises(path: Path) -> bool:
    """Return whether the first line of a file is a JSON object."""
    if path.is_dir():
        return False
    line, end, _ = start_of(path).lstrip(b"\xef\xbb\xbf \r\n").partition(b"\n")
    if not end or not line.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read(path: Path) -> Raw:
    """Read a file of JSON lines. Raises ForeignFileError with the line."""
    lines, records = zip(*_records(path), strict=True)
    return raw_with_lists(path, table_of(path, records), lines)


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines_of(path), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            end = "; is the file cut off?" if not line.endswith("\n") else ""
            raise ForeignFileError(
                path, f"no JSON object: {line.strip()[:_LONGEST_SHOWN]!r}{end}", number
            )
        yield number, record


FORMAT = Format("json_lines", "JSON lines", recognises, read, general=True)
