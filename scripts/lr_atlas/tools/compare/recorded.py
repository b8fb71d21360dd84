"""What lies on disk of a study: its tables, and what the folders of its runs say of them.

Nothing is taken from config.yaml, which may have changed since, nor is a table taken to have all of
today's columns: the results of another copy, or of an older version, are read as well.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.config.optimizer_table import OPTIMIZERS
from lr_atlas.runs.run_folders import RunFolders, explained_refusals
from lr_atlas.studies.config_changes import configuration_items
from lr_atlas.tables.study_tables import read_recorded
from lr_atlas.training.records import METRICS

#: Without these columns a table of runs says nothing that could be compared.
_NEEDED = (
    *("run", "setting", "dataset", "optimizer", "learning_rate", "seed", "status"),
    "validation_accuracy",
)
#: How a run was made, and where run.json says it.
_RECORDED = {
    "torch": ("versions", "torch"),
    "python": ("versions", "python"),
    "blas": ("versions", "blas"),
    "device": ("device",),
    "processor": ("machine", "processor"),
    "system": ("machine", "system"),
    "threads": ("threads",),
    "gradients": ("gradients",),
}
CIRCUMSTANCES = (*_RECORDED, "image files", "code")
_DIGEST_LENGTH = 12

#: Columns of parameters that are called otherwise in the configuration.
_KEYS = {
    "learning_rate": "lr",
    **{name: f"model.{name}" for name in ("hidden", "activation", "dropout")},
}
#: The keys of a setting that are no arguments of its optimizer, beside those of the model.
_COMMON = (
    *("dataset", "data", "validation", "training_images", "pixels", "loss", "batch_size"),
    "schedule",
    *("compute.threads", "epochs", "optimizer"),
)


@dataclass(frozen=True)
class RecordedSetting:
    """What a setting is, and what came of its runs. All is by seed."""

    name: str  # as its study calls it
    configuration: dict[str, Any]  # what is known of it but the seed, by key, see config_changes
    runs: pd.DataFrame  # its rows of the table of runs
    circumstances: Mapping[int, dict[str, str | None]]  # by CIRCUMSTANCES; None: not recorded
    histories: Mapping[int, pd.DataFrame]  # a row per epoch, with those of METRICS that are there

    @property
    def optimizer(self) -> str:
        """Return the name of its optimizer."""
        return self.configuration["optimizer"]


@dataclass(frozen=True)
class RecordedStudy:
    """A study as it lies on disk."""

    path: Path
    runs: pd.DataFrame  # the table of runs
    settings: tuple[RecordedSetting, ...]
    code: Mapping[str, dict[str, str]]  # digests of the training code's files, by fingerprint
    undescribed: int  # how many runs have no run.json that can be read
    has_histories: bool

    @property
    def name(self) -> str:
        """Return the name of its folder."""
        return self.path.resolve().name


def is_argument(key: str) -> bool:
    """Return whether a key of a setting's configuration is an argument of its optimizer."""
    return key not in _COMMON and not key.startswith("model.")


@explained_refusals()
def read_study(path: Path) -> RecordedStudy:
    """Read a study's tables, and run.json of its runs where they lie in the same results folder.

    path: the folder of the study. Raises UserError for tables that cannot be read.
    """
    runs, epochs = read_recorded(path, "runs", _NEEDED), read_recorded(path, "epochs")
    if runs is None:
        raise UserError(f"{path} has no table of runs")
    folders = RunFolders(path.resolve().parents[1] / "runs")
    lengths = _lengths(runs, folders)
    descriptions = [
        _usable(folders.description((run, int(length)))) if length else None
        for run, length in zip(runs["run"], lengths, strict=True)
    ]
    histories = _histories(epochs, runs)
    settings = [
        _recorded_setting(
            rows, [descriptions[index] for index in rows.index], lengths[rows.index[0]], histories
        )
        for _, rows in runs.groupby("setting", sort=False)
    ]
    return RecordedStudy(
        path=path,
        runs=runs,
        settings=tuple(settings),
        code={fingerprint(code): code for code in map(_code, descriptions) if code},
        undescribed=descriptions.count(None),
        has_histories=epochs is not None,
    )


