"""A row per setting: what its replicates say together."""

import numpy as np
import pandas as pd

from lr_atlas.analysis import intervals
from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.seeds import by_seed, run_scores
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.training.records import STEP

_NOT_PARAMETERS = {"run", "seed"}
_TIMES = ("epochs_to_target", "images_to_target", "seconds_to_target")
#: Only where runs are evaluated by steps.
STEPS_TO_TARGET = "steps_to_target"
DECIMALS = (
    9  # of what is measured, so that a text made from a table or from its CSV file is the same
)


def summarise(
    epochs: pd.DataFrame, runs: pd.DataFrame, metric: StudyMetric = ACCURACY
) -> pd.DataFrame:
    """Return the summary of a study, a row per setting in the tables' order.

    epochs, runs: the tables of collect.collect_study. Means and standard deviations (n - 1) are
    over the runs of the setting that did not diverge; with one such run the deviation is empty.
    best_validation_epoch is where the mean of the metric on the validation images over these runs
    is best; generalisation_gap is by how much it is better on the training images at the end;
    seconds_per_epoch is training alone.
    """
    leading = runs.columns[: runs.columns.get_loc("seed")]
    parameters = [name for name in leading if name not in _NOT_PARAMETERS]
    # A row per setting, in the tables' order; what is added finds its row by the setting.
    table = runs.drop_duplicates("setting").set_index("setting", drop=False)[parameters]
    table["seeds"] = runs.groupby("setting").size()
    for status in ("diverged", "collapsed"):
        table[status] = (runs["status"] == status).groupby(runs["setting"]).sum()
    kept = runs[runs["status"] != "diverged"].groupby("setting")
    for column in metric.columns:
        table[f"{column}_mean"] = kept[column].mean()
        table[f"{column}_std"] = kept[column].std()
    curves = (
        epochs[epochs["status"] != "diverged"]
        .groupby(["setting", "epoch"])[metric.validation]
        .mean()
        .reset_index("epoch")
    )
    best = curves.sort_values(metric.validation, ascending=metric.sign < 0, kind="stable")
    best = best[~best.index.duplicated()]
    table["best_validation_epoch"] = best["epoch"]
    if STEP in epochs:
        at = best.reset_index().merge(epochs[["setting", "epoch", STEP]], on=["setting", "epoch"])
        table["best_validation_step"] = at.groupby("setting")[STEP].first()
    table[metric.best] = best[metric.validation]
    gap = kept[metric.train].mean() - kept[metric.validation].mean()
    table["generalisation_gap"] = metric.sign * gap
    table["seconds_per_epoch"] = kept["seconds_per_epoch"].mean()
    measured = table.columns[table.columns.get_loc("collapsed") + 1 :]
    return table.reset_index(drop=True).round(dict.fromkeys(measured, DECIMALS))


def with_statistics(
    summary: pd.DataFrame,
    measured: pd.DataFrame,
    target: float,
    metric: StudyMetric = ACCURACY,
) -> pd.DataFrame:
    """Return the summary with more columns: scores, averages with intervals, measures of curves.

    summary: from `summarise`. measured: from measures.measure_runs with this target. Added are
        score                         mean of seeds.run_scores: a diverged run counts as guessing
        validation_<metric>_median, _iqm, _low, _high    see `intervals`; without diverged runs; the
                                      worse end for a chosen setting allows for the choice
        best_of_optimizer (bool)      see choice.choose; none of an optimizer that only diverged
        extrema_mean, swing_mean, validation_loss_rise_mean    without diverged runs
        overfits, overfit_epoch       how many runs do, and the median over those
        score_last                    how many rows final values are means of, where not of one
        target, target_reached        the target, and how many runs reached it
        epochs_to_target, images_to_target, seconds_to_target    medians over all runs, a miss and
                                      a diverged run counting as later than any; empty where the
                                      run in the middle missed
    """
    groups = measured.groupby("setting")
    best = best_settings(measured, metric)
    added = _statistics(measured, best, metric)
    added.insert(0, "score", run_scores(measured, metric).groupby(measured["setting"]).mean())
    added["best_of_optimizer"] = added.index.isin(best.to_numpy())
    added["extrema_mean"] = groups["extrema"].mean()
    added["swing_mean"] = groups["swing"].mean()
    added["overfits"] = groups["overfits"].sum()
    added["overfit_epoch"] = groups["overfit_epoch"].median()
    added["validation_loss_rise_mean"] = groups["validation_loss_rise"].mean()
    if metric.last > 1:
        added["score_last"] = metric.last
    added["target"] = target
    added["target_reached"] = (
        np.isfinite(measured["epochs_to_target"]).groupby(measured["setting"]).sum()
    )
    for name in [*_TIMES, *([STEPS_TO_TARGET] if STEPS_TO_TARGET in measured else [])]:
        middle = intervals.median(by_seed(measured, name).to_numpy())
        added[name] = np.where(np.isfinite(middle), middle, np.nan)
    rounded = added.round(dict.fromkeys(added.select_dtypes("float").columns, DECIMALS))
    return summary.join(rounded, on="setting")


def _statistics(runs: pd.DataFrame, best: pd.Series, metric: StudyMetric) -> pd.DataFrame:
    finished = runs[metric.validation].where(runs["status"] != "diverged")
    table = by_seed(runs.assign(value=finished), "value")
    values = table.to_numpy()
    low, high = intervals.mean_interval(values)
    chosen = table.index.isin(best.to_numpy())
    low[chosen], high[chosen] = intervals.interval_of_chosen(
        values[chosen], metric.sign, chosen_from=len(table)
    )
    name = metric.validation
    return pd.DataFrame(
        {
            f"{name}_median": intervals.median(values),
            f"{name}_iqm": intervals.interquartile_mean(values),
            f"{name}_low": low,
            f"{name}_high": high,
        },
        index=table.index,
    )
