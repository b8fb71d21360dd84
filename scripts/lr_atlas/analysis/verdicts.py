"""The verdicts of a study: one table of compared pairs, from which all that is said is read.

Two questions are asked. Between optimizers: the chosen setting of each against that of each other,
on fresh seeds where the study confirms them, else on the runs that chose. Within an optimizer: its
chosen setting against each of its other ones. All intervals of the table hold together with 95 %:
its rows share an error of 5 % (Bonferroni), four fifths of it for the question between optimizers.
A setting that was picked among k for its high mean is judged as the largest of k, see `largest`; on
fresh seeds nothing was picked. Where runs of chosen settings diverged, a permutation test has to
agree, see `diverging`.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.differences import Estimate, paired, probability_of_improvement, welch
from lr_atlas.analysis.diverging import with_diverged_runs
from lr_atlas.analysis.intervals import SHARE_BETWEEN, SIGNIFICANCE, mean
from lr_atlas.analysis.largest import critical, survival
from lr_atlas.analysis.pairing import SeedCorrelation, seed_correlation
from lr_atlas.analysis.power import smallest_difference
from lr_atlas.analysis.seeds import scores
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import COLUMNS

BETWEEN, WITHIN = "between optimizers", "within optimizer"
FRESH, CHOOSING = "fresh seeds", "runs that chose"
FIRST, SECOND, INCONCLUSIVE = "first better", "second better", "inconclusive"
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


def compare_settings(
    runs: pd.DataFrame,
    test: pd.DataFrame | None = None,
    *,
    validation_images: int | None = None,
    test_images: int | None = None,
    metric: StudyMetric = ACCURACY,
) -> pd.DataFrame:
    """Return the compared pairs of settings, a row each; the higher-ranked one is first.

    runs: the table of collect.collect_study. test: that of evaluation.test_table, None without.
    validation_images, test_images: how many there are, for the smallest step of an accuracy; None
    for none. metric: of the study. The columns are
        first, second (settings), question (BETWEEN or WITHIN), metric, runs (FRESH or CHOOSING)
        n, n_most       the fewest and the most runs of both; a diverged run counts as guessing
                        (seeds.run_scores)
        method, correlation    "Welch", or "paired by seed" where pairing helps, followed by
                        ", permutation" where that test has to agree; and how alike runs of equal
                        seed are
        mean_first, mean_second, difference, low, high    means of the scores, and by how much the
                        first one is better (in accuracy: first - second), with the interval
                        described above
        p               of the whole table: below 0.05 where the interval leaves out 0
        smallest_difference      the true difference that such runs find in four of five studies
        improvement     the share of pairs of runs in which the first is better
        verdict         FIRST or SECOND (is better), or INCONCLUSIVE
        error, df, level, picked_first, picked_second    standard error of the difference and its
                        degrees of freedom, the row's share of the error of 5 %, and among how many
                        settings each was picked: with these the interval can be computed again
    """
    chosen = ranked_choice(runs, test, metric)
    chosen = chosen[chosen["score"].notna()]
    owners = runs.drop_duplicates("setting").set_index("setting")["optimizer"]
    picked = owners.value_counts()
    best = list(chosen["setting"])
    others = [
        (setting, other)
        for setting, optimizer in zip(best, chosen["optimizer"], strict=True)
        for other in owners.index[owners == optimizer]
        if other != setting
    ]
    table = metric.sign * scores(runs, metric)
    fresh = fresh_scores(chosen, test, metric)
    between = SHARE_BETWEEN if others else 1.0
    within = 1 - SHARE_BETWEEN if len(best) > 1 else 1.0
    steps = [metric.step(images) for images in (validation_images, test_images)]
    between_values = table if fresh is None else metric.sign * fresh
    diverged = _diverged(runs, table) if fresh is None else _diverged(test, fresh)
    parts = [
        _judge(
            between_values,
            diverged,
            _pairs(between_values, list(combinations(best, 2)), owners, picked, fresh is None),
            between * SIGNIFICANCE,
            steps[fresh is not None],
            sign=metric.sign,
            about={
                "question": BETWEEN,
                "metric": metric.validation if fresh is None else metric.test,
                "runs": CHOOSING if fresh is None else FRESH,
            },
        ),
        _judge(
            table,
            # Mostly learning rates that are too high: Student's t with so far a value is cautious.
            pd.Series(False, index=table.index),
            _pairs(table, others, owners, picked, True)._replace(
                picked_second=np.ones(len(others), dtype=int)
            ),
            within * SIGNIFICANCE,
            steps[0],
            sign=metric.sign,
            about={"question": WITHIN, "metric": metric.validation, "runs": CHOOSING},
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def ranked_choice(
    runs: pd.DataFrame, test: pd.DataFrame | None, metric: StudyMetric = ACCURACY
) -> pd.DataFrame:
    """Return `choose(runs)` in the order of the mean on fresh seeds, where these decide."""
    chosen = choose(runs, metric)
    fresh = fresh_scores(chosen[chosen["score"].notna()], test, metric)
    if fresh is None:
        return chosen
    means = metric.sign * fresh.mean(axis=1)
    means = chosen["setting"].map(means).where(chosen["score"].notna())
    order = means.sort_values(ascending=False, na_position="last", kind="stable").index
    return chosen.loc[order].reset_index(drop=True)


def fresh_scores(
    chosen: pd.DataFrame, test: pd.DataFrame | None, metric: StudyMetric = ACCURACY
) -> pd.DataFrame | None:
    """Return the test scores on fresh seeds, float64 [chosen settings, seeds], if these decide.

    They do where every chosen setting has two such runs, and half as many as any other: a verdict
    takes those of all optimizers that are compared.
    """
    if test is None or not len(test) or not len(chosen):
        return None
    own = test[test["confirmation"].astype(bool) & test["setting"].isin(chosen["setting"])]
    counts = own["setting"].value_counts().reindex(chosen["setting"], fill_value=0)
    enough = counts.min() > 1 and 2 * counts.min() >= counts.max()
    return scores(own, metric, metric.test) if enough else None


def _pairs(
    table: pd.DataFrame,
    named: Sequence[tuple[str, str]],
    owners: pd.Series,
    picked: pd.Series,
    chosen_here: bool,
) -> Pairs:
    first, second = np.array(named, dtype=object).reshape(-1, 2).T
    rows = (table.index.get_indexer(names) for names in (first, second))
    counts = (
        owners[names].map(picked).to_numpy(dtype=int) if chosen_here else np.ones(len(names), int)
        for names in (first, second)
    )
    return Pairs(*rows, *counts)


def _diverged(runs: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Return whether any run of a setting diverged, bool with the rows of a table of scores."""
    if "confirmation" in runs:
        runs = runs[runs["confirmation"].astype(bool)]
    names = runs.loc[runs["status"] == "diverged", "setting"]
    return pd.Series(table.index.isin(names), index=table.index)


def _judge(
    table: pd.DataFrame,
    diverged: pd.Series,
    pairs: Pairs,
    error: float,
    resolution: float,
    *,
    sign: int,
    about: dict[str, str],
) -> pd.DataFrame:
    """Return the rows of the pairs, which share the probability `error` of any false verdict.

    table: the score of each run times `sign`, so that more is better [settings, seeds]. diverged:
    bool [settings], see `diverging`.
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
            "p": np.minimum(1, p * SIGNIFICANCE / share),
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
    alone = stats.t.sf(t, df)
    several = k > 1
    alone[several] = survival(t[several], k[several], df[several])
    p[known] = np.minimum(1, 2 * alone)
    found[known] = smallest_difference(error, np.maximum(below, above), df)
    return low, high, p, found
