"""JSON files: a list of objects, of evaluations or runs, or an object of columns or runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lr_atlas.common.units import size_text
from lr_atlas.studies.imported.by_hand import raw_with_lists
from lr_atlas.studies.imported.content import ForeignFileError, open_unpacked, start_of
from lr_atlas.studies.imported.formats import json_lines
from lr_atlas.studies.imported.nested import table_of
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format

#: Larger files would take ten times as much memory once they are read.
_MOST_BYTES = 2**28


def recognises(path: Path) -> bool:
    """Return whether a file begins as JSON objects or a list of them do."""
    if path.is_dir():
        return False
    start = b"".join(start_of(path).lstrip(b"\xef\xbb\xbf").split(None, 3)[:3])
    return start.startswith((b'{"', b"[{", b"{}", b"[]")) and not json_lines.recognises(path)


def read(path: Path) -> Raw:
    """Read a JSON file. Raises ForeignFileError."""
    records = _records(path, _value(path))
    if not records:
        raise ForeignFileError(path, "there are no objects of runs in it")
    return raw_with_lists(path, table_of(path, records))


def _value(path: Path) -> Any:
    with open_unpacked(path) as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ForeignFileError(
            path, f"more than {size_text(_MOST_BYTES)} of JSON; write JSON lines, or Parquet"
        )
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ForeignFileError(path, f"no JSON: {error.msg}", error.lineno) from None
    except UnicodeDecodeError:
        raise ForeignFileError(path, "no text in UTF-8; save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ForeignFileError(path, f"JSON that cannot be read: {error}") from None


def _records(path: Path, value: Any) -> list[Mapping[str, Any]]:
    """Return a record per row of what a file holds, in any of the usual shapes."""
    if isinstance(value, list):
        for number, each in enumerate(value, 1):
            if not isinstance(each, dict):
                raise ForeignFileError(
                    path, f"the element {number} of its list is no object: {str(each)[:40]!r}"
                )
        return value
    inner = list(value.values())
    if value.keys() >= {"columns", "data"} and all(
        map(_is_list, (value["columns"], *value["data"]))
    ):
        return [dict(zip(value["columns"], row, strict=False)) for row in value["data"]]
    if inner and all(isinstance(each, dict) for each in inner):
        names = {name for each in inner for name in each}
        if all(name.isdigit() for name in names):
            return [
                {key: each.get(name) for key, each in value.items()}
                for name in sorted(names, key=int)
            ]
        return [{"run": key, **each} for key, each in value.items()]
    return [value] if value else []


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


FORMAT = Format("json_records", "JSON", recognises, read, general=True)
