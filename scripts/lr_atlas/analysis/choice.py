"""Choose the setting of each optimizer by the validation images alone."""

from typing import TYPE_CHECKING

import pandas as pd

from lr_atlas.analysis.seeds import run_scores
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

if TYPE_CHECKING:
    from lr_atlas.studies.grid import Plan


def choose(runs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> pd.DataFrame:
    """Return the chosen setting of each optimizer, the best first.

    runs: a study's table with a row per run, see collect.collect_study. metric: of the study. A
    setting counts by the mean score of its runs (seeds.run_scores): the final value of the metric
    on the validation images, where a run that diverged counts as guessing. Where the study selects
    by another metric, that one decides which setting of an optimizer is chosen, and a diverged run
    counts as the worst of those that did not. Runs may be missing after a failure: a setting with
    fewer than half as many runs as the fullest one of the study is chosen only where its optimizer
    has no other, since a single lucky run is no match for ten. One of which every run diverged
    comes last. Of equals, the first in the table's order.
    Returns a DataFrame with optimizer (unique), setting, score (NaN where every run of the
    optimizer diverged), the metric's own column, such as validation_accuracy (the mean over the
    runs that did not diverge), and diverged (how many of the setting's runs).
    """
    by = runs["setting"]
    diverged = runs["status"] == "diverged"
    count = by.groupby(by).size()
    finished = (~diverged).groupby(by).sum() > 0
    columns = {
        "score": run_scores(runs, metric).groupby(by).mean().where(finished),
        metric.validation: runs[metric.validation].where(~diverged).groupby(by).mean(),
        "diverged": diverged.groupby(by).sum(),
        "few": (2 * count < count.max()) | ((count == 1) & (count.max() > 1)),
        "alone": (count == 1) & (count.max() > 1),
    }
    settings = runs.drop_duplicates("setting")[["optimizer", "setting"]]
    settings = settings.assign(
        **{name: settings["setting"].map(values) for name, values in columns.items()}
    ).astype({"score": float, metric.validation: float})
    settings["none"] = settings["score"].isna()
    settings["chosen by"] = settings["setting"].map(_chosen_by(runs, metric).groupby(by).mean())
    settings["rank"] = metric.sign * settings["score"]
    order = [True, True, False]
    ranked = settings.sort_values(["none", "few", "chosen by"], ascending=order, kind="stable")
    chosen = ranked.drop_duplicates("optimizer")
    # Between optimizers the score alone counts: how few the runs are is in the verdict's interval,
    # which a single run has none of.
    chosen = chosen.sort_values(["none", "alone", "rank"], ascending=order, kind="stable")
    helping = ["few", "alone", "none", "chosen by", "rank"]
    return chosen.drop(columns=helping).reset_index(drop=True)


def whole_or_part(epoch: float) -> float:
    """Return an epoch as an int where it is a whole one."""
    return int(epoch) if float(epoch).is_integer() else float(epoch)


def _chosen_by(runs: pd.DataFrame, metric: StudyMetric) -> pd.Series:
    """Return what each run counts as where settings are chosen, more is better."""
    if metric.choosing == metric.validation:
        return metric.sign * run_scores(runs, metric)
    sign = 1 if metric.selects.higher_is_better else -1
    values = sign * runs[metric.choosing].astype(float).where(runs["status"] != "diverged")
    return values.fillna(values.min())


def best_settings(runs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> pd.Series:
    """Return the chosen setting by optimizer, best first; none for one that only diverged."""
    chosen = choose(runs, metric).dropna(subset="score")
    return chosen.set_index("optimizer")["setting"]


def select_settings(
    plan: "Plan",
    validation: str | float,
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    metric: StudyMetric = ACCURACY,
) -> dict:
    """Return the selection as plain values: which images made it, and a row per optimizer.

    epochs, runs: the tables of collect.collect_study; no other numbers are looked at, so the images
    of the validation decide alone. Optimizers of which every run diverged have no row. best_epoch
    is where the mean of the metric on the validation images over the setting's runs is best.
    `images` are the digests of what the runs were trained and validated on, of each variant of the
    data.
    """
    chosen = choose(runs, metric)
    rates = runs.drop_duplicates("setting").set_index("setting")["learning_rate"]
    curves = (
        epochs[epochs["status"] != "diverged"]
        .groupby(["setting", "epoch"])[metric.validation]
        .mean()
    )
    rows = [
        {
            "optimizer": row.optimizer,
            "setting": row.setting,
            "learning_rate": float(rates[row.setting]),
            "score": float(row.score),
            metric.validation: float(getattr(row, metric.validation)),
            "diverged": int(row.diverged),
            "best_epoch": whole_or_part((metric.sign * curves.loc[row.setting]).idxmax()),
            "confirmation_seeds": [
                run.seed for run in plan.confirmations if run.setting == row.setting
            ],
        }
        for row in chosen.itertuples()
        if pd.notna(row.score)
    ]
    chosen_on = "test images" if validation == "test" else "held-out images"
    return {
        "study": plan.study,
        "chosen_on": chosen_on,
        "images": ", ".join(sorted({str(each) for each in runs["images"] if each})),
        "optimizers": rows,
    }
