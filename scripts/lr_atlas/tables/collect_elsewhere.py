"""The tables of runs from elsewhere, beside those of the runs that a study trains itself."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.table_errors import TableError
from lr_atlas.runs.provenance import MAKERS
from lr_atlas.runs.run_files import NOT_KNOWN
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.metric_columns import name_in
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.collect import leading_columns, text_columns, typed
from lr_atlas.tables.table_files import read_parquet


def with_elsewhere(
    own: tuple[pd.DataFrame, pd.DataFrame] | None,
    plan: Plan,
    folder: Path,
    metrics: tuple[StudyMetric, str],
    chance: float | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (epochs, runs) of a study, those from elsewhere after its own.

    own: as collect.collect_study returns it; None without. folder: of the tables from elsewhere.
    metrics: of the study, and the name of theirs. chance: what guessing reaches, where the files do
    not say. Raises TableError.
    """
    theirs = _collected(plan, folder, *metrics)
    if chance is not None:
        theirs[1]["chance"] = theirs[1]["chance"].fillna(chance)
    if own is None:
        return theirs
    both = (pd.concat(pair, ignore_index=True) for pair in zip(own, theirs, strict=True))
    epochs, runs = (typed(table, metrics[0]) for table in both)
    return epochs, runs


def _collected(
    plan: Plan, folder: Path, metric: StudyMetric, theirs: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = [run for run in plan.runs if run.is_from_elsewhere]
    paths = [folder / f"{name}.parquet" for name in ("epochs", "runs")]
    epochs, runs = (read_parquet(path, ("run",)) for path in paths)
    place = pd.Index([run.name for run in found])
    if set(runs["run"]) != set(place):
        raise TableError(paths[1], ValueError("it has other runs than the study"))
    texts = text_columns(plan)
    leading = pd.DataFrame([leading_columns(plan, run, texts) for run in found])
    taken = {*leading, *(key for run in found for key in run.parameters)}
    runs = _measured(runs.set_index("run").loc[place], taken, metric, theirs)
    runs = leading.join(runs.reset_index(drop=True)).assign(**dict.fromkeys(MAKERS, NOT_KNOWN))
    of_run = place.get_indexer(epochs["run"])
    order = np.argsort(of_run, kind="stable")
    measured = _measured(epochs.iloc[order], taken, metric, theirs).reset_index(drop=True)
    epochs = leading.iloc[of_run[order]].reset_index(drop=True).join(measured)
    return typed(epochs, metric), typed(runs, metric)


def _measured(
    table: pd.DataFrame, taken: Collection[str], metric: StudyMetric, theirs: str
) -> pd.DataFrame:
    """Return the columns that a study does not know, those of their metric called as its own."""
    kept = [name for name in table if name not in taken]
    end = len(theirs)
    names = {name: f"{name[:-end]}{metric.name}" for name in kept if name_in(name) == theirs}
    table = table[kept].rename(columns=names)
    lacking = [name for name in metric.columns if name not in table]
    return table.assign(**dict.fromkeys(lacking, np.nan))
