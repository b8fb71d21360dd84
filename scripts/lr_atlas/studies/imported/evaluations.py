"""The evaluations of each run in order: once each, and of restarted runs those that counted."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lr_atlas.common.units import counted, shortened
from lr_atlas.studies.imported.frame import PADDED, SAID
from lr_atlas.studies.imported.pools import FILE, LINE, error_at
from lr_atlas.studies.imported.runs_apart import Told


def lost_at_the_end(told: Told) -> np.ndarray:
    """Return which rows are empty at the end of a run that had a value in each row before.

    Many programs leave a cell empty where a value is no number.
    """
    there = told.frame.rows[SAID].to_numpy()
    if there.all():
        return np.zeros(len(there), dtype=bool)
    place = pd.Series(told.places)
    last = place.where(there).groupby(told.runs).transform("max").to_numpy()
    after = (told.places > last) & ~there & ~told.frame.rows[PADDED].to_numpy()
    gaps = pd.Series(~there & ~(told.places > last)).groupby(told.runs).transform("any").to_numpy()
    return after & ~gaps


def with_neighbours(told: Told) -> Told:
    """Return the rows with what other rows at the same place say of other metrics."""
    rows, metric = told.frame.rows, told.frame.metric
    others = [name for name in metric.columns if name != metric.validation]
    if rows[SAID].all() or not len(others):
        return told
    groups = rows[others].groupby([told.runs, told.places])
    filled = rows[others].combine_first(groups.transform("last"))
    full = rows.assign(**{name: filled[name] for name in others})
    return replace(told, frame=replace(told.frame, rows=full))


def in_order(told: Told) -> Told:
    """Return the rows by run and place, each place once. Raises UserError for two values of one."""
    told = _once(told)
    twice = _are_twice(told)
    if twice.any():
        told = _restarted(told, twice)
    return told.take(np.lexsort([told.places, told.runs]))


def _are_twice(told: Told) -> np.ndarray:
    keys = pd.DataFrame({"run": told.runs, "place": told.places})
    return keys.duplicated(keep=False).to_numpy()


def _once(told: Told) -> Told:
    """Return the rows without those that are there before to the last digit."""
    names = list(told.frame.metric.columns)
    keys = told.frame.rows[names].assign(run=told.runs, place=told.places)
    again = keys.duplicated().to_numpy()
    if not again.any():
        return told
    note = f"{_places_text(told, again)}: the same row again; taken once"
    return told.take(np.flatnonzero(~again), note)


def _restarted(told: Told, twice: np.ndarray) -> Told:
    """Return the rows without those that a restarted run went through again."""
    place = pd.Series(told.places)
    before = place.groupby(told.runs).shift()
    in_turn = (told.places == before).to_numpy()
    many = pd.Series(in_turn).groupby(told.runs).sum()
    places = place.groupby(told.runs).nunique()
    if ((many > 1) & (many >= places / 2)).any():
        row = int(np.flatnonzero(in_turn)[0])
        raise error_at(
            told.frame.where,
            row,
            f"a second value of {told.frame.column} at the same place of one run "
            f"({told.places[row]:g}). Name the column that tells runs apart (columns: {{run: …}}) "
            "or that of the steps (columns: {step: …})",
        )
    after = place[::-1].groupby(told.runs[::-1]).cummin()
    later = after.groupby(told.runs[::-1]).shift()[::-1].to_numpy()
    has_twice = pd.Series(twice).groupby(told.runs).transform("any").to_numpy()
    void = has_twice & (told.places >= later)
    note = (
        f"{_places_text(told, void)}: the run went back to an earlier place, so "
        f"{counted(int(void.sum()), 'row')} of its first attempt are left out"
    )
    return told.take(np.flatnonzero(~void), note)


def _places_text(told: Told, rows: np.ndarray) -> str:
    """Return such as "runs.csv, line 4, 9"."""
    found = np.flatnonzero(rows)
    where = told.frame.where
    file = where[FILE].iloc[found[0]]
    own = where[FILE].to_numpy()[found] == file
    more = "" if own.all() else " and other files"
    named = where[LINE].iloc[found[own]].dropna().astype(str).tolist()
    return f"{file}, line {shortened(named)}{more}" if named else f"{file}{more}"
