"""Rows of the table of pairs: how two settings compare, with what the comparison rests on.

All pairs that are judged together share one error. A setting that was picked among k is judged as
the largest of k, see `largest`; where runs diverged a permutation test has to agree, see
`diverging`; equal seeds are paired where that helps, see `pairing`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.differences import Estimate, paired, probability_of_improvement, welch
from lr_atlas.analysis.distributions import t_sf
from lr_atlas.analysis.diverging import with_diverged_runs
from lr_atlas.analysis.intervals import SIGNIFICANCE, mean
from lr_atlas.analysis.largest import critical, survival
from lr_atlas.analysis.pairing import SeedCorrelation, seed_correlation
from lr_atlas.analysis.power import smallest_difference
from lr_atlas.locale.speech import mark
from lr_atlas.tables.study_tables import COLUMNS

FIRST, SECOND = mark("first better"), mark("second better")
INCONCLUSIVE = mark("inconclusive")
_DECIMALS = 9
_WHOLE = ("n", "n_most", "picked_first", "picked_second")
_NUMBERS = (
    *("correlation", "mean_first", "mean_second", "difference", "low", "high", "p"),
    *("smallest_difference", "improvement", "error", "df", "level"),
)
_TYPES = {name: float if name in _NUMBERS else object for name in COLUMNS["pairs"]} | dict.fromkeys(
    _WHOLE, "int64"
)


class Pairs(NamedTuple):
    """Pairs of rows of a table of scores, and how each is judged."""

    first: np.ndarray  # int64 [pairs], rows
    second: np.ndarray
    picked_first: np.ndarray  # int64 [pairs]: among how many settings it was picked
    picked_second: np.ndarray


def named_pairs(
    table: pd.DataFrame,
    named: Sequence[tuple[str, str]],
    owners: pd.Series,
    picked: pd.Series,
    chosen_here: bool,
) -> Pairs:
    """Return the pairs of named settings.

    table: a row per setting. owners: the optimizer of each setting; picked: how many settings each
    optimizer has. chosen_here: whether the named ones were chosen by the scores of the table.
    """
    first, second = np.array(named, dtype=object).reshape(-1, 2).T
    rows = (table.index.get_indexer(names) for names in (first, second))
    counts = (
        owners[names].map(picked).to_numpy(dtype=int) if chosen_here else np.ones(len(names), int)
        for names in (first, second)
    )
    return Pairs(*rows, *counts)


def have_diverged(runs: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Return whether any run of a setting diverged, bool with the rows of a table of scores."""
    if "confirmation" in runs:
        runs = runs[runs["confirmation"].astype(bool)]
    names = runs.loc[runs["status"] == "diverged", "setting"]
    return pd.Series(table.index.isin(names), index=table.index)


def judge_pairs(
    table: pd.DataFrame,
    diverged: pd.Series,
    pairs: Pairs,
    error: float,
    resolution: float,
    *,
    sign: int,
    about: dict[str, str],
    significance: float = SIGNIFICANCE,
) -> pd.DataFrame:
    """Return the rows of the pairs, which share the probability `error` of any false verdict.

    table: the score of each run times `sign`, so that more is better [settings, seeds]. diverged:
    bool [settings], see `diverging`. about: the columns question, metric and runs. significance:
    p is below it where the interval leaves out 0. The columns are described in
    `verdicts.compare_settings`.
    """
    if not len(pairs.first):
        return pd.DataFrame(columns=list(COLUMNS["pairs"])).astype(_TYPES)
    share = error / len(pairs.first)
    values = table.to_numpy(dtype=float)
    correlation = seed_correlation(values)
    first, second = values[pairs.first], values[pairs.second]
    estimate, method = _estimate(first, second, correlation, share, resolution)
    low, high, p, found = simultaneous_intervals(estimate, pairs, share)
    marked = diverged.to_numpy(dtype=bool)
    diverging = marked[pairs.first] | marked[pairs.second]
    shares = shares_of_picked(estimate.difference, pairs, share)
    low, high, p = with_diverged_runs(
        first, second, diverging, low=low, high=high, p=p, shares=shares
    )
    rows = pd.DataFrame(
        {
            "first": table.index[pairs.first].astype(object),
            "second": table.index[pairs.second].astype(object),
            **about,
            "n": estimate.n,
            "n_most": np.maximum(*(np.isfinite(each).sum(axis=1) for each in (first, second))),
            "method": np.where(diverging, f"{method}, permutation", method),
            "correlation": correlation.correlation,
            "mean_first": sign * mean(first),
            "mean_second": sign * mean(second),
            "difference": estimate.difference,
            "low": low,
            "high": high,
            "p": np.minimum(1, p * significance / share),
            "smallest_difference": found,
            "improvement": probability_of_improvement(first, second),
            "verdict": np.select([low > 0, high < 0], [FIRST, SECOND], INCONCLUSIVE),
            "error": estimate.error,
            "df": estimate.df,
            "level": share,
            "picked_first": pairs.picked_first,
            "picked_second": pairs.picked_second,
        },
        columns=list(COLUMNS["pairs"]),
    )
    rounded = dict.fromkeys(set(_NUMBERS) - {"p"}, _DECIMALS)
    return rows.astype(_TYPES).round(rounded)


def _estimate(
    first: np.ndarray,
    second: np.ndarray,
    correlation: SeedCorrelation,
    share: float,
    resolution: float,
) -> tuple[Estimate, str]:
    # In pairs only where no run is missing: the difference is then that of the means.
    complete = np.isfinite(first).all() and np.isfinite(second).all()
    if complete and correlation.helps(share):
        return paired(first, second, resolution), "paired by seed"
    return welch(first, second, resolution), "Welch"


def shares_of_picked(difference: np.ndarray, pairs: Pairs, share: float) -> np.ndarray:
    """Return the error that a pair may have where no largest of k is known, float64 [pairs].

    The one that seems better may be any of the k that it was picked among (Bonferroni).
    """
    return share / np.where(difference > 0, pairs.picked_first, pairs.picked_second)


def simultaneous_intervals(
    estimate: Estimate, pairs: Pairs, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return (low, high, p, smallest difference found) of each pair, float64 [pairs].

    share: the probability that an interval may miss by itself, both sides together; p is of each
    pair by itself too. The side on which the first would seem better than it is allows for its
    having been picked, the other side for the second. NaN where there is no standard error.
    """
    difference, error, df = estimate.difference, estimate.error, estimate.df
    known = np.flatnonzero(np.isfinite(error))
    low, high, p, found = np.full((4, len(difference)), np.nan)
    difference, error, df = difference[known], error[known], df[known]
    one, other = (each[known] for each in (pairs.picked_first, pairs.picked_second))
    below, above = (critical(share / 2, k, df) for k in (one, other))
    low[known], high[known] = difference - below * error, difference + above * error
    t = np.where(difference == 0, 0.0, np.inf)
    t = np.divide(np.abs(difference), error, where=error > 0, out=t)
    k = np.where(difference > 0, one, other)
    alone = t_sf(t, df)
    several = k > 1
    alone[several] = survival(t[several], k[several], df[several])
    p[known] = np.minimum(1, 2 * alone)
    found[known] = smallest_difference(error, np.maximum(below, above), df)
    return low, high, p, found
