"""The table that W&B's documentation has people write from its API: summary, config, name.

Both are dicts as Python shows them; they are read as data, and nothing in them is run.
"""

import ast
import csv
import math
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs
from lr_atlas.studies.imported.formats._text_tables import shape_of
from lr_atlas.studies.imported.formats.wandb_file import number_of

_COLUMNS = {"summary", "config", "name"}
_NAMES = {"nan": math.nan, "inf": math.inf}


def recognises(path: Path) -> bool:
    """Return whether a file has the three columns."""
    if path.is_dir():
        return False
    start = start_of(path)
    shape = shape_of(start) if is_text(start) and b"{'" in start else None
    first = start.partition(b"\n")[0].decode(errors="replace").strip()
    names = set(shape.names) if shape else set(first.split(","))
    return b"{'" in start and names >= _COLUMNS and len(names) <= len(_COLUMNS) + 1


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return a run per row. Raises ForeignFileError with the line."""
    runs = []
    reader = csv.DictReader(lines_of(path), strict=True)
    try:
        for row in reader:
            line = reader.line_num
            told = {name: _plain(path, row[name], line) for name in ("summary", "config")}
            run = ForeignRun(f"{row['name']} (line {line})", path, flat(told["config"], path))
            values = {name: number_of(each) for name, each in flat(told["summary"], path).items()}
            run.rows[math.nan, 0] = {
                name: value
                for name, value in values.items()
                if value is not None and not name.startswith("_")
            }
            run.lines[math.nan, 0] = line
            runs.append(run)
    except csv.Error as error:
        raise ForeignFileError(path, f"no row of a table: {error}", reader.line_num) from None
    if not runs:
        raise ForeignFileError(path, "it has names of columns, and no rows")
    return runs


def _plain(path: Path, text: str | None, line: int) -> dict[str, Any]:
    try:
        found = _value(ast.parse((text or "").strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, dict):
        raise ForeignFileError(path, f"'{str(text)[:40]}' is no dict of plain values", line)
    return {name: value for name, value in found.items() if name != "_wandb"}


def _value(node: ast.expr) -> Any:
    """Return the plain value of an expression. Raises ValueError for one that has none."""
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(_value(key)): _value(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    raise ValueError("no plain value")


FORMAT = format_of_runs("wandb_api_table", "tables made with W&B's API", recognises, _runs)
