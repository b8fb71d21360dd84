"""Hydra's folders of jobs: `.hydra/config.yaml`, and tables of any format beside it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.studies.imported.content import ForeignFileError
from lr_atlas.studies.imported.formats._runs import flat
from lr_atlas.studies.imported.formats._small_files import folders_in, yaml_of
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.registry import Format, things_in

_CONFIG = Path(".hydra", "config.yaml")


def recognises(path: Path) -> bool:
    """Return whether a folder is the one of a job, or has some in it."""
    return path.is_dir() and bool(_jobs(path))


def _jobs(path: Path) -> list[Path]:
    if _is_job(path):
        return [path]
    # Jobs of one start are numbered, and the tenth comes after the ninth.
    jobs = [folder for folder in folders_in(path) if _is_job(folder)]
    return sorted(jobs, key=lambda job: (len(job.name), job.name))


def _is_job(folder: Path) -> bool:
    return (folder / _CONFIG).is_file() and not (folder / ".hydra").is_symlink()


def read(path: Path) -> Raw:
    """Read the tables of all jobs. Raises ForeignFileError."""
    raws, empty = [], []
    for job in _jobs(path):
        found = [form.read(each) for each, form in things_in(job) if each.suffix != ".log"]
        parameters = flat(yaml_of(job / _CONFIG), job / _CONFIG)
        raws += [_with_parameters(raw, parameters, job) for raw in found]
        empty += [] if found else [job]
    if not raws:
        raise ForeignFileError(path, "no table of metrics lies beside .hydra/config.yaml")
    notes = [f"{job}: no table of metrics beside .hydra/config.yaml; left out" for job in empty]
    return _joined(raws, notes)


def _with_parameters(raw: Raw, parameters: dict[str, Any], job: Path) -> Raw:
    """Return a table with the parameters of its job, each in a column of its own."""
    there = set(raw.table.columns)
    columns = {
        f"config.{name}" if name in there else name: pd.Categorical.from_codes(
            np.full(len(raw.table), -1 if value is None else 0), pd.Index([value], dtype=object)
        )
        for name, value in parameters.items()
    }
    roles = dict(raw.roles)
    if "run" not in roles:
        name = "job" if "job" not in there | set(columns) else ".hydra"
        columns[name] = pd.Categorical([str(job)] * len(raw.table))
        roles["run"] = name
    measured = None if raw.metrics is None else (*raw.metrics,)
    said = (*(raw.parameters or ()), *columns)
    # Columns that somebody has named may be parameters too; nothing says which they are.
    known = None if raw.parameters is None and raw.metrics is None else said
    return replace(
        raw, table=raw.table.assign(**columns), roles=roles, metrics=measured, parameters=known
    )


def _joined(raws: Sequence[Raw], notes: Sequence[str]) -> Raw:
    """Return tables of jobs as one; None where a job has nothing to say in a column."""
    names = list(dict.fromkeys(name for raw in raws for name in raw.table))
    tables = []
    for raw in raws:
        gaps = {
            name: np.full(len(raw.table), None, dtype=object)
            for name in names
            if name not in raw.table
        }
        tables.append(raw.table.astype(object).assign(**gaps)[names])
    where = pd.concat([raw.where.astype({"file": object}) for raw in raws], ignore_index=True)
    roles: dict[str, str] = {}
    for raw in raws:
        roles |= raw.roles
    told = [raw.metrics for raw in raws]
    said = [raw.parameters for raw in raws]
    return Raw(
        pd.concat(tables, ignore_index=True),
        where.astype({"file": "category"}),
        roles,
        _all_of(told),
        _all_of(said),
        (*(note for raw in raws for note in raw.notes), *notes),
        by_hand=all(raw.by_hand for raw in raws),
    )


def _all_of(told: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Return the names that all say; None where one of them says nothing."""
    if any(names is None for names in told):
        return None
    return tuple(dict.fromkeys(name for names in told for name in names or ()))


FORMAT = Format("hydra_folder", "Hydra's folders of jobs", recognises, read)
