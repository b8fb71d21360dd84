"""Optuna's storage in a SQLite file."""

import json
import math
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import ForeignRun, format_of_runs
from lr_atlas.studies.imported.formats._sqlite import has_tables, opened
from lr_atlas.studies.imported.formats._trials import Study, Trial, chosen, runs_of_trials

_TABLES = {
    "studies": {"study_id", "study_name"},
    "study_directions": {"study_id", "direction", "objective"},
    "study_system_attributes": {"study_id", "key", "value_json"},
    "trials": {"trial_id", "number", "study_id", "state"},
    "trial_params": {"trial_id", "param_name", "param_value", "distribution_json"},
    "trial_values": {"trial_id", "objective", "value"},
    "trial_intermediate_values": {"trial_id", "step", "intermediate_value"},
    "trial_user_attributes": {"trial_id", "key", "value_json"},
}
_NAMES = """
    SELECT study_id, value_json FROM study_system_attributes WHERE key = 'study:metric_names'
"""
_DIRECTIONS = "SELECT study_id, direction FROM study_directions ORDER BY study_id, objective"
_TRIALS = "SELECT trial_id, study_id, number, state FROM trials ORDER BY trial_id"
#: Words, in another column, for numbers that SQLite cannot keep.
_TYPES = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


def recognises(path: Path) -> bool:
    """Return whether a file is of SQLite, with Optuna's tables."""
    return has_tables(path, _TABLES)


def _runs(path: Path, notes: list[str]) -> list[ForeignRun]:
    """Return the trials of all studies. Raises ForeignFileError."""
    with opened(path) as base:
        found = base.execute("SELECT study_id, study_name FROM studies")
        studies = {key: Study(str(name)) for key, name in found}
        for key, way in base.execute(_DIRECTIONS):
            if key in studies:
                studies[key].directions.append(way)
        for key, names in base.execute(_NAMES):
            if key in studies:
                studies[key].metrics = _json(path, names)
        trials = {
            trial: Trial(studies[study], number, state)
            for trial, study, number, state in base.execute(_TRIALS)
            if study in studies
        }
        for trial, name, internal, distribution in _rows(base, "trial_params", trials):
            trials[trial].parameters[str(name)] = chosen(internal, distribution, path)
        for trial, step, value in _numbers(base, "trial_intermediate_values", trials, path):
            trials[trial].reported[step] = value
        for trial, objective, value in _numbers(base, "trial_values", trials, path):
            trials[trial].values[objective] = value
        for trial, name, value in _rows(base, "trial_user_attributes", trials):
            trials[trial].attributes[str(name)] = _json(path, value)
    return runs_of_trials(list(trials.values()), path, notes)


def _rows(base: Any, table: str, trials: dict) -> list[tuple]:
    columns = ", ".join(
        name
        for name in (
            "trial_id",
            "param_name",
            "param_value",
            "distribution_json",
            "key",
            "value_json",
        )
        if name in _TABLES[table]
    )
    return [row for row in base.execute(f"SELECT {columns} FROM {table}") if row[0] in trials]


def _numbers(base: Any, table: str, trials: dict, path: Path) -> list[tuple]:
    """Return [(trial, step or objective, value)]. Early versions have no column of types."""
    at, name = ("objective", "value") if table == "trial_values" else ("step", "intermediate_value")
    columns = {cell[0] for cell in base.execute(f"SELECT * FROM {table}").description}
    kind = f"{name}_type" if f"{name}_type" in columns else "''"
    found = []
    for trial, place, value, said in base.execute(
        f"SELECT trial_id, {at}, {name}, {kind} FROM {table}"
    ):
        number = _TYPES.get(said, math.nan if value is None else value)
        if not isinstance(number, int | float) or not isinstance(place, int):
            raise ForeignFileError(path, f"table {table}: '{str(value)[:40]}' is no number")
        if trial in trials:
            found.append((trial, place, float(number)))
    return found


def _json(path: Path, text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise ForeignFileError(path, f"damaged: the attribute '{str(text)[:40]}'") from None


FORMAT = format_of_runs("optuna_sqlite", "Optuna's SQLite file", recognises, _runs)
