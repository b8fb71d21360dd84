"""The step from which on the mean over all seeds is beyond a target: one for all seeds.

At each evaluation the mean has a one-sided bound by Student's t, as in the rules of speed runs. To
take the first step at which that bound is beyond the target would be wrong too often: of hundreds
of evaluations of a mean just at the target, some one is beyond by luck. So evaluations are tested
in a fixed order, from the last one backwards, and the first that is not beyond ends it: then the
chance to name a step too early is at most 1 - CONFIDENCE, however many evaluations there are and
however they hang together (Maurer, Hothorn and Lehmacher 1995). From the other side, in the same
way, comes the step before which the mean is shown to be short of the target.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis import intervals
from lr_atlas.analysis.distributions import t_ppf
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.training.records import STEP

#: The bound at each end holds with this; both ends together miss in twice the share that it leaves.
CONFIDENCE = 0.95


class Reached(NamedTuple):
    """Hold from which row on a mean is beyond a target, and from which it may be.

    Attributes:
        first: The row from which on it is shown to be beyond; None if it is not at the end.
        low: The first row that is not shown to be short of it; None if all are.
    """

    first: int | None
    low: int | None


def rows_beyond(values: np.ndarray, target: float, resolution: float = 0.0) -> Reached:
    """Return the rows from which on the mean over the runs is beyond a target, and may be.

    values: float64 [runs, rows], more is better. resolution: see intervals.variance. Nothing is
    shown by a single run.
    """
    runs, rows = values.shape
    if runs < 2:
        return Reached(None, 0)
    error = np.sqrt(intervals.variance(values.T, resolution) / runs)
    reach = t_ppf(CONFIDENCE, runs - 1) * error
    mean = values.mean(axis=0)
    not_beyond = np.flatnonzero(mean - reach <= target)
    not_short = np.flatnonzero(mean + reach >= target)
    first = int(not_beyond[-1]) + 1 if len(not_beyond) else 0
    return Reached(first if first < rows else None, int(not_short[0]) if len(not_short) else None)


def steps_beyond(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    target: float,
    metric: StudyMetric,
    resolution: float = 0.0,
) -> pd.DataFrame:
    """Return target_step, target_step_low and target_step_n of each setting, Int64.

    epochs, runs: the tables of collect.collect_study, of runs that are evaluated by steps. A run
    that diverged never comes to the target, so its setting has no step.
    """
    found = {}
    for setting, own in epochs.groupby("setting", sort=False):
        ended = runs.loc[runs["setting"] == setting, "status"] == "diverged"
        curves = own.pivot(index="seed", columns=STEP, values=metric.validation)
        curves = curves.sort_index(axis=1)
        if ended.any() or curves.isna().to_numpy().any():
            continue
        values = metric.sign * curves.to_numpy(dtype=float)
        reached = rows_beyond(values, metric.sign * target, resolution)
        places = [curves.columns[row] if row is not None else pd.NA for row in reached]
        found[setting] = [*places, len(curves)]
    columns = ["target_step", "target_step_low", "target_step_n"]
    table = pd.DataFrame.from_dict(found, orient="index", columns=columns)
    return table.astype("Int64")
