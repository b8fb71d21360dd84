"""A measure of a study's runs as a table of setting by seed, and the score of each run."""

import pandas as pd


def by_seed(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure as float64 [settings, seeds]: a row per setting in the table's order.

    runs: a table with a row per run and the columns setting, seed (together unique) and `measure`.
    NaN where a setting has no run with the seed.
    """
    table = runs[["setting", "seed"]].assign(value=runs[measure].astype(float))
    table = table.pivot(index="setting", columns="seed", values="value")
    return table.loc[runs["setting"].unique()]


def run_scores(runs: pd.DataFrame, measure: str = "validation_accuracy") -> pd.Series:
    """Return the score of each run, 0..1: the measure, or for a run that diverged its `chance`.

    That is the share of the most frequent class in the images that the measure is of: a diverged
    run is worth as much as guessing, since it cost as much as any other. This one rule decides
    which setting is chosen, how optimizers compare and what a search finds. A run that collapsed
    counts with the accuracy that it has, which is that of guessing too.
    """
    return runs[measure].astype(float).where(runs["status"] != "diverged", runs["chance"])


def scores(runs: pd.DataFrame, measure: str = "validation_accuracy") -> pd.DataFrame:
    """Return the scores as float64 [settings, seeds], as `by_seed` does."""
    return by_seed(runs.assign(**{measure: run_scores(runs, measure)}), measure)
