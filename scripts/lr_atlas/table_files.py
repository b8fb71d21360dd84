"""Tables as files that people and programs read."""

import json
from pathlib import Path

import pandas as pd

from lr_atlas.atomic import open_atomically

_DIGITS = 10


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A table as CSV, ten significant digits."""
    with open_atomically(path) as file:
        table.to_csv(file, mode="wb", encoding="utf-8", index=False, float_format=f"%.{_DIGITS}g")


def write_json(path: Path, table: pd.DataFrame) -> None:
    """A table as a JSON list with an object per row; what is empty or not finite is null."""
    rows = [
        {name: _plain(value) for name, value in row.items()} for row in table.to_dict("records")
    ]
    with open_atomically(path) as file:
        file.write((json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """A table as Parquet, for programs."""
    with open_atomically(path) as file:
        table.to_parquet(file, index=False)


def _plain(value: object) -> object:
    """A cell as JSON has it: numbers as in the CSV file."""
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
