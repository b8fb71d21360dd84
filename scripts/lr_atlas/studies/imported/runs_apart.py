"""One run told from another, its parameters from what is measured, and where its rows stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.cells import said
from lr_atlas.studies.imported.frame import SAID, Frame, of_role
from lr_atlas.studies.imported.pools import SOURCE, error_at

#: Roles that belong to a run as a whole.
_OF_RUNS = ("run", "setting", "seed", "optimizer", "learning_rate")
_RATE = of_role("learning_rate")
#: Other things that a table of runs says, and their curves do not.
_SAID_ONCE = (
    *("chance", "loss_chance", "seconds_per_epoch", "reason", "diverged_epoch", "diverged_step"),
)
#: Steps of larger numbers could not be told apart.
_MOST_STEPS = 2.0**53
#: The share of its values with which runs begin, above which a column is a parameter.
_MOST = 0.5


@dataclass(frozen=True)
class Told:
    """Rows that are told apart.

    Attributes:
        frame: The rows.
        runs: Which run each row is of, int [rows].
        places: Where in its run a row stands, float64 [rows]: a step or an epoch.
        parameters: Which columns are parameters of runs.
        by_steps: Whether places are steps.
        has_curves: Whether some run has several evaluations; known once they are in order.
    """

    frame: Frame
    runs: np.ndarray
    places: np.ndarray
    parameters: tuple[str, ...]
    by_steps: bool
    has_curves: bool

    def take(self, rows: np.ndarray, *notes: str) -> "Told":
        """Return these of the rows, in this order, and more notes."""
        frame = self.frame.take(rows, *notes)
        return replace(self, frame=frame, runs=self.runs[rows], places=self.places[rows])


def codes_of(columns: Sequence[pd.Series | np.ndarray], size: int) -> np.ndarray:
    """Return a number for each row, equal where all columns are; in order of appearance."""
    found = np.zeros(size, dtype=np.int64)
    for values in columns:
        codes, distinct = pd.factorize(_comparable(values))
        codes = np.where(codes < 0, len(distinct), codes)
        found = pd.factorize(found * (len(distinct) + 1) + codes)[0]
    return found


def _comparable(values: pd.Series | np.ndarray) -> np.ndarray | pd.Series:
    """Return cells of which equal ones are written alike; lists cannot be compared."""
    if values.dtype != object:
        return values
    try:
        pd.factorize(values)
    except TypeError:
        return pd.Series(values).map(str)
    return values


def tell_runs_apart(frame: Frame, by: Sequence[str], named: Sequence[str]) -> Told:
    """Return which rows are of one run.

    by: the columns that the user says make up a setting. named: the roles that the user has given
    columns. Raises UserError where a parameter changes within a run.
    """
    frame = _with_what_is_said_once(frame)
    places, by_steps = _places(frame)
    size = len(frame.rows)
    roles = [role for role in _OF_RUNS if role != "learning_rate"]
    base = codes_of([frame.rows[SOURCE], *(frame.rows[of_role(role)] for role in roles)], size)
    first = pd.Series(_at_first_place(base, places))
    parameters = []
    for name in (_RATE, *frame.candidates):
        row = _changes_within_a_run(base, frame.rows[name], first)
        if row is None:
            parameters.append(name)
        elif name in by or (name == _RATE and "learning_rate" in named):
            shown = frame.rows[name].iloc[row]
            problem = f"becomes {shown} within a run, so it is no parameter of the run"
            raise error_at(frame.where, row, f"{name.strip('@')} {problem}")
        elif name == _RATE:
            frame = _without_rates(frame)
    runs = codes_of([base, *(frame.rows[name] for name in parameters)], size)
    names = tuple(name for name in parameters if name in frame.candidates)
    return _placed(_replicates_apart(Told(frame, runs, places, names, by_steps, False)))


def _changes_within_a_run(base: np.ndarray, values: pd.Series, first: pd.Series) -> int | None:
    """Return a row with which no run begins to have a value; None of a parameter.

    base: what tells runs apart at least. first: whether a row is the first of its run.
    """
    codes, distinct = pd.factorize(_comparable(values), use_na_sentinel=False)
    if len(distinct) == 1:
        return None
    both = pd.factorize(base * len(distinct) + codes)[0]
    begins = first.groupby(both).any()
    return None if begins.mean() > _MOST else int(np.flatnonzero(~begins.to_numpy()[both])[0])


def _without_rates(frame: Frame) -> Frame:
    note = (
        "the learning rate changes within runs, as by a schedule, so it is not taken for that of a "
        "run"
    )
    rows, roles = frame.rows.assign(**{_RATE: None}), frame.roles - {"learning_rate"}
    return replace(frame, rows=rows, roles=roles, notes=(*frame.notes, note))


def _with_what_is_said_once(frame: Frame) -> Frame:
    """Return the rows with what some row of a run says of it on all of its rows."""
    if "run" not in frame.roles:
        return frame
    runs = codes_of([frame.rows[SOURCE], frame.rows[of_role("run")]], len(frame.rows))
    filled = {}
    for name in (*map(of_role, (*_OF_RUNS[1:], *_SAID_ONCE)), *frame.candidates):
        values = frame.rows[name]
        there = said(values)
        if there.all() or not there.any():
            continue
        kind = values.dtype if values.dtype.kind == "f" else object
        groups = values.astype(kind).where(there, None).groupby(runs)
        filled[name] = groups.ffill().combine_first(groups.bfill())
    return replace(frame, rows=frame.rows.assign(**filled)) if filled else frame


def _places(frame: Frame) -> tuple[np.ndarray, bool]:
    """Return (where in its run each row stands, whether these are steps)."""
    epochs, steps = (frame.rows[of_role(role)].to_numpy() for role in ("epoch", "step"))
    for role, values in (("epoch", epochs), ("step", steps)):
        wrong = np.flatnonzero(np.abs(values) > _MOST_STEPS)
        if len(wrong):
            row = int(wrong[0])
            raise error_at(frame.where, row, f"the {role} is {values[row]:g}, which cannot be")
    is_whole = (epochs[np.isfinite(epochs)] % 1 == 0).all()
    if not np.isfinite(epochs).any():
        return steps, bool(np.isfinite(steps).any())
    if not np.isfinite(steps).any():
        return epochs, not is_whole
    there = frame.rows[SAID].to_numpy() & np.isfinite(epochs) & np.isfinite(steps)
    names = [SOURCE, *map(of_role, ("run", "seed", "epoch"))]
    same = codes_of([frame.rows[name][there] for name in names], int(there.sum()))
    several = pd.Series(steps[there]).groupby(same).nunique().gt(1).any()
    if is_whole and not several:
        return epochs, False
    return steps, True


def _at_first_place(runs: np.ndarray, places: np.ndarray) -> np.ndarray:
    first = pd.Series(places).groupby(runs).transform("min").to_numpy()
    return (places == first) | np.isnan(places)


def _replicates_apart(told: Told) -> Told:
    """Return the rows with runs that nothing tells apart, but that each begins anew, as several."""
    rows = told.frame.rows
    nameless = ~(said(rows[of_role("run")]) | said(rows[of_role("seed")]))
    if not nameless.any():
        return told
    if np.isfinite(told.places).any():
        again = _beginnings(told, rows[SAID].to_numpy())
    else:  # each row is a run
        again = pd.Series(told.runs).groupby(told.runs).cumcount().to_numpy()
    again = np.where(nameless, again, 0)
    return replace(told, runs=codes_of([told.runs, again], len(rows)))


def _beginnings(told: Told, there: np.ndarray) -> np.ndarray:
    """Return which replicate each row is of, from 0: one after the other, or by turns."""
    runs, places = told.runs[there], pd.Series(told.places[there])
    first = places == places.groupby(runs).transform("min")
    begun = first.astype(int).groupby(runs).cumsum()
    by_turns = (places.groupby(runs).diff() == 0).groupby(runs).transform("any")
    counted = places.groupby([runs, places.to_numpy()], dropna=False).cumcount()
    several = begun.groupby(runs).transform("max") > 1
    found = np.where(several, np.where(by_turns, counted, (begun - 1).clip(lower=0)), 0)
    all_rows = pd.Series(np.nan, index=range(len(there)))
    all_rows[np.flatnonzero(there)] = found
    return all_rows.groupby(told.runs).ffill().fillna(0).to_numpy(dtype=int)


def _placed(told: Told) -> Told:
    """Return the rows with places for those that have none, by their order."""
    rows = told.frame.rows
    nowhere = np.isnan(told.places) & rows[SAID].to_numpy()
    if not nowhere.any():
        return told
    if np.isfinite(told.places).any():
        somewhere = pd.Series(np.isfinite(told.places) & rows[SAID].to_numpy())
        has_others = somewhere.groupby(told.runs).transform("any").to_numpy()
        last = np.flatnonzero(~(nowhere & has_others))
        notes = [f"{told.frame.column}: rows without an epoch or a step are passed over"]
        told = told.take(last, *(notes if (nowhere & has_others).any() else []))
        return replace(told, places=np.where(np.isnan(told.places), 1.0, told.places))
    told = _without_equal_rows(told)
    order = pd.Series(told.runs).groupby(told.runs).cumcount().to_numpy() + 1.0
    counts = np.bincount(told.runs)
    if counts.max() == 1:
        return replace(told, places=order)
    if counts.min() == 1:
        row = int(np.flatnonzero(order == 2)[0])
        raise error_at(
            told.frame.where,
            row,
            f"a second value of {told.frame.column} of one run, and no column of epochs or steps; "
            "name the column that tells runs apart: columns: {run: …}",
        )
    note = "no column of epochs or steps: the rows of a run are taken in their order for epochs"
    return replace(told.take(np.arange(len(order)), note), places=order)


def _without_equal_rows(told: Told) -> Told:
    names = list(told.frame.metric.columns)
    same = told.frame.rows[names].assign(run=told.runs).duplicated().to_numpy()
    if not same.any():
        return told
    return told.take(np.flatnonzero(~same), f"{same.sum()} rows are there twice; taken once")


def no_rows(column: str) -> UserError:
    """Return an error for files in which no run has a value."""
    return UserError(f"no run has a value of '{column}'")
