"""Columns of cells read as numbers, whole numbers, truth values or texts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.studies.imported.numbers import (
    COMMA,
    EITHER,
    POINT,
    decimal_sign,
    is_nothing,
    number,
    with_point,
)
from lr_atlas.studies.imported.pools import error_at

_TRUTH = {"true": True, "false": False}


def said(values: pd.Series) -> np.ndarray:
    """Return which cells say something, bool [rows]; NaN in a column of objects does."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iubf":
        return values.notna().to_numpy()
    codes, distinct = _distinct(values)
    fine = np.array([not is_nothing(each) for each in distinct], dtype=bool)
    return fine[codes]


def floats(values: pd.Series, where: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as numbers, float64 [rows]; NaN where nothing is said.

    Raises ForeignFileError for a cell that is no number, with file and line.
    """
    if values.dtype.kind in "iuf" and isinstance(values.dtype, np.dtype):
        return values.to_numpy(dtype=float)
    codes, distinct = _distinct(values)
    fast = _fast(distinct)
    if fast is not None:
        return fast[codes]
    numbers = np.full(len(distinct), np.nan)
    for place, each in enumerate(distinct):
        try:
            numbers[place] = _number(each)
        except ValueError:
            row = int(np.flatnonzero(codes == place)[0])
            shown = str(each)[:40]
            raise error_at(where, row, f"{name} is '{shown}', which is no number") from None
    return numbers[codes]


def with_points(table: pd.DataFrame, numbers: Sequence[str], where: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which a point stands before decimals, where a comma does.

    numbers: the columns that have to be numbers, of which one tells for all. Raises
    ForeignFileError where 1,234 may be a little more than one, or more than a thousand.
    """
    commas = [name for name in table if _has_commas(table[name])]
    numbers = [name for name in numbers if name in table and _is_text(table[name])]
    if not any(name in numbers for name in commas):
        return table
    signs = {name: decimal_sign(_texts(table[name])) for name in numbers}
    told = {sign for sign in signs.values() if sign in (POINT, COMMA)}
    if not told:
        name = next(name for name in numbers if name in commas)
        cells = table[name].astype(str).to_numpy()
        row = next(place for place, cell in enumerate(cells) if "," in cell)
        raise error_at(
            where,
            row,
            f"{name} is '{cells[row]}': a decimal comma or thousands? Write numbers with a decimal "
            "point, and nothing between thousands",
        )
    if COMMA not in told:
        return table
    either = EITHER if POINT not in told else COMMA
    changed = [name for name in table if decimal_sign(_texts(table[name])) in (COMMA, either)]
    return table.assign(
        **{
            name: table[name].map(with_point, na_action="ignore").astype(object)
            for name in changed
            if _is_text(table[name])
        }
    )


def _is_text(values: pd.Series) -> bool:
    return values.dtype == object or isinstance(values.dtype, pd.StringDtype)


def _texts(values: pd.Series) -> list[str]:
    if not _is_text(values):
        return []
    return [cell for cell in values.unique() if isinstance(cell, str)]


def _has_commas(values: pd.Series) -> bool:
    return _is_text(values) and any(isinstance(cell, str) and "," in cell for cell in values)


def _number(cell: Any) -> float:
    if is_nothing(cell):
        return np.nan
    if isinstance(cell, str):
        return number(cell)
    if isinstance(cell, bool | np.bool_):
        raise ValueError("a truth value is no number")
    try:
        return float(cell)
    except (TypeError, OverflowError):
        raise ValueError("no number") from None


def _fast(distinct: np.ndarray) -> np.ndarray | None:
    """Return plain numbers as such; None if some need a closer look."""
    if any(isinstance(each, bool | np.bool_) for each in distinct):
        return None
    try:
        return np.array([np.nan if is_nothing(each) else each for each in distinct], dtype=float)
    except (TypeError, ValueError, OverflowError):
        return None


def _distinct(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return (codes [rows], distinct cells as objects); True and 1 are two, None and NaN too."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.asarray(values.cat.codes), _and_none(values.cat.categories)
    if values.dtype == object:
        cells = values.to_numpy()
        plain = [(type(each), each) if each == each else (type(each), "nan") for each in cells]
        codes, first = pd.factorize(pd.Series(plain, dtype=object))
        places = np.full(len(first), -1)
        rows = np.arange(len(codes))[::-1]
        places[codes[::-1]] = rows
        return codes, cells[places]
    codes, distinct = pd.factorize(values)
    return codes, _and_none(distinct)


def _and_none(cells: Any) -> np.ndarray:
    """Return cells as objects with None as the last, which the code -1 means."""
    return np.array([*cells, None], dtype=object)


def plain_values(values: pd.Series) -> list[Any]:
    """Return a column of parameters as plain values, all of one kind; None where nothing is said.

    Whole numbers, other numbers, truth values, or texts.
    """
    codes, distinct = _distinct(values)
    there = [not is_nothing(each) and each == each for each in distinct]
    cells = [each for each, is_there in zip(distinct, there, strict=True) if is_there]
    found = iter(_plain(cells))
    plain = np.array([next(found) if is_there else None for is_there in there] or [None], object)
    return plain[codes].tolist()


def _plain(cells: list[Any]) -> list[Any]:
    if all(isinstance(each, bool | np.bool_) for each in cells):
        return [bool(each) for each in cells]
    if all(isinstance(each, str) and each.strip().lower() in _TRUTH for each in cells):
        return [_TRUTH[each.strip().lower()] for each in cells]
    if not any(isinstance(each, bool | np.bool_) for each in cells):
        numbers = _finite_numbers(cells)
        if numbers is not None:
            return [int(each) for each in numbers] if _are_whole(numbers) else numbers
    return [each.strip() if isinstance(each, str) else compact(each) for each in cells]


def _finite_numbers(cells: list[Any]) -> list[float] | None:
    """Return cells as numbers; None if some are none. One with a comma may be a list of layers."""
    if any(isinstance(each, str) and "," in each for each in cells):
        return None
    try:
        numbers = [_number(each) for each in cells]
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _are_whole(numbers: list[float]) -> bool:
    """Return whether all are whole numbers, up to those that a float holds exactly."""
    return all(each.is_integer() and abs(each) < 2**53 for each in numbers)
