"""Summaries of the dynamics of settings: where losses exploded, and which layers moved how."""

from typing import NamedTuple

import pandas as pd

from lr_atlas.locale.speech import say
from lr_atlas.training.dynamics_file import END, EVALUATION


class Explosion(NamedTuple):
    """Hold where the loss of a run exploded, and the largest update in the steps before."""

    run: str
    step: int  # the first whose loss was too high, from 1
    layer: int  # whose update was the largest part of its weights
    layer_name: str
    ratio: float  # that part


def is_recorded(dynamics: pd.DataFrame | None) -> bool:
    """Return whether there is anything of any run."""
    return dynamics is not None and len(dynamics) > 0


def evaluations(dynamics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of evaluations, a row per run, evaluation and layer."""
    return dynamics[dynamics["of"] == EVALUATION]


def with_curvature(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with `curvature`: the eigenvalue that the threshold of their optimizer is of."""
    return rows.assign(curvature=rows["preconditioned_sharpness"].fillna(rows["sharpness"]))


def explosions(dynamics: pd.DataFrame) -> list[Explosion]:
    """Return where each run exploded of which the steps before it are known.

    The update that counts is the one of the step before the loss was too high: the loss of a step
    is computed before its update.
    """
    found = []
    for name, rows in dynamics[dynamics["of"] == END].groupby("run", sort=False):
        last = int(rows["step"].max())
        before = rows[(rows["step"] == last - 1) & rows["update_ratio"].notna()]
        if before.empty:
            continue
        largest = before.loc[before["update_ratio"].idxmax()]
        values = int(largest["layer"]), str(largest["layer_name"]), float(largest["update_ratio"])
        found.append(Explosion(str(name), last, *values))
    return found


def last_evaluations(dynamics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the last evaluation of each run, a row per run and layer."""
    rows = evaluations(dynamics)
    return rows[rows["step"] == rows.groupby("run")["step"].transform("max")]


def layer_text(layer: int, name: str) -> str:
    """Return "layer 2", or "layer 2 (conv2)" where the network has a name for it."""
    return say("layer {number}", number=layer_number(layer, name))


def layer_number(layer: int, name: str) -> str:
    """Return "2", or "2 (conv2)"."""
    own = name.rpartition(".")[2]
    is_name = not own.isdigit() and name != "network"
    return f"{layer} ({name})" if is_name else f"{layer}"
