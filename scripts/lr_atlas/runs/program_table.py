"""The table that a program writes about its run: CSV or JSON lines, a row per epoch."""

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain
from lr_atlas.common.spelling import did_you_mean
from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.measured_values import impossible
from lr_atlas.training.records import METRICS

_METRIC = re.compile(r"(running|train|validation|test)_[A-Za-z][A-Za-z0-9_]*")
_TEST = "test_"
_FINISHED, _DIVERGED = "finished", "diverged"
_STATUSES = (_FINISHED, _DIVERGED, "collapsed")
_MOST_COLUMNS_SHOWN = 8
_LONGEST_SHOWN = 40
_LONGEST_REASON = 200

#: (the line that it stands on, value by column)
Row = tuple[int, dict[str, Any]]


class ProgramTableError(UserError):
    """A table that is not there, not complete, or holds something else than measurements."""


@dataclass(frozen=True)
class ProgramTable:
    """Hold what a program says of its run, checked.

    Attributes:
        columns: Names of the metrics of each epoch, such as validation_accuracy.
        rows: A row per complete epoch, finite numbers in the order of `columns`.
        test: Metrics on the test data after the last epoch, by column; empty where it has none.
        status: "finished", "diverged" or "collapsed".
        reason: Why it did not simply finish; may be empty.
        diverged_step: The step at which it diverged, as far as the table says; None if it did not.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    test: dict[str, float]
    status: str
    reason: str
    diverged_step: int | None


def read_program_table(path: Path, epochs: int, metric: str) -> ProgramTable:
    """Return the table in a file. Raises ProgramTableError with what is wrong with it, and where.

    epochs: how many rows belong into it. metric: such as accuracy; there has to be a column with
    its values on the validation data.
    """
    names, rows = _read(path)
    index = next((name for name in ("epoch", "step") if name in names), None)
    columns = _metric_columns(names)
    needed = f"validation_{metric}"
    if index is None or needed not in columns:
        lacking = needed if index else "epoch (or step)"
        meant = did_you_mean(lacking.partition(" ")[0], names) or ";"
        raise ProgramTableError(
            f"its table has no column {lacking}{meant} it has "
            f"{shortened(names, _MOST_COLUMNS_SHOWN) or 'none'}"
        )
    if not rows:
        raise ProgramTableError("its table has no rows")
    _check_index(index, rows)
    if len(rows) > epochs:
        raise ProgramTableError(
            f"its table has {counted(len(rows), 'row')}, a row for each of {epochs} epochs belongs "
            "there"
        )
    end, why = _divergence(columns, rows)
    values = tuple(_values(columns, row) for row in rows[:end])
    if end is not None:
        return ProgramTable(columns, values, {}, _DIVERGED, why, _step(rows[end]))
    if len(rows) < epochs:
        raise ProgramTableError(
            f"its table has {counted(len(rows), 'row')} of {epochs}: the program has ended early, "
            "or writes no row for each epoch"
        )
    test = {name: _number(rows[-1], name) for name in _metric_columns(names, of_test=True)}
    given = {name: value for name, value in test.items() if value is not None}
    for name, value in given.items():
        _refuse_impossible(rows[-1][0], name, value)
    status = _status(rows[-1])
    reason = _reason(rows[-1]) if status != _FINISHED else ""
    return ProgramTable(columns, values, given, status, reason, None)


def _read(path: Path) -> tuple[list[str], list[Row]]:
    """Return (names of columns, rows) of a file of either form."""
    try:
        text = read_plain(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise ProgramTableError("it has written no table to {history}") from None
    except (OSError, ValueError, UserError) as error:
        raise ProgramTableError(f"its table cannot be read: {error}") from None
    if not text.strip():
        raise ProgramTableError("its table is empty")
    rows = list(_json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text))
    names = dict.fromkeys(name for _, row in rows for name in row)
    return list(names), [row for row in rows if row[0] > 0]


def _csv_rows(text: str) -> Iterator[Row]:
    """Yield the header, as a row of line 0, then the rows."""
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        header = [name.strip() for name in next(reader)]
        yield 0, dict.fromkeys(header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise ProgramTableError(
                    f"line {reader.line_num} of its table: {counted(len(cells), 'value')} where "
                    f"{len(header)} belong"
                )
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise ProgramTableError(f"line {reader.line_num} of its table: {error}") from None


def _json_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise ProgramTableError(
                f"line {number} of its table is no JSON object such as "
                '{"epoch": 1, "validation_accuracy": 0.5}: ' + repr(line[:_LONGEST_SHOWN])
            )
        yield number, row


def _metric_columns(names: Sequence[str], of_test: bool = False) -> tuple[str, ...]:
    """Return the columns of metrics in the order of our own tables; others mean nothing here."""
    found = [
        name for name in names if _METRIC.fullmatch(name) and name.startswith(_TEST) == of_test
    ]
    return tuple(sorted(found, key=lambda name: (name not in METRICS, _place(name), name)))


def _place(name: str) -> int:
    return METRICS.index(name) if name in METRICS else 0


def _check_index(index: str, rows: Sequence[Row]) -> None:
    """Raise ProgramTableError unless epochs are counted one by one, and steps rise."""
    before: int | None = None
    for line, row in rows:
        value = _number((line, row), index)
        if value is None or not math.isfinite(value) or value != int(value):
            raise ProgramTableError(
                f"line {line} of its table: {index} is {_shown(row.get(index))}, where a whole "
                "number belongs"
            )
        first = before is None and (value in (0, 1) or index == "step")
        follows = before is not None and (
            value == before + 1 if index == "epoch" else value > before
        )
        if not first and not follows:
            after = "first" if before is None else f"after {before}"
            rule = "epochs are 1, 2, 3 …" if index == "epoch" else "steps rise"
            raise ProgramTableError(
                f"line {line} of its table: {index} {int(value)} comes {after}; {rule}"
            )
        before = int(value)


def _divergence(columns: Sequence[str], rows: Sequence[Row]) -> tuple[int | None, str]:
    """Return (index of the row in which the run diverged or None, why)."""
    for position, row in enumerate(rows):
        for name in columns:
            value = _number(row, name)
            if value is not None and not math.isfinite(value):
                return position, f"{name} is {value:g} in row {position + 1}"
        if _status(row) == _DIVERGED:
            return position, _reason(row)
    return None, ""


def _values(columns: Sequence[str], row: Row) -> tuple[float, ...]:
    """Return the values of a row. Raises ProgramTableError for one that lacks, or cannot be."""
    found = []
    for name in columns:
        value = _number(row, name)
        if value is None:
            raise ProgramTableError(f"line {row[0]} of its table has no value of {name}")
        _refuse_impossible(row[0], name, value)
        found.append(value)
    return tuple(found)


def _reason(row: Row) -> str:
    said = str(row[1].get("reason") or "").strip()
    return said[:_LONGEST_REASON] or "the program says so"


def _status(row: Row) -> str:
    """Return the status that the program gives; finished where it gives none."""
    status = str(row[1].get("status") or "").strip() or _FINISHED
    if status not in _STATUSES:
        raise ProgramTableError(
            f"line {row[0]} of its table: the status is {_shown(status)}; it may be "
            f"{', '.join(_STATUSES)}, or empty"
        )
    return status


def _step(row: Row) -> int:
    """Return the step that a row says; 1 where there is none."""
    step = _number(row, "step") if "step" in row[1] else None
    return max(1, int(step)) if step is not None and math.isfinite(step) else 1


def _number(row: Row, name: str) -> float | None:
    """Return a number, NaN and infinities among them; None for an empty cell."""
    value = row[1].get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ProgramTableError(
            f"line {row[0]} of its table: {name} is {_shown(value)}, which is no number"
        ) from None


def _refuse_impossible(line: int, name: str, value: float) -> None:
    reason = impossible(name, value)
    if reason:
        raise ProgramTableError(f"line {line} of its table: {name} is {value:g}; {reason}")


def _shown(value: Any) -> str:
    return repr(str(value)[:_LONGEST_SHOWN]) if value is not None else "nothing"
