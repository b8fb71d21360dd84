"""A study in MLflow's SQLite store: a run per training run below one with the study's tables."""

import logging
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

# Nothing is sent, and nothing asked for.
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from sqlalchemy import URL, Engine, event

from lr_atlas.common.rounding import compact
from lr_atlas.common.units import counted
from lr_atlas.studies.imported.raw import EXPORTED_KIND, OF_STUDY
from lr_atlas.tools.export.exported_runs import ExportedRun, exported_runs
from lr_atlas.tools.export.finished_study import FinishedStudy, atlas_version
from lr_atlas.tools.export.names import distinct

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
#: The most of each that MLflow takes at once.
_MOST_METRICS, _MOST_PARAMETERS = 1000, 100
_LONGEST_PARAMETER, _LONGEST_TAG, _LONGEST_NAME = 6000, 5000, 250
_NOT_IN_NAMES = re.compile(r"[^\w./ :-]")


def write(study: FinishedStudy, folder: Path, final: Path) -> list[str]:
    """Write the store into a folder, and return what to say of it.

    final: where the folder will lie, which MLflow writes down as the place of artifacts.
    """
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.ERROR)
    event.listen(Engine, "connect", _without_waiting)
    try:
        parent, count = _write_runs(study, folder / DATABASE, final)
    finally:
        event.remove(Engine, "connect", _without_waiting)
    files = _copy_artifacts(study, folder / ARTIFACTS / parent / "artifacts")
    artifacts = f"{counted(files, 'file')} as artifacts of the run {study.name}"
    return [f"{counted(count, 'run')}, and {artifacts}"]


def _without_waiting(connection: Any, _: Any) -> None:
    """Spare a data base the wait for the disk at each step: until it is whole nobody sees it."""
    connection.execute("PRAGMA synchronous = OFF")


def _write_runs(study: FinishedStudy, base: Path, final: Path) -> tuple[str, int]:
    """Write all runs, and return the id of the one above them, and how many they are."""
    place = URL.create("sqlite", database=str(base))
    client = MlflowClient(tracking_uri=place.render_as_string())
    location = (final / ARTIFACTS).as_uri()
    # MLflow has an experiment of its own of that name.
    name = study.name if study.name != "Default" else "Default (study)"
    experiment = client.create_experiment(name, artifact_location=location)
    tags = {
        EXPORTED_KIND: OF_STUDY,
        "lr_atlas.study": study.name,
        "lr_atlas.version": atlas_version(),
        # MLflow shows it as the description.
        "mlflow.note.content": study.sentence,
    }
    parent = client.create_run(experiment, run_name=study.name, tags=tags).info
    count = 0
    for run in exported_runs(study):
        _write_run(client, experiment, parent.run_id, run)
        count += 1
    client.set_terminated(parent.run_id, "FINISHED")
    return parent.run_id, count


def _write_run(client: Any, experiment: str, parent: str, run: ExportedRun) -> None:
    tags = {"mlflow.parentRunId": parent}
    found = client.create_run(experiment, run_name=run.name[:_LONGEST_NAME], tags=tags).info
    points = list(run.points())
    keys = _keys(name for _, _, values in points for name in values)
    metrics = [
        # As far apart in time as they were in training.
        Metric(keys[name], value, found.start_time + round(1000 * seconds), step)
        for step, seconds, values in points
        for name, value in values.items()
    ]
    names = _keys(run.parameters)
    parameters = [
        Param(names[name], text(value)[:_LONGEST_PARAMETER])
        for name, value in run.parameters.items()
    ]
    labels = [RunTag(name, text(value)[:_LONGEST_TAG]) for name, value in run.labels.items()]
    client.log_batch(found.run_id, tags=labels)
    for part in _parts(parameters, _MOST_PARAMETERS):
        client.log_batch(found.run_id, params=part)
    for part in _parts(metrics, _MOST_METRICS):
        client.log_batch(found.run_id, metrics=part)
    # A run that diverged has done what was asked of it; its label says how it ended.
    client.set_terminated(found.run_id, "FINISHED")


def _keys(names: Iterable[str]) -> Mapping[str, str]:
    """Return what MLflow takes as the key of each name."""
    return distinct(names, lambda name: _NOT_IN_NAMES.sub("_", name).strip("/. ") or "_")


def text(value: Any) -> str:
    """Return a parameter as MLflow keeps it: numbers with all their digits."""
    return repr(value) if isinstance(value, float) else compact(value)


def _parts(values: Sequence[Any], most: int) -> Iterable[Sequence[Any]]:
    return (values[begin : begin + most] for begin in range(0, len(values), most))


def _copy_artifacts(study: FinishedStudy, folder: Path) -> int:
    """Copy tables, texts and figures where MLflow looks for a run's artifacts; how many."""
    files = study.shown_files()
    for path in files:
        copied = folder / path.relative_to(study.folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    return len(files)
