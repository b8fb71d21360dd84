"""Runs from elsewhere in the tables that collecting gives those trained here."""

import numpy as np
import pandas as pd

from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.cells import plain_values, said
from lr_atlas.studies.imported.endings import FINISHED, Ended
from lr_atlas.studies.imported.frame import of_role
from lr_atlas.studies.imported.pools import FILE, error_at, line_of
from lr_atlas.studies.imported.runs_apart import Told
from lr_atlas.studies.imported.settings import Settings
from lr_atlas.studies.parameters import file_name_of
from lr_atlas.training.records import STEP

_SECONDS, _EVALUATING = "train_seconds", "evaluate_seconds"
_LONGEST_REASON = 200


def seeds_of(ended: Ended, where: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Return (the seed of each run, int [runs]; notes).

    where: of the first row of each run. Seeds that are no whole numbers are numbered in their
    order, and runs without any are numbered in each setting, see `seeds_in_order`, -1 here.
    """
    column = ended.first[of_role("seed")]
    there = said(column)
    if not there.any():
        return np.full(len(column), -1), []
    if not there.all():
        row = int(np.flatnonzero(~there)[0])
        raise error_at(
            where,
            row,
            "a run without a seed, where others have one. Give it one, or take all for replicates "
            "in the order in which they come: columns: {ignore: [seed]}",
        )
    values = plain_values(column)
    if all(isinstance(value, int) and 0 <= value < 2**63 for value in values):
        return np.array(values, dtype=np.int64), []
    order = {value: place for place, value in enumerate(sorted(dict.fromkeys(map(str, values))))}
    note = f"seeds such as '{values[0]}' are no whole numbers; they are numbered in their order"
    return np.array([order[str(value)] for value in values]), [note]


def seeds_in_order(settings: list[str]) -> np.ndarray:
    """Return seeds for runs that have none: 0, 1, 2 … in each setting, in order."""
    return pd.Series(settings).groupby(settings).cumcount().to_numpy()


def refuse_same_seeds(settings: list[str], seeds: np.ndarray, where: pd.DataFrame) -> None:
    """Raise UserError for two runs of one setting that have the same seed."""
    twice = pd.DataFrame({"setting": settings, "seed": seeds}).duplicated(keep=False).to_numpy()
    if not twice.any():
        return
    found = np.flatnonzero(twice)
    first = int(found[0])
    same = [row for row in found if settings[row] == settings[first] and seeds[row] == seeds[first]]
    line = line_of(where, first)
    before = f"{where[FILE].iloc[first]}, line {line}" if line else str(where[FILE].iloc[first])
    raise error_at(
        where,
        int(same[1]),
        f"a second run of the setting {settings[first]} with seed {seeds[first]}; the first one is "
        f"in {before}. If a column tells them apart, name it (columns: {{by: […]}}); if seeds "
        "mean nothing here, leave them out: columns: {ignore: [seed]}",
    )


def names_of_runs(ended: Ended, settings: list[str], seeds: np.ndarray) -> list[str]:
    """Return a name of each run: that which the files give it, if none has the same."""
    given = plain_values(ended.first[of_role("run")])
    if all(name is not None for name in given):
        names = [file_name_of(str(name)) for name in given]
        if len(set(names)) == len(names):
            return names
    return [f"{setting}-seed{seed}" for setting, seed in zip(settings, seeds, strict=True)]


def leading_columns(settings: Settings, names: list[str], seeds: np.ndarray) -> pd.DataFrame:
    """Return run, setting, optimizer, learning_rate, what varies, seed; a row per run as read."""
    own = [settings.parameters[name] for name in settings.of_runs]
    return pd.DataFrame(
        {
            "run": names,
            "setting": settings.of_runs,
            "optimizer": [each["optimizer"] for each in own],
            "learning_rate": np.array([each["learning_rate"] for each in own], dtype=float),
            **{name: [each.get(name) for each in own] for name in settings.varying},
            "seed": pd.array(seeds, dtype="Int64"),
        }
    )


def epochs_table(ended: Ended, leading: pd.DataFrame, rank: np.ndarray) -> pd.DataFrame:
    """Return a row per run and evaluation, in the order of the runs.

    leading: see `leading_columns`, in that order. rank: the place in it of each run as it was told
    apart, -1 of one that is left out.
    """
    told = ended.told
    rows, metric = told.frame.rows, told.frame.metric
    place = rank[told.runs]
    epochs = leading.iloc[place].reset_index(drop=True)
    if told.by_steps:
        known = rows[of_role("epoch")].to_numpy()
        epochs["epoch"] = np.where(np.isfinite(known), known, told.places)
        epochs[STEP] = pd.array(_steps(told), dtype="Int64")
    else:
        epochs["epoch"] = pd.array(told.places.round().astype(int), dtype="Int64")
    epochs = epochs.join(rows[list(metric.columns)])
    epochs[_SECONDS] = seconds_of(ended)
    epochs[_EVALUATING] = rows[of_role(_EVALUATING)].to_numpy()
    epochs["status"] = ended.runs["status"].reindex(told.runs).to_numpy()
    order = np.argsort(place, kind="stable")
    return epochs.iloc[order].reset_index(drop=True)


def _steps(told: Told) -> np.ndarray:
    """Return the steps of rows; where parts of epochs are known alone, evaluations are counted."""
    if (told.places % 1 == 0).all():
        return told.places.astype(int)
    return pd.Series(told.runs).groupby(told.runs).cumcount().to_numpy() + 1


def seconds_of(ended: Ended) -> np.ndarray:
    """Return the seconds of training before each row, since the row before; NaN where unknown.

    Seconds that rise in all runs from row to row are counted from the start of the run.
    """
    told = ended.told
    found = pd.Series(told.frame.rows[of_role("seconds")].to_numpy())
    if not found.notna().any() or not told.has_curves:
        return np.full(len(found), np.nan)
    steps = found.groupby(told.runs).diff()
    count = np.bincount(told.runs)
    if (steps.dropna() > 0).all() and (count[count > 0] > 2).all():
        return steps.fillna(found).to_numpy()
    return found.to_numpy()


def runs_table(ended: Ended, epochs: pd.DataFrame, leading: pd.DataFrame) -> pd.DataFrame:
    """Return a row per run: how it ended, its last values, its best one, its seconds."""
    told, metric = ended.told, ended.told.frame.metric
    rank_of_rows = epochs["run"].map(dict(zip(leading["run"], range(len(leading)), strict=True)))
    last = (
        epochs.iloc[epochs.groupby("run", sort=False).tail(1).index]
        .set_index("run")
        .reindex(leading["run"])
    )
    better = metric.sign * epochs[metric.validation]
    best = epochs.loc[better.groupby(epochs["run"]).idxmax()].set_index("run")
    best = best.reindex(leading["run"])
    seconds = _seconds_per_epoch(epochs, rank_of_rows.to_numpy(), len(leading))
    whole = "float64" if told.by_steps else "Int64"
    lost = {
        unit: ended.runs["lost"] if told.by_steps == (unit == "step") else np.nan
        for unit in ("epoch", "step")
    }
    columns = {
        "status": ended.runs["status"].to_numpy(),
        "reason": _reasons(ended),
        **{
            f"diverged_{unit}": pd.array(
                np.where(np.isnan(place), _said_of_runs(ended, f"diverged_{unit}"), place),
                dtype="Int64",
            )
            for unit, place in lost.items()
        },
        "epochs_completed": pd.array(last["epoch"].fillna(0), dtype=whole),
        **(
            {"steps_completed": pd.array(last[STEP].fillna(0), dtype="Int64")}
            if told.by_steps
            else {}
        ),
        **{name: last[name].to_numpy() for name in metric.columns},
        "best_validation_epoch": pd.array(best["epoch"], dtype=whole),
        **({"best_validation_step": pd.array(best[STEP], dtype="Int64")} if told.by_steps else {}),
        metric.best: best[metric.validation].to_numpy(),
        "seconds_per_epoch": np.where(
            np.isnan(seconds), _said_of_runs(ended, "seconds_per_epoch"), seconds
        ),
        **{name: _said_of_runs(ended, name) for name in ("chance", "loss_chance")},
        "images": "",
    }
    return leading.join(pd.DataFrame(columns))


def _seconds_per_epoch(epochs: pd.DataFrame, runs: np.ndarray, count: int) -> np.ndarray:
    """Return the seconds of an epoch, by run; NaN where they are unknown.

    runs: the number of the run of each row, rising.
    """
    starts = np.searchsorted(runs, np.arange(count))[1:]
    places = np.split(epochs["epoch"].to_numpy(dtype=float), starts)
    seconds = np.split(epochs[_SECONDS].to_numpy(dtype=float), starts)
    # Epochs that are counted from 0 are as many as there are rows.
    ends = [(each[-1] if each[0] >= 1 else len(each)) if len(each) else np.nan for each in places]
    return np.array([each.sum() for each in seconds]) / np.array(ends)


def from_zero(epochs: pd.DataFrame) -> list[str]:
    """Return a note on epochs that are counted from 0, if they are."""
    if not len(epochs) or epochs["epoch"].min() != 0 or STEP in epochs:
        return []
    return ["epochs are counted from 0 in the files, and taken as they stand"]


def _reasons(ended: Ended) -> list[str]:
    """Return why runs did not finish: as the files say, or as their last values show."""
    told = plain_values(ended.first[of_role("reason")])
    return [
        " ".join(str(said or found).split())[:_LONGEST_REASON]
        for said, found in zip(told, ended.runs["reason"], strict=True)
    ]


def _said_of_runs(ended: Ended, role: str) -> np.ndarray:
    return ended.first[of_role(role)].to_numpy(dtype=float)


def stopped_early(runs: pd.DataFrame, by_steps: bool) -> list[str]:
    """Return a note on runs that did not go as far as others of their setting, if there are any."""
    finished = runs[runs["status"] == FINISHED]
    ends = finished["steps_completed" if by_steps else "epochs_completed"].astype(float)
    short = finished[ends < ends.groupby(finished["setting"]).transform("max")]
    if not len(short):
        return []
    return [
        f"{counted(len(short), 'run')} ended before others of the same setting "
        f"({shortened(short['run'])}): the last value of each counts"
    ]
