"""Tables as files that people and programs read; what is damaged is named, with what makes it."""

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.parquet import open_parquet
from lr_atlas.common.safe_files import open_plain, read_plain
from lr_atlas.common.table_errors import TableError, read_json


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV; numbers have the fewest digits that mean them exactly."""
    with open_atomically(path) as file:
        table.to_csv(file, mode="wb", encoding="utf-8", index=False)


def write_json(path: Path, table: pd.DataFrame) -> None:
    """Write a table as a JSON list with an object per row; empty or not finite is null."""
    rows = [
        {name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]
    with open_atomically(path) as file:
        file.write((json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, with checksums, for programs."""
    with open_atomically(path) as file:
        table.to_parquet(file, index=False, write_page_checksum=True)


def read_parquet(path: Path, columns: Collection[str] = ()) -> pd.DataFrame:
    """Read what `write_parquet` wrote; raises TableError unless it is whole, with these columns."""
    try:
        with open_plain(path) as file:
            table = open_parquet(file).read(use_threads=False).to_pandas(use_threads=False)
    # pyarrow raises errors of many kinds on a damaged file.
    except Exception as error:
        raise TableError(path, error) from None
    return _with_columns(path, table, columns)


def read_csv(
    path: Path, columns: Collection[str] = (), types: Mapping | None = None
) -> pd.DataFrame:
    """Read what `write_csv` wrote; `types` as pandas' dtype.

    Raises TableError unless the file is whole, with these columns and as many rows as the JSON file
    beside it, where there is one.
    """
    try:
        content = read_plain(path)
        if not content.endswith(b"\n"):
            raise ValueError("it ends in the middle of a line" if content else "it is empty")
        table = pd.read_csv(io.BytesIO(content), dtype=types)
    except (OSError, ValueError) as error:
        raise TableError(path, error) from None
    twin = path.with_suffix(".json")
    if twin.exists() and len(read_json(twin)) != len(table):
        raise TableError(path, f"it has {len(table)} rows, {twin.name} another number")
    return _with_columns(path, table, columns)


def read_arrays(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read the named arrays of an .npz file. Raises TableError unless all are there."""
    try:
        with np.load(io.BytesIO(read_plain(path)), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    # NumPy and zipfile raise errors of many kinds on a damaged file.
    except Exception as error:
        raise TableError(path, error) from None


def _with_columns(path: Path, table: pd.DataFrame, columns: Collection[str]) -> pd.DataFrame:
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise TableError(path, f"it has no column {', '.join(lacking)}")
    return table


def _plain(value: object) -> object:
    """Return a cell as JSON has it."""
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return None
    return value.item() if hasattr(value, "item") else value
