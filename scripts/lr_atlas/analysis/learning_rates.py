"""Measure how much the learning rate matters, at fixed and at newly tuned other parameters."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.studies.parameters import COMMON_PARAMETERS

_NEVER_OTHERS = ("study", "setting", "dataset", "optimizer", "learning_rate")


class RateEffect(NamedTuple):
    """Differences between the highest and the lowest score over learning rates.

    NaN where there is one rate alone. Observed means, so a little too large where seeds are few.
    """

    rates: int  # with everything else as in the best setting
    fixed: float  # over these
    widest: float  # the largest such difference at other fixed parameters of the optimizer
    widest_setting: str  # one of those settings, "" without
    tuned_rates: int  # with the optimizer's other arguments free
    tuned: float  # over these, each rate with the arguments that are best there


def fixed_group(summary: pd.DataFrame) -> pd.Series:
    """Return a text per row that settings share which differ in the learning rate alone."""
    return _group(summary, [name for name in _parameters(summary) if name not in _NEVER_OTHERS])


def task_group(summary: pd.DataFrame) -> pd.Series:
    """Return a text per row that settings share which differ in optimizer arguments alone.

    Epochs, batch size, loss and network are then the same.
    """
    return _group(summary, [name for name in _parameters(summary) if name in COMMON_PARAMETERS])


def siblings(summary: pd.DataFrame, best: str) -> pd.DataFrame:
    """Return the summary's rows of the best setting and of those with another rate alone.

    In the order of the learning rate.
    """
    own = summary[summary["optimizer"] == _row(summary, best)["optimizer"]]
    group = fixed_group(own)
    return own[group == group[own["setting"] == best].iloc[0]].sort_values("learning_rate")


def rate_effect(summary: pd.DataFrame, best: str, sign: int = 1) -> RateEffect:
    """Return how much the learning rate of the best setting's optimizer matters.

    summary: a row per setting with its parameters (the columns before `seeds`) and `score`.
    sign: 1 if more is better, -1 if less is.
    """
    own = summary[summary["optimizer"] == _row(summary, best)["optimizer"]]
    fixed, task = fixed_group(own), task_group(own)
    of_best = own["setting"] == best
    own = own[task == task[of_best].iloc[0]]
    fixed, of_best = fixed[own.index], of_best[own.index]
    spreads = own.groupby(fixed, sort=False)["score"].agg(lambda scores: _spread(scores))
    this = fixed[of_best].iloc[0]
    others = spreads.drop(this).dropna()
    widest = others.idxmax() if len(others) else None
    scores = sign * own["score"]
    tuned = scores.groupby(own["learning_rate"]).max()
    return RateEffect(
        int((fixed == this).sum()),
        spreads[this],
        np.nan if widest is None else others[widest],
        "" if widest is None else own.loc[scores[fixed == widest].idxmax(), "setting"],
        len(tuned),
        _spread(tuned),
    )


def _spread(scores: pd.Series) -> float:
    scores = scores.dropna()
    return scores.max() - scores.min() if len(scores) > 1 else np.nan


def _row(summary: pd.DataFrame, setting: str) -> pd.Series:
    return summary[summary["setting"] == setting].iloc[0]


def _parameters(summary: pd.DataFrame) -> list[str]:
    return list(summary.columns[: summary.columns.get_loc("seeds")])


def _group(summary: pd.DataFrame, names: list[str]) -> pd.Series:
    """Return the values of some columns as one text per row, missing ones included."""
    rows = summary[names].itertuples(index=False, name=None)
    return pd.Series([" ".join(map(str, row)) for row in rows], index=summary.index, dtype=object)
