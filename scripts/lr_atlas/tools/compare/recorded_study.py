"""Read a study as it lies on disk: its tables, and what run.json says of each of its runs.

config.yaml is not asked, since it may have changed since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.common.spelling import suggestion
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.studies.config_changes import configuration_items
from lr_atlas.studies.study_metric import StudyMetric, recorded_metric
from lr_atlas.tables.study_tables import read_recorded
from lr_atlas.training.parts import short_name

_NEEDED = (
    *("run", "setting", "optimizer", "seed", "status", "diverged_step", "epochs_completed"),
    "chance",
)
#: Each of these may decide the last digits of a run. The last two are in run.json alone.
MAKERS = ("torch", "python", "blas", "device", "processor", "images", "gradients", "code")


@dataclass(frozen=True)
class RecordedStudy:
    """A study as it lies on disk.

    Attributes:
        folder: The folder of its tables.
        runs: The table of runs with all of MAKERS, empty where one is not recorded, and `history`:
            the metrics after every epoch and the end as bytes, None without a table of epochs.
        settings: A row per setting, with its name in the column `setting` and a column of texts for
            each key of the configuration, such as "model.dropout" or "sgd: momentum", empty where
            it does not apply; None where of some setting no run.json can be read.
        metric: The metric of the study.
        code: {value in the column `code`: digests of the files of the training code}.
    """

    folder: Path
    runs: pd.DataFrame
    settings: pd.DataFrame | None
    metric: StudyMetric
    code: dict[str, dict[str, str]]

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        return self.folder.resolve().name


def read_study(folder: Path, column: str | None) -> RecordedStudy:
    """Read a study's tables, and run.json of its runs where they lie in the same results folder.

    column: one that its table of runs has to have; None for that of its metric. Raises UserError
    for tables that cannot be read.
    """
    runs = read_recorded(folder, "runs", _NEEDED)
    if runs is None:
        raise UserError(f"{folder} has no table of runs")
    metric = recorded_metric(runs)
    known = (*metric.columns, metric.best, "seconds_per_epoch")
    if column is not None and column not in known:
        raise UserError(f"--metric {column}: no such metric{suggestion(column, known)}")
    for name in filter(None, (column, metric.validation)):
        if name not in runs:
            raise UserError(f"{folder}: its table of runs has no column {name}")
    if "epochs" not in runs:  # all have the same number, which those that did not diverge came to
        runs["epochs"] = runs["epochs_completed"].where(runs["status"] != "diverged").max()
    run_folders = RunFolders(folder.resolve().parents[1] / "runs")
    found = [
        _description(run_folders, run, epochs)
        for run, epochs in zip(runs["run"], runs["epochs"], strict=True)
    ]
    code = {fingerprint(each["code"]): each["code"] for each in found if each.get("code")}
    runs = runs.reindex(columns=list(dict.fromkeys((*runs, *MAKERS))))
    runs = runs.assign(
        gradients=[each.get("gradients") for each in found],
        code=[fingerprint(each["code"]) if each.get("code") else None for each in found],
        history=_histories(runs, read_recorded(folder, "epochs"), metric.columns),
    )
    return RecordedStudy(folder, runs, _settings(runs["setting"], found), metric, code)


def _description(folders: RunFolders, run: str, epochs: float) -> dict:
    """Return run.json of a run of that length, NaN for any; empty if it cannot be read."""
    lengths = [each for each in folders.lengths(run) if pd.isna(epochs) or each == epochs]
    found = folders.description((run, lengths[0])) if lengths else None
    return {**found, "epochs": lengths[0]} if found else {}


def _histories(
    runs: pd.DataFrame, epochs: pd.DataFrame | None, columns: Sequence[str]
) -> list[bytes | None]:
    if epochs is None or not {"setting", "seed", *columns} <= {*epochs}:
        return [None] * len(runs)
    by_run = {
        key: rows[list(columns)].to_numpy(dtype=float).tobytes()
        for key, rows in epochs.groupby(["setting", "seed"])
    }
    rows = zip(
        *(runs["setting"], runs["seed"], runs["status"], runs["diverged_step"].astype(float)),
        strict=True,
    )
    # A run that diverged in its first epoch has no row there.
    return [
        f"{status} {step} ".encode() + by_run.get((setting, seed), b"")
        for setting, seed, status, step in rows
    ]


def _settings(names: pd.Series, descriptions: Sequence[dict]) -> pd.DataFrame | None:
    """Return RecordedStudy.settings, from the name and run.json of each run."""
    found: dict[str, dict] = {}
    for name, description in zip(names, descriptions, strict=True):
        if description and name not in found:
            found[name] = {"setting": name, **_configuration(description)}
    return pd.DataFrame(found.values()).fillna("") if len(found) == names.nunique() else None


def _configuration(description: dict) -> dict[str, str]:
    """Return the configuration of a setting as texts by key; arguments name their optimizer."""
    canonical = description["canonical_configuration"]
    optimizer, is_argument = short_name(canonical["optimizer"]["name"]), False
    values = {"epochs": str(description["epochs"])}
    for key, value in configuration_items(canonical):
        if key != "seed":
            values[f"{optimizer}: {key}" if is_argument else key] = value.replace('"', "")
        is_argument |= key == "optimizer"
    return values
