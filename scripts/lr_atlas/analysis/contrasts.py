"""One setting against another, or against a value, in one metric: how far apart, and how surely.

The interval is Student's, by Welch or of the differences between runs with the same seed. Runs
that diverged and times that were not reached have no value; they take from the interval the side on
which it could no longer be trusted, and are never averaged away.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.differences import paired, t_interval, welch
from lr_atlas.analysis.distributions import t_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.power import smallest_difference
from lr_atlas.studies.grid import Plan

_TIMES = ("epochs_to_target", "images_to_target", "seconds_to_target", "steps_to_target")


@dataclass(frozen=True)
class Sample:
    """A metric's values over the runs of a setting, by seed.

    values: float64, NaN for a run that diverged and inf for a time that was not reached. bounds:
    the same, with what is known of those times: at least so much. is_value: whether it is one value
    for all runs, against which a setting is held.
    """

    values: pd.Series
    bounds: pd.Series
    is_value: bool = False

    @property
    def valued(self) -> pd.Series:
        """Return the values that there are."""
        return self.values[np.isfinite(self.values)]


@dataclass(frozen=True)
class Contrast:
    """Hold how far a first setting is ahead of a second one; below 0 it is behind.

    n: fewest runs of both, or pairs of runs with the same seed. advantage: the mean. low, high: its
    interval, which misses with the probability `error`; -inf or inf on a side about which nothing
    can be said, NaN with n below two. p: two-sided, of the t test, or of an exact one where all
    runs of one side diverged; 1 where nothing can be said. lost_first, lost_second: runs without a
    value. shows: the true difference that so many runs find in four of five studies, NaN where that
    cannot be told. of_table: whether all this is the row of two settings in the study's table of
    pairs, whose interval and p hold for the whole table; fresh: if so, on fresh seeds and the test
    images; means: if so, of the scores of both settings.
    """

    n: int
    advantage: float
    low: float
    high: float
    p: float
    lost_first: int = 0
    lost_second: int = 0
    shows: float = math.nan
    of_table: bool = False
    fresh: bool = False
    means: tuple[float, float] | None = None
    error: float = SIGNIFICANCE

    def reversed(self) -> "Contrast":
        """Return the contrast of the second against the first."""
        return replace(
            self,
            advantage=-self.advantage,
            low=-self.high,
            high=-self.low,
            lost_first=self.lost_second,
            lost_second=self.lost_first,
        )

    def shifted(self, by: float) -> "Contrast":
        """Return it with `by` added: against a value, the first one's own mean and interval."""
        return replace(self, advantage=self.advantage + by, low=self.low + by, high=self.high + by)

    @property
    def open_on_both_sides(self) -> bool:
        """Return whether nothing is known of who is ahead."""
        return math.isinf(self.low) and math.isinf(self.high) and self.low < self.high


def samples_at(epochs: pd.DataFrame, setting: str, metric: str, epoch: int) -> Sample:
    """Return the metric's values after an epoch; NaN for a run that ended before it.

    epochs: a row per run and epoch, see collect.collect_study.
    """
    own = epochs[epochs["setting"] == setting]
    values = own[own["epoch"] == epoch].set_index("seed")[metric].astype(float)
    values = values.reindex(own["seed"].unique())
    return Sample(values, values)


def slopes(epochs: pd.DataFrame, setting: str, metric: str, last: int) -> Sample:
    """Return the slope per epoch of a straight line through each run's last epochs, by seed.

    By least squares; NaN for a run that diverged, or with fewer epochs.
    """
    own = epochs[epochs["setting"] == setting].sort_values("epoch")
    found = {}
    for seed, run in own.groupby("seed"):
        values = run[metric].to_numpy(dtype=float)[-last:]
        ended = (run["status"] == "diverged").any() or len(values) < last
        steps = np.arange(len(values)) - (len(values) - 1) / 2
        found[seed] = np.nan if ended else float(steps @ values / (steps @ steps))
    values = pd.Series(found, dtype=float)
    return Sample(values, values)


