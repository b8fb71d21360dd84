"""Compute what a search of k random settings of the same grid would have found."""

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.seeds import run_scores
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric


def expected_best_of(values: np.ndarray) -> np.ndarray:
    """Return the expected highest of k values drawn at random without replacement, for k = 1 … N.

    values: float64 [N]. Returns float64 [N], which never falls: the mean first, the maximum last.
    The i-th smallest or a smaller one is the highest with probability C(i, k) / C(N, k), so no
    drawing is needed. Each k follows from the one before by a factor of at most 1, so nothing
    overflows. Without replacement, since nobody tries a setting twice; the expected best validation
    performance of Dodge et al. 2019, arXiv:1909.03004, draws with replacement.
    """
    ascending = np.sort(values)
    count = len(ascending)
    rank = np.arange(1, count + 1)
    at_most = np.ones(count)  # probability that all k drawn are among the i smallest
    expected = np.empty(count)
    for k in range(1, count + 1):
        at_most *= np.maximum(rank - k + 1, 0) / (count - k + 1)
        expected[k - 1] = np.diff(at_most, prepend=0) @ ascending
    return expected


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

    runs: the table of collect.collect_study. Returns a DataFrame with optimizer (order of
    choice.choose), k (1 to the number of its settings), expected (see setting_values) and
    settings (of the optimizer).
    """
    values = dict(iter(setting_values(runs, metric).groupby("optimizer")["value"]))
    parts = []
    for optimizer in choose(runs, metric)["optimizer"]:
        expected = metric.sign * expected_best_of(metric.sign * values[optimizer].to_numpy())
        count = len(expected)
        parts.append(
            pd.DataFrame(
                {
                    "optimizer": optimizer,
                    "k": np.arange(1, count + 1),
                    "expected": expected,
                    "settings": count,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).round({"expected": DECIMALS})