def _lengths(runs: pd.DataFrame, folders: RunFolders) -> list[int | None]:
    """Return for how many epochs each run was asked for; None where nothing says it."""
    if "epochs" in runs:
        return runs["epochs"].tolist()
    # All runs have the same length then, and those that did not diverge have come to it.
    kept = runs[runs["status"] != "diverged"]
    if len(kept) and "epochs_completed" in runs:
        return [int(kept["epochs_completed"].max())] * len(runs)
    common = set.intersection(*(set(folders.lengths(run)) for run in runs["run"]))
    return [min(common, default=None)] * len(runs)


def _recorded_setting(
    rows: pd.DataFrame,
    descriptions: Sequence[dict | None],
    length: int | None,
    histories: Mapping[tuple[str, int], pd.DataFrame],
) -> RecordedSetting:
    """Return a setting from its rows of the table of runs and the run.json of each."""
    described = next(filter(None, descriptions), None)
    if described:
        items = configuration_items(described["canonical_configuration"])
        configuration = {key: json.loads(value) for key, value in items if key != "seed"}
    else:
        configuration = _configuration_of_row(rows.iloc[0])
    name, seeds = str(rows["setting"].iloc[0]), rows["seed"].astype(int).tolist()
    return RecordedSetting(
        name=name,
        configuration=configuration | ({"epochs": int(length)} if length else {}),
        runs=rows.set_axis(seeds),
        circumstances={
            seed: _circumstances(found, row)
            for seed, found, row in zip(seeds, descriptions, rows.to_dict("records"), strict=True)
        },
        histories={seed: histories[name, seed] for seed in seeds if (name, seed) in histories},
    )


def _usable(description: dict | None) -> dict | None:
    """Return the content of a run.json, or None if this version cannot read its configuration."""
    shape = {"optimizer": {"lr": int | float}}
    if not description:
        return None
    configuration = description["canonical_configuration"]
    known = has_shape(configuration, shape) and configuration["optimizer"]["name"] in OPTIMIZERS
    return description if known else None


def _configuration_of_row(row: pd.Series) -> dict:
    """Return what a row of the table of runs tells of its setting, by configuration key."""
    columns = list(row.index)
    names = columns[columns.index("dataset") : columns.index("seed")]
    values = {_KEYS.get(name, name): row[name] for name in names if pd.notna(row[name])}
    hidden = values.get("model.hidden")
    if hidden is not None:
        sizes = [] if hidden == "none" else str(hidden).split("-")
        values["model.hidden"] = [int(size) for size in sizes]
    # Plain numbers, not NumPy's.
    return {key: value.item() if hasattr(value, "item") else value for key, value in values.items()}


def _circumstances(description: dict | None, row: dict) -> dict[str, str | None]:
    """Return how a run was made, as texts: from its row of the table, else from run.json."""
    found = dict.fromkeys(CIRCUMSTANCES)
    for name, path in _RECORDED.items():
        # The table first: it is what the numbers stand in.
        value = row.get(name)
        found[name] = _at(description, path) if pd.isna(value) else value
    code = _code(description)
    if code:
        found["code"] = fingerprint(code)
    images = _at(description, ("data",))
    if isinstance(images, dict):
        found["image files"] = ", ".join(str(each)[:_DIGEST_LENGTH] for each in images.values())
    return {key: None if pd.isna(value) else str(value) for key, value in found.items()}


def _at(description: dict | None, path: Sequence[str]) -> Any:
    """Return the value of a key in a key; None where there is none."""
    value = description
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _code(description: dict | None) -> dict[str, str] | None:
    return description["code"] if description else None


def _histories(
    epochs: pd.DataFrame | None, runs: pd.DataFrame
) -> dict[tuple[str, int], pd.DataFrame]:
    """Return the metrics after each epoch, by setting and seed; none without that table."""
    if epochs is None or not {"setting", "seed"} <= {*epochs}:
        return {}
    measured = epochs[[name for name in METRICS if name in epochs]]
    rows = epochs.groupby(["setting", "seed"], sort=False).indices
    # A run that diverged in its first epoch has no row.
    return {
        (str(setting), int(seed)): measured.iloc[rows.get((setting, seed), [])]
        for setting, seed in zip(runs["setting"], runs["seed"], strict=True)
    }