def samples(plan: Plan, measures: pd.DataFrame, setting: str, metric: str) -> Sample:
    """Return the metric's values in the runs of a setting; empty if none of its runs is there."""
    runs = measures[measures["setting"] == setting].set_index("seed")
    values = runs[metric].astype(float)
    if metric not in _TIMES:
        values = values.where(runs["status"] != "diverged")
        return Sample(values, values)
    run = next(run for run in plan.runs if run.setting == setting)
    images = _images_of_an_epoch(measures)
    together = run.parameters.get("batch_size", 1) * run.configuration.get("accumulate", 1)
    steps = images / together
    epochs = run.epochs / np.ceil(steps) if plan.unit == "steps" else run.epochs
    unit = {
        "epochs_to_target": 1.0,
        "steps_to_target": np.ceil(steps),
        "seconds_to_target": runs["seconds_per_epoch"],
    }.get(metric, images)
    watched = pd.Series(epochs * unit, index=runs.index, dtype=float)
    return Sample(values, values.where(np.isfinite(values), watched))


def _images_of_an_epoch(measures: pd.DataFrame) -> float:
    """Return the images of an epoch; NaN, with nothing to compare, if no run reached the target."""
    reached = measures[np.isfinite(measures["epochs_to_target"].astype(float))]
    return (reached["images_to_target"] / reached["epochs_to_target"]).median()


def constant(value: float, like: Sample) -> Sample:
    """Return the same value for every run of a sample."""
    series = pd.Series(value, index=like.values.index, dtype=float)
    return Sample(series, series, is_value=True)


def contrast(
    first: Sample,
    second: Sample,
    higher_is_better: bool,
    *,
    by_seed: bool = True,
    resolution: float = 0.0,
    error: float = SIGNIFICANCE,
) -> Contrast:
    """Return the first setting against the second.

    by_seed: whether runs of equal seed are compared with each other, which takes those that both
    have, or all runs by Welch's t. resolution: as in intervals.variance. error: the probability
    that the interval may miss.

    A run without a value is worse than any other, by an unknown amount. So where runs of the first
    have none, nothing supports that it is ahead, and the interval is open downwards; where runs of
    the second have none, it is open upwards. A time that was not reached enters with the time for
    which the run was watched, and with it the interval's other side is a bound that holds. If
    every run of one setting diverged and none of the other, an exact test says whether that shows
    who is ahead, see `_all_lost`.
    """
    if by_seed:
        seeds = first.values.index.intersection(second.values.index)
        first, second = (
            replace(each, values=each.values[seeds], bounds=each.bounds[seeds])
            for each in (first, second)
        )
    one, two = first.values, second.values
    lost_one, lost_two = ~np.isfinite(one), ~np.isfinite(two)
    lost: dict[str, Any] = {"lost_first": int(lost_one.sum()), "lost_second": int(lost_two.sum())}
    runs = min(len(one), len(two))
    if runs > 1:
        for ahead, behind, sign in ((one, two, 1), (two, one, -1)):
            if behind.isna().all() and np.isfinite(ahead).all():
                found = _all_lost(runs, len(one), len(two), second.is_value)
                ends = (math.inf if found < error else -math.inf, math.inf)
                low, high = ends if sign > 0 else (-ends[1], -ends[0])
                return Contrast(runs, sign * math.inf, low, high, found, error=error, **lost)
    sign = 1 if higher_is_better else -1
    compare = paired if by_seed else welch
    estimate = compare(_row(sign * first.bounds), _row(sign * second.bounds), resolution)
    n = int(estimate.n[0])
    advantage, low, high, p = (float(each[0]) for each in t_interval(estimate, error))
    low = -math.inf if lost_one.any() else low
    high = math.inf if lost_two.any() else high
    if n < 2:
        low, high, p = math.nan, math.nan, 1.0
    if math.isinf(low if advantage > 0 else high):
        p = 1.0  # nothing supports the side to which it seems to lie
    scatter, df = (float(each[0]) for each in (estimate.error, estimate.df))
    shows = float(smallest_difference(scatter, t_isf(error / 2, df), df))
    return Contrast(n, advantage, low, high, p, shows=shows, error=error, **lost)


def _all_lost(runs: int, first: int, second: int, is_value: bool) -> float:
    """Return the two-sided p of all runs of one setting having diverged and none of the other.

    Fisher's exact test of two settings (Fisher 1935), of three runs each 0.10 and of four 0.03; a
    sign test against a value, which has no runs.
    """
    from scipy import stats  # loads for a second, and most verdicts do without it

    if is_value:
        return float(stats.binomtest(runs, runs).pvalue)
    return float(stats.fisher_exact([[first, 0], [0, second]])[1])


def _row(values: pd.Series) -> np.ndarray:
    """Return the finite values as one row, float64 [1, runs], NaN for the others."""
    row = values.to_numpy(dtype=float)[None]
    return np.where(np.isfinite(row), row, np.nan)
