"""The numbers that a run has written, each checked; a message names file, line and value."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lr_atlas.common.safe_files import open_plain, read_plain
from lr_atlas.studies.measured_values import are_possible, impossible
from lr_atlas.training.records import STEP


def read_history(path: Path, measured: Sequence[str], of_program: bool) -> np.ndarray:
    """Return history.csv as float64 [epochs, 1 + measured]; NaN where a program has no column."""
    columns = ("epoch", *measured)
    if not of_program:
        return read_numbers(path, columns)
    with open_plain(path) as file:
        header = file.readline().decode("utf-8").strip().split(",")
    found = read_numbers(path, header)
    history = np.full((len(found), len(columns)), np.nan)
    for place, name in enumerate(columns):
        if name in header:
            history[:, place] = found[:, header.index(name)]
    return history


def read_numbers(path: Path, columns: Sequence[str]) -> np.ndarray:
    """Return a small CSV file as float64 [rows, columns]; pandas takes fifty times as long.

    Raises ValueError with the file's name, the line and the value that cannot be.
    """
    rows = _read_rows(path, columns)
    try:
        numbers = np.array(rows, dtype=np.float64).reshape(len(rows), len(columns))
        measured = [place for place, name in enumerate(columns) if name not in _PLACES]
        names = [columns[place] for place in measured]
        fine = _rise(columns, numbers) & are_possible(names, numbers[:, measured])
    except ValueError:
        fine = np.zeros(len(rows), dtype=bool)
    for place in np.flatnonzero(~fine).tolist():
        problem = _problem_of_row(columns, rows[place], rows[place - 1] if place else None)
        if problem:
            raise ValueError(f"{path.name}, line {place + 2}: {problem}")
    return numbers


#: The columns that say where in a run a row stands.
_PLACES = ("epoch", STEP)


def _rise(columns: Sequence[str], numbers: np.ndarray) -> np.ndarray:
    """Return of which rows the place is one, bool [rows]: epochs 1, 2, 3 …, or steps that rise."""
    if STEP not in columns:
        fine: np.ndarray = numbers[:, 0] == np.arange(1, len(numbers) + 1)
        return fine
    steps = numbers[:, columns.index(STEP)]
    rises = np.diff(numbers[:, 0], prepend=0) > 0
    return np.asarray(rises & (steps == np.floor(steps)) & (np.diff(steps, prepend=0) > 0))


def read_losses(path: Path, has_diverged: bool) -> np.ndarray:
    """Return the steps and losses of a run's first epoch, float64 [pieces, 2].

    has_diverged: whether the last loss may be NaN or infinite.
    Raises ValueError with the file's name, the line and the value that cannot be.
    """
    rows = _read_rows(path, ("step", "loss"))
    try:
        numbers = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
        steps, losses = numbers.T
        whole = np.isfinite(steps) & (steps == np.floor(steps)) & (np.diff(steps, prepend=0) > 0)
        fine = whole & are_possible(["loss"], losses[:, None])
    except ValueError:
        fine = np.zeros(len(rows), dtype=bool)
    for place in np.flatnonzero(~fine).tolist():
        before = float(rows[place - 1][0]) if place else 0.0
        may_be_lost = has_diverged and place == len(rows) - 1
        problem = _problem_of_piece(rows[place], before, may_be_lost)
        if problem:
            raise ValueError(f"{path.name}, line {place + 2}: {problem}")
    return numbers


def _read_rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    lines = read_plain(path).decode("utf-8").splitlines()
    header, *rows = (line.split(",") for line in lines) if lines else [[]]
    if header != list(columns):
        raise ValueError(f"{path.name} has other columns than a training job writes")
    return rows


def _problem_of_piece(row: Sequence[str], before: float, may_be_lost: bool) -> str:
    """Return which value of a row of the first epoch, as texts, cannot be; empty if both can.

    before: the step of the row before. may_be_lost: whether the loss may be NaN or infinite.
    """
    if len(row) != 2:
        return f"{len(row)} values where 2 belong"
    try:
        step, loss = map(float, row)
    except ValueError:
        return f"{','.join(row)} are not both numbers"
    if not step.is_integer() or step <= before:
        return f"the step is {row[0]}; steps are whole numbers that rise"
    if may_be_lost and not math.isfinite(loss):
        return ""
    reason = impossible("loss", loss)
    return f"loss is {row[1]}; {reason}" if reason else ""


def _problem_of_row(
    columns: Sequence[str], row: Sequence[str], before: Sequence[str] | None
) -> str:
    """Return which value of a row, as texts, cannot be; empty if all can.

    before: the row before it; None of the first.
    """
    if len(row) != len(columns):
        return f"{len(row)} values where {len(columns)} belong"
    try:
        numbers = [float(text) for text in row]
    except ValueError:
        return f"{','.join(row)} are not all numbers"
    if STEP in columns:
        place = columns.index(STEP)
        last = float(before[place]) if before else 0.0
        if not numbers[place].is_integer() or numbers[place] <= last or numbers[0] <= 0:
            return f"the step is {row[place]}; steps are whole numbers that rise"
    else:
        epoch = 1 + int(float(before[0]) if before else 0)
        if numbers[0] != epoch:
            return f"the epoch is {row[0]} where {epoch} belongs; the epochs are not 1, 2, 3 …"
    found = (
        f"{column} is {text}; {impossible(column, number)}"
        for column, text, number in zip(columns, row, numbers, strict=True)
        if column not in _PLACES and impossible(column, number)
    )
    return next(found, "")
