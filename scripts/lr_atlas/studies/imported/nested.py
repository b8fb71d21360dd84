"""Records as JSON has them, with records and lists inside, made flat rows."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.studies.imported.limits import check_cells, check_names
from lr_atlas.studies.imported.usual_names import USUAL, measured, plain

_DEEPEST = 8
#: A list of so many numbers is a curve whatever its name; shorter ones may be betas or layers.
_CURVE = 8
_PLACES = {*USUAL["epoch"], *USUAL["step"]}


def table_of(path: Path, records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return records as a table, a row each; nested ones as columns such as config.lr.

    Raises ForeignFileError for names or a size that cannot be.
    """
    flat = [flattened(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    check_names(path, names)
    check_cells(path, len(flat), len(names))
    columns = {}
    for name in names:
        cells = np.empty(len(flat), dtype=object)
        cells[:] = [record.get(name) for record in flat]
        columns[name] = cells
    return pd.DataFrame(columns, index=range(len(flat)))


def flattened(record: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a record without records inside, whose keys follow those they lie in."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping) and depth < _DEEPEST:
            inner = flattened(value, depth + 1).items()
            found |= {f"{key}.{name}": each for name, each in inner}
        else:
            found[str(key)] = value
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def has_lists(table: pd.DataFrame) -> bool:
    """Return whether some cell is a list."""
    objects = (table[name] for name in table if table[name].dtype == object)
    return any(_is_list(cell) for values in objects for cell in values)


def with_rows_of_lists(path: Path, table: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, bool]:
    """Return (the table with a row for each element of its curves, the row each is of, …).

    Curves are lists with the name of a metric, or of epochs or steps, those as long beside them,
    and lists of at least eight numbers; other lists become texts. The last is whether epochs were
    counted, since nothing says where in a run the elements stand. Raises ForeignFileError.
    """
    objects = [name for name in table if table[name].dtype == object]
    lists = {name: [_elements(cell) for cell in table[name]] for name in objects}
    lists = {name: cells for name, cells in lists.items() if any(map(_is_list, cells))}
    curves = _curves(lists)
    lengths = np.ones(len(table), dtype=int)
    for name in curves:
        lengths = np.maximum(lengths, [len(cell or ()) for cell in lists[name]])
    check_cells(path, int(lengths.sum()), table.shape[1])
    rows = np.repeat(np.arange(len(table)), lengths)
    flat = table.assign(
        **{
            name: pd.Series(
                [compact(cell) if _is_list(cell) else cell for cell in cells], dtype=object
            )
            for name, cells in lists.items()
            if name not in curves
        }
    )
    flat = flat.iloc[rows].reset_index(drop=True)
    for name in curves:
        flat[name] = np.array(list(_padded(lists[name], lengths)) or [None], dtype=object)
    counted = bool(curves) and not any(plain(str(name)) in _PLACES for name in table)
    if counted:
        flat["epoch"] = np.concatenate([np.arange(1, length + 1) for length in lengths])
    return flat, rows, counted


def _elements(cell: Any) -> Any:
    return list(cell) if _is_list(cell) else cell


def _curves(lists: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return which columns of lists are curves."""
    numbers = [name for name, cells in lists.items() if all(map(_are_numbers, cells))]
    certain = [name for name in numbers if measured(name).known or plain(name) in _PLACES]
    lengths = [[len(cell or ()) for cell in lists[name]] for name in certain]
    return [
        name
        for name in numbers
        if name in certain
        or [len(cell or ()) for cell in lists[name]] in lengths
        or max(len(cell or ()) for cell in lists[name]) >= _CURVE
    ]


def _are_numbers(cell: Any) -> bool:
    return cell is None or (
        _is_list(cell) and all(isinstance(each, int | float | np.number | None) for each in cell)
    )


def _padded(cells: Iterable[Any], lengths: np.ndarray) -> Iterable[Any]:
    for cell, length in zip(cells, lengths, strict=True):
        yield from cell or ()
        yield from [None] * (length - len(cell or ()))
