"""Trials of Optuna's studies, as both of its storages keep them."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import (
    FAILED,
    FINISHED,
    RUNNING,
    STOPPED,
    ForeignRun,
    flat,
)

#: As Optuna numbers and names how a trial ended; one that waits has not begun.
STATUS = {
    **dict.fromkeys((0, "RUNNING"), RUNNING),
    **dict.fromkeys((1, "COMPLETE"), FINISHED),
    **dict.fromkeys((2, "PRUNED"), STOPPED),
    **dict.fromkeys((3, "FAIL"), FAILED),
}
_WAYS = {1: "minimized", 2: "maximized", "MINIMIZE": "minimized", "MAXIMIZE": "maximized"}


@dataclass
class Study:
    """Hold a study: what its values are called, and which way each is better."""

    name: str
    directions: list[Any] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)

    def metric(self, objective: int) -> str:
        """Return what a value of a trial is called."""
        if objective < len(self.metrics):
            return str(self.metrics[objective])
        return "value" if len(self.directions) < 2 else f"value_{objective}"


@dataclass
class Trial:
    """Hold a trial: parameters, what it reported at steps, values in the end, and attributes."""

    study: Study
    number: int
    state: Any
    parameters: dict[str, Any] = field(default_factory=dict)
    reported: dict[int, float] = field(default_factory=dict)
    values: dict[int, float] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)


def chosen(internal: Any, distribution: str, path: Path) -> Any:
    """Return a parameter's value, of which Optuna keeps a number alone for one of several choices.

    Raises ForeignFileError.
    """
    try:
        told = json.loads(distribution)
        choices = told["attributes"].get("choices")
        if choices is not None:
            return choices[int(internal)]
        is_whole = str(told["name"]).startswith("Int")
        return int(internal) if is_whole else float(internal)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        shown = str(distribution)[:60]
        raise ForeignFileError(path, f"damaged: a parameter is {internal} of '{shown}'") from None


def runs_of_trials(trials: Sequence[Trial], path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return trials as runs; the values in the end stand at the last step that was reported."""
    runs = [_run(trial, path) for trial in trials if trial.state in STATUS]
    if not runs:
        raise ForeignFileError(path, "Optuna keeps no trials in it that have begun")
    studies = {id(trial.study): trial.study for trial in trials}
    notes += _notes(studies)
    return runs


def _run(trial: Trial, path: Path) -> ForeignRun:
    run = ForeignRun(
        f"{trial.study.name}/{trial.number}",
        path,
        flat(trial.parameters, path) | {"study": trial.study.name},
        STATUS[trial.state],
        flat(trial.attributes, path),
    )
    for step, value in sorted(trial.reported.items()):
        run.measure("intermediate_value", step, value)
    last = max(trial.reported, default=math.nan)
    for objective, value in sorted(trial.values.items()):
        run.measure(trial.study.metric(objective), last, math.nan if value is None else value)
    return run


def _notes(studies: dict[int, Study]) -> list[str]:
    return [
        f"{study.name}: {study.metric(objective)} was {_WAYS[way]}"
        for study in studies.values()
        for objective, way in enumerate(study.directions)
        if way in _WAYS
    ]
