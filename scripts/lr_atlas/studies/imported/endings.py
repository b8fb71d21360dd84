"""Tell how each run from elsewhere ended: finished, diverged, or cut short."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lr_atlas.common.spelling import suggestion
from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.cells import said
from lr_atlas.studies.imported.evaluations import in_order
from lr_atlas.studies.imported.frame import SAID, of_role
from lr_atlas.studies.imported.pools import FILE, error_at, line_of
from lr_atlas.studies.imported.runs_apart import Told, no_rows

FINISHED, DIVERGED, COLLAPSED, CUT = "finished", "diverged", "collapsed", "cut short"
#: Words of trackers for how a run ended.
_WORDS = {
    FINISHED: "finished complete completed success succeeded done ok ended passed true",
    DIVERGED: "diverged nan exploded unstable divergence",
    COLLAPSED: "collapsed",
    CUT: "failed fail failure crashed crash killed aborted cancelled canceled preempted running "
    "pruned stopped interrupted timeout pending scheduled queued preempting error waiting false",
}
_MEANT = {word: status for status, words in _WORDS.items() for word in words.split()}


@dataclass(frozen=True)
class Ended:
    """Rows of finite values, and how each run ended.

    Attributes:
        told: The rows, by run and place.
        runs: A row per run, its index the run: status (finished, diverged or collapsed), reason,
                lost (the place at which it diverged, or NaN).
        first: The first row of each run as it came, for what is said of runs.
        where: That of `first`.
        tells: Whether the files show which runs diverged.
    """

    told: Told
    runs: pd.DataFrame
    first: pd.DataFrame
    where: pd.DataFrame
    tells: bool

    def in_order(self, order: np.ndarray) -> "Ended":
        """Return the same with its runs in another order."""
        tables = {
            name: getattr(self, name).iloc[order].reset_index(drop=True)
            for name in ("first", "where")
        }
        return replace(self, runs=self.runs.iloc[order], **tables)


def end_runs(told: Told, lost: np.ndarray) -> Ended:
    """Return the evaluations before each run ended, and how it did.

    told: in order of the files. lost: rows that are empty since the value was no number, see
    evaluations.lost_at_the_end. Raises UserError for a word that says nothing of an end.
    """
    statuses, notes = _statuses(told)
    starts = pd.Series(np.arange(len(told.runs))).groupby(told.runs).first().to_numpy()
    first, where = (each.iloc[starts] for each in (told.frame.rows, told.frame.where))
    there = told.frame.rows[SAID].to_numpy() | lost
    has_any = pd.Series(there).groupby(told.runs).any().to_numpy()
    empty = np.flatnonzero(~has_any & (statuses.to_numpy() != DIVERGED))
    if len(empty) == len(statuses):
        raise no_rows(told.frame.column)
    notes += _notes_on(told, where, empty, lost)
    told = in_order(told.take(np.flatnonzero(there)))
    told, lost_at = _finite(told, notes)
    runs = pd.DataFrame({"status": statuses, "reason": "", "lost": lost_at.reindex(statuses.index)})
    is_lost = runs["lost"].notna()
    unit = "step" if told.by_steps else "epoch"
    runs.loc[is_lost, "status"] = DIVERGED
    runs.loc[is_lost, "reason"] = [
        f"{told.frame.column} is no finite number from {unit} {place:g} on"
        for place in runs["lost"].dropna()
    ]
    told = told.take(np.arange(len(told.runs)), *notes)
    told = replace(told, has_curves=bool(np.bincount(told.runs, minlength=1).max() > 1))
    keep = np.setdiff1d(np.arange(len(runs)), empty)
    first, where = (each.iloc[keep].reset_index(drop=True) for each in (first, where))
    tells = "status" in told.frame.roles or bool(is_lost.any())
    return Ended(told, runs.iloc[keep], first, where, tells)


def _notes_on(told: Told, where: pd.DataFrame, empty: np.ndarray, lost: np.ndarray) -> list[str]:
    """Return notes on runs without values, and on those whose values end before their rows do."""
    notes = []
    column = told.frame.column
    if len(empty):
        runs = counted(len(empty), "run")
        notes.append(f"{_files(where, empty)}: {runs} without any value of {column}; left out")
    if lost.any():
        place = _place(told.frame.where, int(np.flatnonzero(lost)[0]))
        runs = counted(len(set(told.runs[lost])), "run")
        notes.append(
            f"{place}: {column} is empty at the end of {runs} that had it in each row before; "
            "taken for no number, so diverged"
        )
    return notes


def _finite(told: Told, notes: list[str]) -> tuple[Told, pd.Series]:
    """Return (rows of finite values, the place by run from which there is none any more)."""
    rows = told.frame.rows
    fine = np.isfinite(rows[told.frame.metric.validation].to_numpy())
    if fine.all():
        return told, pd.Series(dtype=float)
    place = pd.Series(told.places)
    last = place.where(fine).groupby(told.runs).transform("max").fillna(-np.inf).to_numpy()
    after = ~fine & (told.places > last)
    between = ~fine & ~after
    if between.any():
        row = int(np.flatnonzero(between)[0])
        notes.append(
            f"{_place(told.frame.where, row)}: {told.frame.column} is no finite number in "
            f"{counted(int(between.sum()), 'row')} of runs that went on; these rows are left out"
        )
    lost_at = place[after].groupby(told.runs[after]).min()
    return told.take(np.flatnonzero(fine)), lost_at


def _statuses(told: Told) -> tuple[pd.Series, list[str]]:
    """Return (finished, diverged or collapsed of each run, notes)."""
    size = int(told.runs.max()) + 1
    found = pd.Series([FINISHED] * size, dtype=object)
    if "status" not in told.frame.roles:
        return found, []
    values = told.frame.rows[of_role("status")]
    last = values.where(pd.Series(said(values)), None).groupby(told.runs).last()
    words = {run: str(word).strip().lower() for run, word in last.items() if word is not None}
    cut: Counter[str] = Counter()
    for run, word in words.items():
        if word not in _MEANT:
            row = int(np.flatnonzero(told.runs == run)[-1])
            allowed = suggestion(word[:40], ("finished", "diverged", "collapsed", "failed"))
            raise error_at(told.frame.where, row, f"the status is '{word[:40]}'{allowed}")
        if _MEANT[word] == CUT:
            cut[word] += 1
        else:
            found[run] = _MEANT[word]
    ended = ", ".join(f"{count} {word}" for word, count in cut.items())
    note = f"{counted(cut.total(), 'run')} did not finish ({ended}): the last value of each counts"
    return found, [note] if cut else []


def _files(where: pd.DataFrame, rows: np.ndarray) -> str:
    files = dict.fromkeys(where[FILE].iloc[rows])
    return _place(where, int(rows[0])) if len(files) == 1 else shortened(files)


def _place(where: pd.DataFrame, row: int) -> str:
    line = line_of(where, row)
    return f"{where[FILE].iloc[row]}, line {line}" if line else str(where[FILE].iloc[row])
