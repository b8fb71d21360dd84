"""The tables of a study's answers: settings, pairs of settings, optimizers, random searches."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from lr_atlas.analysis.best_of import best_of_table
from lr_atlas.analysis.measures import default_target, measure_runs
from lr_atlas.analysis.pairs import DIVERGED, SIGNIFICANCE, compare_rows, holm
from lr_atlas.analysis.ranking import rank_optimizers
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.summary import DECIMALS, best_settings, summarise, with_statistics

MOST_SETTINGS_IN_ALL_PAIRS = 30
_METRIC = "validation_accuracy"


@dataclass(frozen=True)
class Analysis:
    """What the runs of a study say; see the functions that make the tables."""

    target: float  # validation accuracy, 0..1; NaN if every run diverged and none was asked for
    measured: pd.DataFrame  # measures.measure_runs
    summary: pd.DataFrame
    pairs: pd.DataFrame
    optimizers: pd.DataFrame
    best_of: pd.DataFrame


def analyse_study(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    *,
    target: float | None,
    training_images: int,
    test: pd.DataFrame | None = None,
) -> Analysis:
    """All tables of a study, from those of collect.collect_study; a pure function of the runs.

    target: a validation accuracy (0..1) to be reached, None for measures.default_target.
    training_images: how many an epoch trains on. test: see ranking.rank_optimizers.
    """
    target = default_target(runs) if target is None else target
    measured = measure_runs(epochs, runs, target, training_images)
    summary = with_statistics(summarise(epochs, runs), measured, target)
    best_of = best_of_table(runs)
    return Analysis(
        target=target,
        measured=measured,
        summary=summary,
        pairs=compare_settings(runs),
        optimizers=rank_optimizers(runs, summary, best_of, test),
        best_of=best_of,
    )


def compare_settings(runs: pd.DataFrame) -> pd.DataFrame:
    """Settings compared in final validation accuracy, a row per pair.

    All pairs where there are at most 30 settings, in the tables' order; else those of the best
    settings of the optimizers, best first, and of each optimizer's best with its every other
    setting. Returns a DataFrame with first, second (settings), metric, the fields of
    pairs.compare_rows, p_holm and p_t_holm (p_sign_flip and p_t after Holm's correction over all
    rows) and verdict: "first better" or "second better" if p_t_holm < 0.05, else "inconclusive". A
    setting is not called better if more of its runs diverged, since a difference is of the seeds
    that finished under both.
    """
    table = scores(runs)
    first, second = _places_of_pairs(runs, table.index)
    values = table.to_numpy()
    compared = compare_rows(values[first], values[second])
    compared.insert(0, "first", table.index[first])
    compared.insert(1, "second", table.index[second])
    compared.insert(2, "metric", _METRIC)
    for p, corrected in (("p_sign_flip", "p_holm"), ("p_t", "p_t_holm")):
        place = compared.columns.get_loc("smallest_p" if p == "p_sign_flip" else p) + 1
        compared.insert(place, corrected, holm(compared[p].to_numpy()))
    diverged = (values == DIVERGED).sum(axis=1)
    compared["verdict"] = _verdicts(compared, diverged[first], diverged[second])
    rounded = ("difference", "low", "high", "improvement", "improvement_low", "improvement_high")
    return compared.round(dict.fromkeys(rounded, DECIMALS))


def _places_of_pairs(runs: pd.DataFrame, settings: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    if len(settings) <= MOST_SETTINGS_IN_ALL_PAIRS:
        pairs = list(combinations(range(len(settings)), 2))
    else:
        best = best_settings(runs)
        place = {optimizer: settings.get_loc(setting) for optimizer, setting in best.items()}
        optimizers = runs.drop_duplicates("setting")["optimizer"]
        pairs = list(combinations(place.values(), 2))
        pairs += [
            (place[optimizer], own)
            for own, optimizer in enumerate(optimizers)
            if optimizer in place and own != place[optimizer]
        ]
    first, second = np.array(pairs, dtype=int).reshape(-1, 2).T
    return first, second


def _verdicts(
    compared: pd.DataFrame, first_diverged: np.ndarray, second_diverged: np.ndarray
) -> np.ndarray:
    clear = compared["p_t_holm"] < SIGNIFICANCE
    first = clear & (compared["difference"] > 0) & (first_diverged <= second_diverged)
    second = clear & (compared["difference"] < 0) & (second_diverged <= first_diverged)
    return np.select([first, second], ["first better", "second better"], "inconclusive")
