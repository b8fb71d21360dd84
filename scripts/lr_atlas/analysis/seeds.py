"""A measure of a study's runs as a table of setting by seed, and the score of each run."""

import pandas as pd

from lr_atlas.studies.study_metric import ACCURACY, StudyMetric


def by_seed(runs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return a measure as float64 [settings, seeds]: a row per setting in the table's order.

    runs: a table with a row per run and the columns setting, seed (together unique) and `measure`.
    NaN where a setting has no run with the seed.
    """
    table = runs[["setting", "seed"]].assign(value=runs[measure].astype(float))
    table = table.pivot(index="setting", columns="seed", values="value")
    return table.loc[runs["setting"].unique()]


def run_scores(runs: pd.DataFrame, metric: StudyMetric = ACCURACY, column: str = "") -> pd.Series:
    """Return the score of each run: its value in a column, or for a run that diverged its `chance`.

    column: of the metric; default: that of the validation images. `chance` is what the best answer
    that ignores the input reaches on these images, for accuracy the share of the most frequent
    class: a diverged run is worth as much as guessing, since it cost as much as any other. (In a
    metric that guessing is good at it is worth as much as the worst answer, see Metric.diverged.)
    This one rule decides which setting is chosen, how optimizers compare and what a search finds. A
    run that collapsed counts with the value that it has, which is that of guessing too. Where
    nobody says what guessing reaches, as of runs from elsewhere, no run of a setting has a score of
    which one diverged.
    """
    lost = runs["chance"] if metric.metric.diverged is None else metric.metric.diverged
    values, diverged = runs[column or metric.validation].astype(float), runs["status"] == "diverged"
    values = values.where(~diverged, lost)
    # A mean over those that are left would make a setting better for losing some.
    unknown = runs["setting"][diverged & values.isna()]
    return values.where(~runs["setting"].isin(unknown)) if len(unknown) else values


def scores(runs: pd.DataFrame, metric: StudyMetric = ACCURACY, column: str = "") -> pd.DataFrame:
    """Return the scores as float64 [settings, seeds], as `by_seed` does."""
    name = column or metric.validation
    return by_seed(runs.assign(**{name: run_scores(runs, metric, name)}), name)
