"""The regret of the library's default arguments: how far below the best setting they lie."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.differences import welch
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.pair_rows import Pairs, simultaneous_intervals
from lr_atlas.analysis.rate_sensitivity import NOTHING, Measured
from lr_atlas.analysis.seeds import run_scores
from lr_atlas.locale.speech import mark
from lr_atlas.studies.study_metric import StudyMetric

NOT_ASKED = "the study does not ask for it"
NOT_THERE = mark("its runs are missing")
NOT_TORCHS = mark("no optimizer of torch, whose defaults they are")


class Regret(NamedTuple):
    """The distance of the default arguments below the best setting, in the metric's own unit.

    setting, learning_rate, mean, diverged: of the default arguments; a diverged run counts as
    guessing. refused: why there is no such number; else empty.
    """

    lost: Measured
    setting: str = ""
    learning_rate: float = np.nan
    mean: float = np.nan
    diverged: float = np.nan
    refused: str = ""


def regret(
    best: pd.DataFrame,
    default: pd.DataFrame,
    chosen_from: int,
    metric: StudyMetric,
    resolution: float = 0.0,
) -> Regret:
    """Return the regret of a setting of default arguments.

    best, default: the runs of both settings, see collect.collect_study. chosen_from: among how many
    settings the best one was picked, which the interval's lower end allows for (see `largest`).
    By Welch's t. Of the best setting itself the regret is 0.
    """
    one, two = (metric.sign * run_scores(runs, metric) for runs in (best, default))
    setting = default["setting"].iloc[0]
    about = {
        "setting": setting,
        "learning_rate": float(default["learning_rate"].iloc[0]),
        "mean": float(metric.sign * two.mean()),
        "diverged": int((default["status"] == "diverged").sum()),
    }
    if setting == best["setting"].iloc[0]:
        return Regret(Measured(0.0, np.nan, np.nan, len(default)), **about)
    rows = [each.to_numpy(dtype=float)[None] for each in (one, two)]
    estimate = welch(rows[0], rows[1], resolution)
    first = np.zeros(1, dtype=int)
    pairs = Pairs(first, first, np.array([chosen_from]), np.ones(1, dtype=int))
    low, high, _, _ = simultaneous_intervals(estimate, pairs, SIGNIFICANCE)
    lost = Measured(
        float(estimate.difference[0]), float(low[0]), float(high[0]), int(estimate.n[0])
    )
    return Regret(lost, **about)


def refused(reason: str) -> Regret:
    """Return that there is no regret, and why."""
    return Regret(NOTHING, refused=reason)
