"""MLflow's data base (`mlflow.db`)."""

import sys
from pathlib import Path

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import ForeignRun, format_of_runs
from lr_atlas.studies.imported.formats._sqlite import has_tables, opened
from lr_atlas.studies.imported.formats.mlflow_folder import STATUS
from lr_atlas.studies.imported.raw import EXPORTED

_TABLES = {
    "experiments": {"experiment_id", "name"},
    "runs": {"run_uuid", "experiment_id", "status", "lifecycle_stage"},
    "params": {"run_uuid", "key", "value"},
    "metrics": {"run_uuid", "key", "value", "step", "is_nan", "timestamp"},
}
_TAGS = {"tags": {"run_uuid", "key", "value"}}
_RUNS = """
    SELECT run_uuid, runs.status, experiments.name FROM runs
    JOIN experiments USING (experiment_id)
    WHERE runs.lifecycle_stage = 'active' ORDER BY runs.rowid
"""
_METRICS = "SELECT run_uuid, key, value, step, is_nan FROM metrics ORDER BY timestamp, rowid"


def recognises(path: Path) -> bool:
    """Return whether a file is of SQLite, with MLflow's tables."""
    return has_tables(path, _TABLES)


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return all runs that are not deleted. Raises ForeignFileError."""
    with opened(path) as base:
        runs = {
            run: ForeignRun(str(run), path, {"experiment": experiment}, STATUS.get(status))
            for run, status, experiment in base.execute(_RUNS)
        }
        for run, key, value in base.execute("SELECT run_uuid, key, value FROM params"):
            if run in runs:
                runs[run].parameters[str(key)] = value
        if has_tables(path, _TAGS):
            for run, key, value in base.execute("SELECT run_uuid, key, value FROM tags"):
                if run in runs and str(key).startswith(EXPORTED):
                    runs[run].parameters[str(key)] = value
        for run, key, value, step, is_nan in base.execute(_METRICS):
            if run in runs:
                runs[run].measure(str(key), _step(path, step), _value(path, key, value, is_nan))
    if not runs:
        raise ForeignFileError(path, "MLflow keeps no runs in it that are not deleted")
    return list(runs.values())


def _step(path: Path, step: object) -> int:
    if not isinstance(step, int):
        raise ForeignFileError(path, f"table metrics: a step is '{step}', no whole number")
    return step


def _value(path: Path, key: object, value: object, is_nan: object) -> float:
    """Return a value; the largest number stands for infinity, which not every data base knows."""
    if is_nan:
        return float("nan")
    if not isinstance(value, int | float):
        raise ForeignFileError(path, f"table metrics: {key} is '{str(value)[:40]}', no number")
    return value * 2 if abs(value) >= sys.float_info.max else float(value)


FORMAT = format_of_runs("mlflow_sqlite", "MLflow's SQLite file", recognises, _runs)
