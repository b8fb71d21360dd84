"""One run told from another, and its parameters from what is measured of it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lr_atlas.tables.imported.frame import Frame, of_role
from lr_atlas.tables.imported.pools import SOURCE

#: Roles that belong to a run as a whole.
_OF_RUNS = ("run", "setting", "seed", "optimizer", "learning_rate")


def places_of(frame: Frame) -> np.ndarray:
    """Return where in its run a row stands, float64 [rows]: at a step, or else an epoch."""
    steps, epochs = (frame.rows[of_role(role)].to_numpy() for role in ("step", "epoch"))
    return np.where(np.isfinite(epochs), epochs, steps)


def codes_of(columns: Sequence[pd.Series | np.ndarray], size: int) -> np.ndarray:
    """Return a number for each row, equal where all columns are; in order of appearance."""
    found = np.zeros(size, dtype=np.int64)
    for values in columns:
        codes, distinct = pd.factorize(pd.Series(values, dtype=object).map(_hashable))
        codes = np.where(codes < 0, len(distinct), codes)
        found = pd.factorize(found * (len(distinct) + 1) + codes)[0]
    return found


def _hashable(value: object) -> object:
    return str(value) if isinstance(value, list | dict) else value


def tell_runs_apart(frame: Frame) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return (the run of each row, int [rows], which columns are parameters)."""
    size = len(frame.rows)
    base = [frame.rows[SOURCE], *(frame.rows[of_role(role)] for role in _OF_RUNS)]
    runs = codes_of(base, size)
    first = _at_first_place(runs, places_of(frame))
    parameters = []
    for name in frame.candidates:
        both = codes_of([runs, frame.rows[name]], size)
        if pd.Series(first).groupby(both).any().all():
            parameters.append(name)
    return codes_of([runs, *(frame.rows[name] for name in parameters)], size), tuple(parameters)


def _at_first_place(runs: np.ndarray, places: np.ndarray) -> np.ndarray:
    first = pd.Series(places).groupby(runs).transform("min").to_numpy()
    return (places == first) | np.isnan(first)
