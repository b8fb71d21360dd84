"""A CSV or Parquet table with a row for each example."""

from pathlib import Path
from typing import Any

import numpy as np

from lr_atlas.common.spelling import suggestion
from lr_atlas.data.data_folders import DataError, not_there
from lr_atlas.data.dataset import REGRESSION
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given, as_float32

_ENDINGS = (".csv", ".tsv", ".parquet")


def files(source: Source) -> list[Path]:
    """Return the file. Raises DataError if it is not there, or of another kind."""
    path = Path(source.place)
    if not path.is_file():
        raise not_there(path, "file")
    if path.suffix.lower() not in _ENDINGS:
        raise DataError(f"{path} is none of {', '.join(_ENDINGS)}")
    return [path]


def given(source: Source) -> dict[str, Given]:
    """Return the columns as float32 [n, columns], and the targets.

    Raises DataError for a file that cannot be read, columns that are not there, missing values and
    text where numbers belong, with the column and the first line.
    """
    table = _read(files(source)[0])
    where, names = source.place, table.column_names
    wanted = source.options["target"]
    targets = [wanted] if isinstance(wanted, str) else list(wanted)
    columns = source.options.get("columns") or [name for name in names if name not in targets]
    for name in (*targets, *columns):
        if name not in names:
            raise DataError(f"{where} has no column '{name}'{suggestion(name, names)}")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{where} has two columns '{twice}'; each needs a name of its own")
    named_twice = next(
        (name for each in (targets, columns) for name in each if each.count(name) > 1), None
    )
    if named_twice is not None:
        raise DataError(f"{where}: the column '{named_twice}' is named twice; once is enough")
    if {*targets} & {*columns}:
        raise DataError(f"{where}: the target stands among `columns`, which would tell it")
    if table.num_rows == 0:
        raise DataError(f"{where} holds no rows; at least one is needed")
    if not columns:
        raise DataError(f"{where} has no column beside the target")
    for name in (*targets, *columns):
        _refuse_missing(table, name, where)
    inputs = np.stack([_numbers(table, name, where) for name in columns], axis=1)
    return {"train": Given(inputs, _targets(table, targets, source), where)}


def _read(path: Path) -> Any:
    import pyarrow
    from pyarrow import csv, parquet

    try:
        if path.suffix.lower() == ".parquet":
            return parquet.read_table(path)
        between = "\t" if path.suffix.lower() == ".tsv" else _delimiter(path)
        options = csv.ConvertOptions(strings_can_be_null=True)
        return csv.read_csv(
            path, parse_options=csv.ParseOptions(delimiter=between), convert_options=options
        )
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _delimiter(path: Path) -> str:
    """Return the sign that stands most often in the first line, of those in use."""
    with open(path, encoding="utf-8", errors="replace") as file:
        first = file.readline()
    return max(",;\t", key=first.count)


def _line(row: int, where: str) -> str:
    """Return where a row stands, for people: the first line of a CSV file has the names."""
    return f"row {row + 1}" if where.lower().endswith(".parquet") else f"line {row + 2}"


def _refuse_missing(table: Any, name: str, where: str) -> None:
    missing = table[name].is_null(nan_is_null=table[name].type in _floats()).to_numpy()
    if missing.any():
        raise DataError(
            f"{where}: the column '{name}' has no value in {_line(int(missing.argmax()), where)}, "
            f"as in {int(missing.sum()):,} of {len(missing):,}; fill these in, or take the rows or "
            "the column out"
        )


def _floats() -> tuple[Any, ...]:
    import pyarrow

    return (pyarrow.float16(), pyarrow.float32(), pyarrow.float64())


def _numbers(table: Any, name: str, where: str) -> np.ndarray:
    import pyarrow.types as types

    column = table[name]
    if types.is_decimal(column.type):
        column = column.cast("float64")
    if types.is_boolean(column.type):
        return column.to_numpy().astype(np.float32)
    if types.is_integer(column.type) or types.is_floating(column.type):
        return as_float32(column.to_numpy())
    row, text = _first_that_is_no_number(column)
    raise DataError(
        f"{where}: the column '{name}' holds {text!r} in {_line(row, where)}, which is no number; "
        "write it as numbers (a column of 0 and 1 for each value), or name the others under "
        "`columns`"
    )


def _first_that_is_no_number(column: Any) -> tuple[int, str]:
    for row, value in enumerate(column):
        text = str(value.as_py())
        try:
            float(text)
        except ValueError:
            return row, text
    return 0, str(column[0].as_py())


def _targets(table: Any, names: list[str], source: Source) -> np.ndarray:
    """Return the targets as numbers, or as text [n]."""
    import pyarrow.types as types

    where = source.place
    if len(names) > 1:
        return np.stack([_numbers(table, name, where) for name in names], axis=1)
    column = table[names[0]]
    if source.options.get("task") == REGRESSION:
        return _numbers(table, names[0], where)
    if types.is_boolean(column.type):
        return np.array([str(value).lower() for value in column.to_pylist()])
    if types.is_integer(column.type) or types.is_floating(column.type):
        return column.to_numpy()
    return np.array([str(value) for value in column.to_pylist()])
