"""Runs as trackers keep them, made one long table."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.limits import check_cells, check_names
from lr_atlas.studies.imported.raw import EXPORTED, EXPORTED_KIND, OF_STUDY, ROLES, Raw
from lr_atlas.studies.imported.registry import Format

#: Words of all formats for the end of a run. STOPPED: by somebody, or pruned; RUNNING: its tracker
#: has not been told of an end.
FINISHED, FAILED, STOPPED, RUNNING = "finished", "failed", "stopped", "running"

#: The most parameters of a run, and how deep they may be nested.
_MOST_PARAMETERS = 10_000
_DEEPEST = 20
#: The most parts of a list that is kept as text, and the most letters.
_MOST_PARTS, _LONGEST = 300, 1000
#: Columns of a table that no parameter or metric may take.
_OWN = ("run", "status")


@dataclass
class ForeignRun:
    """A run: its parameters, and its values at each step.

    Attributes:
        name: Tells it apart from all others of its file or folder.
        file: That it was read from, for messages.
        parameters: {name: plain value}; see `flat`.
        status: One of the words above; None where nothing says it.
        notes: {name: plain value} that may be parameters or not; a column may be named by the user.
        rows: {(step, how often a metric was logged at that step before): {metric: value}}.
        lines: The lines of the rows in the file, where it has lines.
    """

    name: str
    file: Path
    parameters: dict[str, Any] = field(default_factory=dict)
    status: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    rows: dict[tuple[float, int], dict[str, float]] = field(default_factory=dict)
    lines: dict[tuple[float, int], int] = field(default_factory=dict)
    _seen: Counter = field(default_factory=Counter, repr=False)

    def measure(self, metric: str, step: float, value: float, line: int | None = None) -> None:
        """Take a value; one at a step that has one already opens another row of that step."""
        key = (step, self._seen[metric, step])
        self._seen[metric, step] += 1
        self.rows.setdefault(key, {})[metric] = value
        if line is not None:
            self.lines.setdefault(key, line)

    def measure_together(
        self, step: float, values: Mapping[str, float], line: int | None = None
    ) -> None:
        """Take values that belong together; with those at their step, unless these are others."""
        count = self._seen["", step]
        last = self.rows.get((step, count), {})
        if any(last.get(name, value) != value for name, value in values.items()):
            self._seen["", step] = count = count + 1
        self.rows.setdefault((step, count), {}).update(values)
        if line is not None:
            self.lines.setdefault((step, count), line)


def format_of_runs(
    name: str,
    title: str,
    recognises: Callable[[Path], bool],
    runs_of: Callable[[Path, list[str]], Iterable[ForeignRun]],
    at: str = "step",
) -> Format:
    """Return a format of which each file or folder gives runs, which become one table.

    runs_of: takes a path, and a list to which it adds notes; raises ForeignFileError. at: see
    `raw_of`.
    """

    def together(paths: Sequence[Path]) -> Raw:
        notes: list[str] = []
        runs = [run for path in paths for run in runs_of(path, notes)]
        return raw_of(runs, at, notes)

    def read(path: Path) -> Raw:
        return together([path])

    return Format(name, title, recognises, read, together)


def raw_of(runs: Sequence[ForeignRun], at: str, notes: Sequence[str] = ()) -> Raw:
    """Return runs as one long table, a row per run and step.

    at: the role, and the name of the column, of the steps; there is none if all are NaN.
    """
    runs = [run for run in runs if run.parameters.get(EXPORTED_KIND) != OF_STUDY] or runs
    for run in runs:
        _take_exported(run)
    rows = [_rows_of(run) for run in runs]
    index = np.repeat(np.arange(len(runs)), [len(each) for each in rows])
    keys = [key for each in rows for key in each]
    values = [row for each in rows for row in each.values()]
    columns: dict[str, Any] = {"run": _of_runs([run.name for run in runs], index)}
    roles = {"run": "run"}
    if any(run.status for run in runs):
        columns["status"] = _of_runs([run.status for run in runs], index)
        roles["status"] = "status"
    taken = {*_OWN, at}
    metrics = {
        name: _named(name, taken, "metric")
        for name in dict.fromkeys(name for row in values for name in row)
    }
    steps = np.array([step for step, _ in keys])
    if not np.isnan(steps).all():
        columns[at] = steps
        roles[at] = at
    taken |= set(metrics.values())
    parameters = _columns_of(runs, "parameters", taken)
    others = _columns_of(runs, "notes", {*taken, *parameters})
    columns |= {name: _of_runs(cells, index) for name, cells in (parameters | others).items()}
    columns |= {
        column: _measured([row.get(name) for row in values]) for name, column in metrics.items()
    }
    check_names(runs[0].file, list(columns))
    check_cells(runs[0].file, len(keys), len(columns))
    table = pd.DataFrame(columns)
    if "epoch" in metrics.values():
        roles["epoch"] = "epoch"
    return Raw(
        table,
        _where(runs, rows, index, table),
        roles,
        tuple(column for column in metrics.values() if column != "epoch"),
        tuple(parameters),
        tuple(notes),
    )


def _take_exported(run: ForeignRun) -> None:
    """Take what LR Atlas says of a run that it has exported: its name, and how it ended.

    What else it says has a role or is no parameter.
    """
    told = {
        name.removeprefix(EXPORTED): name for name in run.parameters if name.startswith(EXPORTED)
    }
    if "run" in told:
        run.name = str(run.parameters[told["run"]])
    if "status" in told:
        run.status = str(run.parameters[told["status"]])
    for name in told:
        if name not in ROLES or name in ("run", "status"):
            del run.parameters[told[name]]


def _rows_of(run: ForeignRun) -> dict[tuple[float, int], dict[str, float]]:
    """Return the rows of a run by step; one without values where nothing was measured."""
    return dict(sorted(run.rows.items())) or {(math.nan, 0): {}}


def _columns_of(runs: Sequence[ForeignRun], kind: str, taken: set) -> dict[str, list]:
    """Return {column: value of each run} of all that runs say of one kind."""
    names = dict.fromkeys(name for run in runs for name in getattr(run, kind))
    return {
        _named(name, taken, "config" if kind == "parameters" else kind): [
            getattr(run, kind).get(name) for run in runs
        ]
        for name in names
    }


def _named(name: str, taken: set, kind: str) -> str:
    """Return the column of a name, which says its kind where the name is taken."""
    return f"{kind}.{name}" if name in taken else name


def _of_runs(values: Sequence[Any], index: np.ndarray) -> pd.Categorical | np.ndarray:
    """Return a column of values that belong to runs: categories, unless they are not one kind."""
    if len({type(each) for each in values if each is not None}) > 1:
        cells = np.empty(len(values), dtype=object)
        cells[:] = values
        return cells[index]
    codes, kinds = pd.factorize(pd.Series(values, dtype=object))
    return pd.Categorical.from_codes(codes[index], pd.Index(kinds, dtype=object))


def _measured(values: Sequence[float | None]) -> np.ndarray:
    """Return a column of measured values, in which NaN and nothing are two where both occur."""
    if any(each is not None and math.isnan(each) for each in values):
        cells = np.empty(len(values), dtype=object)
        cells[:] = values
        return cells
    return np.array(values, dtype=float)


def _where(
    runs: Sequence[ForeignRun], rows: Sequence[dict], index: np.ndarray, table: pd.DataFrame
) -> pd.DataFrame:
    lines = [
        run.lines.get(key, pd.NA) for run, each in zip(runs, rows, strict=True) for key in each
    ]
    files = _of_runs([str(run.file) for run in runs], index)
    return pd.DataFrame({"file": files, "line": pd.array(lines, dtype="Int64")}, index=table.index)


def flat(nested: Mapping, path: Path) -> dict[str, Any]:
    """Return nested parameters as {"optimizer.lr": plain value}; lists become text.

    Raises ForeignFileError for more, or deeper ones, than any run has.
    """
    found: dict[str, Any] = {}
    _flatten(nested, "", found, path)
    return found


def _flatten(value: Any, name: str, found: dict[str, Any], path: Path) -> None:
    if len(found) > _MOST_PARAMETERS:
        raise ForeignFileError(path, f"more than {_MOST_PARAMETERS:,} parameters of one run")
    if isinstance(value, Mapping) and value:
        if name.count(".") > _DEEPEST:
            raise ForeignFileError(path, f"parameters nested deeper than {_DEEPEST} levels")
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else str(key), found, path)
    elif isinstance(value, list | dict):
        # Aliases within aliases could make a text without end.
        found[name] = compact(value)[:_LONGEST] if _is_small(value) else "…"
    elif value is None or isinstance(value, bool | int | float | str):
        found[name] = value
    else:
        found[name] = str(value)


def _is_small(value: Any, left: list[int] | None = None) -> bool:
    """Return whether a nested value has few enough parts to be written out."""
    left = left or [_MOST_PARTS]
    left[0] -= 1
    parts = value.values() if isinstance(value, dict) else value
    return left[0] > 0 and (
        not isinstance(value, dict | list) or all(_is_small(each, left) for each in parts)
    )
