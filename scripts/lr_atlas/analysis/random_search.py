"""Compute what a search of k random settings of the same grid would have found.

Settings are drawn without replacement, since nobody tries one twice. Of settings that are
themselves a sample of a larger space that is the unbiased estimate of Tang et al. 2020
(arXiv:2004.13705); with replacement, as in the expected validation performance of Dodge et al. 2019
(arXiv:1909.03004), it is too low. But either takes the best of means that scatter with the seeds,
and is too high by what the best of k had of luck. So the corrected value chooses on all seeds but
one and takes the value on that one, each in turn: what the search would be worth on a fresh seed.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.distributions import t_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.seeds import run_scores, scores
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric


def probabilities(count: int) -> Iterator[np.ndarray]:
    """Yield for k = 1 … N with which probability each value is the highest of k drawn, from below.

    The i-th smallest or a smaller one is the highest with probability C(i, k) / C(N, k), so no
    drawing is needed. Each k follows from the one before by a factor of at most 1, so nothing
    overflows.
    """
    rank = np.arange(1, count + 1)
    at_most = np.ones(count)  # probability that all k drawn are among the i smallest
    for k in range(1, count + 1):
        at_most *= np.maximum(rank - k + 1, 0) / (count - k + 1)
        yield np.diff(at_most, prepend=0)


def expected_best_of(values: np.ndarray) -> np.ndarray:
    """Return the expected highest of k values drawn at random without replacement, for k = 1 … N.

    values: float64 [N]. Returns float64 [N], which never falls: the mean first, the maximum last.
    """
    ascending = np.sort(values)
    return np.array([each @ ascending for each in probabilities(len(ascending))])


class FreshBest(NamedTuple):
    """The best of k settings without the luck of the choice, for k = 1 … N; float64 [N].

    Attributes:
        value: Expected over draws of k settings, on a seed that had no part in the choice.
        low: The lower end of its 95 % interval over the seeds.
        high: The upper end.
        drawn_low: Above it lies the best of k in 97.5 % of draws of k settings.
        drawn_high: Below it.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    drawn_low: np.ndarray
    drawn_high: np.ndarray


def fresh_best_of(values: np.ndarray) -> FreshBest:
    """Return the best of k, chosen on all seeds but one and measured on that one, each in turn.

    values: float64 [settings, seeds], more is better, none missing, two seeds or more. The interval
    is Student's, with n - 1 degrees of freedom and the jackknife's standard error (Efron and Stein
    1981, Ann. Statist. 9), since the values on the n seeds go together: their choices share runs.
    NaN with two seeds. Which settings are drawn is not in it, and the ends over the draws have
    nothing of the seeds in them.
    """
    count, n = values.shape
    ranked = _on_the_seed_left_out(values)
    without = [_on_the_seed_left_out(np.delete(values, seed, 1)) for seed in range(n) if n > 2]
    columns = np.column_stack([ranked, *without])
    order, places = np.argsort(ranked, kind="stable"), (SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2)
    found, drawn = np.empty((count, columns.shape[1])), np.empty((count, 2))
    for row, each in enumerate(probabilities(count)):
        found[row] = each @ columns
        # A probability of 2.5 % is one, however its sum was rounded.
        places_in_order = np.searchsorted(np.cumsum(each[order]) + 1e-9, places)
        drawn[row] = ranked[order[np.minimum(places_in_order, count - 1)]]
    half = np.full(count, np.nan)
    if n > 2:
        variance = (n - 1) / n * ((found[:, 1:] - found[:, 1:].mean(axis=1)[:, None]) ** 2).sum(1)
        half = t_isf(SIGNIFICANCE / 2, n - 1) * np.sqrt(variance)
    value = found[:, 0]
    return FreshBest(value, value - half, value + half, *drawn.T)


def _on_the_seed_left_out(values: np.ndarray) -> np.ndarray:
    """Return the mean value at each rank by the other seeds, from below; NaN of a single seed."""
    sums, n = values.sum(axis=1), values.shape[1]
    if n < 2:
        return np.full(len(values), np.nan)
    orders = (np.argsort(sums - own, kind="stable") for own in values.T)
    ranked = [own[order] for own, order in zip(values.T, orders, strict=True)]
    return np.asarray(np.mean(ranked, axis=0))


def setting_values(runs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> pd.DataFrame:
    """Return what each setting is worth to a search: the mean score of its runs.

    Returns a DataFrame with optimizer, setting (unique, in the table's order) and value, see
    seeds.run_scores.
    """
    settings = runs.drop_duplicates("setting")[["optimizer", "setting"]]
    means = run_scores(runs, metric).groupby(runs["setting"]).mean()
    return settings.assign(value=settings["setting"].map(means)).reset_index(drop=True)


def best_of_table(runs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> pd.DataFrame:
    """Return the expected best of k settings, a row per optimizer and k.

    runs: the table of collect.collect_study. The columns are
        optimizer, k       in the order of choice.choose; 1 to the number of its settings
        expected           by the runs that choose, see setting_values
        settings           of the optimizer
        corrected, corrected_low, corrected_high, drawn_low, drawn_high    see FreshBest; of the
                           seeds with which all of the optimizer's settings were run, empty with
                           fewer than two of them
        seeds              how many these are
        same_k             up to which k all optimizers can be compared
    """
    values = dict(iter(setting_values(runs, metric).groupby("optimizer")["value"]))
    table = metric.sign * scores(runs, metric)
    owners = runs.drop_duplicates("setting").set_index("setting")["optimizer"]
    same = min(map(len, values.values()))
    parts = []
    for optimizer in choose(runs, metric)["optimizer"]:
        expected = metric.sign * expected_best_of(metric.sign * values[optimizer].to_numpy())
        count = len(expected)
        own = table[table.index.map(owners) == optimizer].dropna(axis="columns")
        parts.append(
            pd.DataFrame(
                {
                    "optimizer": optimizer,
                    "k": np.arange(1, count + 1),
                    "expected": expected,
                    "settings": count,
                    **_corrected(own.to_numpy(dtype=float), metric.sign),
                    "seeds": own.shape[1],
                    "same_k": same,
                }
            )
        )
    numbers = ["expected", *_CORRECTED]
    return pd.concat(parts, ignore_index=True).round(dict.fromkeys(numbers, DECIMALS))


_CORRECTED = ("corrected", "corrected_low", "corrected_high", "drawn_low", "drawn_high")


def _corrected(values: np.ndarray, sign: int) -> dict[str, np.ndarray]:
    """Return the columns of a corrected best of k. values: more is better."""
    if values.shape[1] < 2:
        return dict.fromkeys(_CORRECTED, np.full(len(values), np.nan))
    value, low, high, drawn_low, drawn_high = (sign * each for each in fresh_best_of(values))
    ends = (low, high, drawn_low, drawn_high) if sign > 0 else (high, low, drawn_high, drawn_low)
    return dict(zip(_CORRECTED, (value, *ends), strict=True))
