"""A measure of a study's runs as a table of setting by seed."""

import pandas as pd

from lr_atlas.analysis.pairs import DIVERGED


def by_seed(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A measure as float64 [settings, seeds]: a row per setting in the table's order.

    runs: a table with a row per run and the columns setting, seed (together unique) and `measure`.
    NaN where a setting has no run with the seed.
    """
    table = runs[["setting", "seed"]].assign(value=runs[measure].astype(float))
    table = table.pivot(index="setting", columns="seed", values="value")
    return table.loc[runs["setting"].unique()]


def scores(runs: pd.DataFrame, measure: str = "validation_accuracy") -> pd.DataFrame:
    """The same with DIVERGED for the runs that did: what `pairs` compares."""
    value = runs[measure].astype(float).where(runs["status"] != "diverged", DIVERGED)
    return by_seed(runs.assign(**{measure: value}), measure)
