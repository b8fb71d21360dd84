"""The runs of a study as trackers keep them: parameters, labels, values at each step."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import compact
from lr_atlas.studies.imported.raw import EXPORTED
from lr_atlas.tools.export.finished_study import FinishedStudy, atlas_version
from lr_atlas.training.records import STEP

_EPOCH, _TEST = "epoch", "test"
#: Columns of a table of epochs that measure nothing.
_PLACES = (_EPOCH, STEP)
_SECONDS = ("train_seconds", "evaluate_seconds")
#: Columns of the table of runs that say how a run ended, and what guessing reaches.
_LABELS = (
    *("status", "reason", "diverged_epoch", "diverged_step", "chance", "loss_chance"),
    *("seconds_per_epoch", "device", "torch", "python", "blas", "processor", "packages"),
)
#: Keys of a configuration that are said already.
_SAID = ("seed", "dataset", "optimizer.name", "optimizer.lr")


@dataclass(frozen=True)
class ExportedRun:
    """A run.

    Attributes:
        name: Tells it apart from all others of the study.
        setting: All that it has in common with runs of other seeds.
        status: finished, diverged or collapsed.
        parameters: {name: plain value}.
        labels: What is said of it beside: {name that begins with EXPORTED: plain value}. Readers
            of exports find by them what trackers have no words for, such as a divergence.
        rows: (step, {metric: value}) of each evaluation, the epoch among the values; the step is
            the epoch where runs are evaluated by epochs. Values may be infinite.
        tested: What it reached on the test images; maybe nothing.
    """

    name: str
    setting: str
    status: str
    parameters: Mapping[str, Any]
    labels: Mapping[str, Any]
    rows: tuple[tuple[int, dict[str, float]], ...]
    tested: Mapping[str, float]

    def points(self) -> Iterator[tuple[int, float, dict[str, float]]]:
        """Yield (step, seconds that the run had taken by then, values) of each evaluation.

        What the run reached on the test images stands at the last one.
        """
        last = len(self.rows) - 1
        taken = 0.0
        for place, (step, values) in enumerate(self.rows):
            taken += sum(values.get(name, 0.0) for name in _SECONDS)
            yield step, taken, values | (dict(self.tested) if place == last else {})
        if self.tested and not self.rows:
            yield 0, 0.0, dict(self.tested)


def exported_runs(study: FinishedStudy) -> Iterator[ExportedRun]:
    """Yield the runs of a study in the order of its tables, without those on fresh seeds.

    These decide, and a reader who took all runs for replicates would have them choose as well.
    """
    runs, epochs = study.runs, study.epochs
    columns = list(runs)
    leading = columns[columns.index("setting") : columns.index("seed") + 1]
    measured = [
        name
        for name in epochs.select_dtypes("number")
        if name not in columns[: columns.index("seed") + 1] and name not in _PLACES
    ]
    of_run = dict(list(epochs.groupby("run", sort=False)))
    tested = _tested(study)
    for row in runs.to_dict("records"):
        parameters = {name: plain(row[name]) for name in leading if plain(row[name]) is not None}
        configured = _configured(study.descriptions.get(row["run"]), parameters)
        labels = {
            "study": study.name,
            "run": row["run"],
            "version": atlas_version(),
            **{name: plain(row.get(name)) for name in _LABELS},
        }
        yield ExportedRun(
            str(row["run"]),
            str(row["setting"]),
            str(row["status"]),
            parameters | configured,
            {f"{EXPORTED}{k}": v for k, v in labels.items() if v not in (None, "")},
            tuple(_rows(of_run.get(row["run"]), measured)),
            tested.get((row["setting"], row["seed"]), {}),
        )


def _rows(table: pd.DataFrame | None, measured: list[str]) -> Iterator[tuple[int, dict]]:
    if table is None:
        return
    place = STEP if STEP in table else _EPOCH
    for row in table[[*dict.fromkeys((place, _EPOCH)), *measured]].to_dict("records"):
        values = {name: plain(row[name]) for name in (_EPOCH, *measured)}
        yield int(row[place]), {k: float(v) for k, v in values.items() if v is not None}


def _tested(study: FinishedStudy) -> dict[tuple[str, int], dict[str, float]]:
    """Return what runs that choose reached on the test images, by setting and seed."""
    if _TEST not in study.table_files:
        return {}
    table = study.table(_TEST)
    values = [name for name in table if name.startswith("test_")]
    if not len(table) or not {"setting", "seed", "confirmation"} <= {*table}:
        return {}
    own = table[~table["confirmation"].astype(bool)]
    return {
        (row["setting"], row["seed"]): {
            name: float(row[name]) for name in values if plain(row[name]) is not None
        }
        for row in own.to_dict("records")
    }


def _configured(told: tuple[Any, dict] | None, taken: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a run as flat parameters, without what is said already."""
    if told is None:
        return {}
    flat = dict(_flat(told[1]["canonical_configuration"], ""))
    return {
        name: value
        for name, value in flat.items()
        if name not in _SAID and name.rpartition(".")[2] not in taken
    }


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, bool | int | float | str):
        yield name, value
    else:
        yield name, compact(value)


def plain(value: Any) -> Any:
    """Return a cell of a table as a plain value; None where nothing is said."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
