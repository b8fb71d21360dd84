"""A row per setting: what its replicates say together."""

import numpy as np
import pandas as pd

from lr_atlas.analysis import intervals
from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.seeds import by_seed, run_scores
from lr_atlas.training.records import METRICS

_NOT_PARAMETERS = {"run", "seed"}
_TIMES = ("epochs_to_target", "images_to_target", "seconds_to_target")
DECIMALS = (
    9  # of what is measured, so that a text made from a table or from its CSV file is the same
)


def summarise(epochs: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the summary of a study, a row per setting in the tables' order.

    epochs, runs: the tables of collect.collect_study. Means and standard deviations (n - 1) are
    over the runs of the setting that did not diverge; with one such run the deviation is empty.
    best_validation_epoch is where the mean validation accuracy over these runs is highest;
    generalisation_gap is the final training minus the final validation accuracy;
    seconds_per_epoch is training alone.
    """
    parameters = [name for name in _columns_before(runs, "seed") if name not in _NOT_PARAMETERS]
    # A row per setting, in the tables' order; what is added finds its row by the setting.
    table = runs.drop_duplicates("setting").set_index("setting", drop=False)[parameters]
    table["seeds"] = runs.groupby("setting").size()
    for status in ("diverged", "collapsed"):
        table[status] = (runs["status"] == status).groupby(runs["setting"]).sum()
    kept = runs[runs["status"] != "diverged"].groupby("setting")
    for metric in METRICS:
        table[f"{metric}_mean"] = kept[metric].mean()
        table[f"{metric}_std"] = kept[metric].std()
    curves = (
        epochs[epochs["status"] != "diverged"]
        .groupby(["setting", "epoch"])["validation_accuracy"]
        .mean()
        .reset_index("epoch")
    )
    best = curves.sort_values("validation_accuracy", ascending=False, kind="stable")
    best = best[~best.index.duplicated()]
    table["best_validation_epoch"] = best["epoch"]
    table["best_validation_accuracy"] = best["validation_accuracy"]
    table["generalisation_gap"] = kept["train_accuracy"].mean() - kept["validation_accuracy"].mean()
    table["seconds_per_epoch"] = kept["seconds_per_epoch"].mean()
    measured = table.columns[table.columns.get_loc("collapsed") + 1 :]
    return table.reset_index(drop=True).round(dict.fromkeys(measured, DECIMALS))


def with_statistics(summary: pd.DataFrame, measured: pd.DataFrame, target: float) -> pd.DataFrame:
    """Return the summary with more columns: scores, averages with intervals, measures of curves.

    summary: from `summarise`. measured: from measures.measure_runs with this target. Added are
        score                         mean of seeds.run_scores: a diverged run counts as guessing
        validation_accuracy_median, _iqm, _low, _high    see `intervals`; without diverged runs; the
                                      lower end for a chosen setting allows for the choice
        best_of_optimizer (bool)      see choice.choose; none of an optimizer that only diverged
        extrema_mean, swing_mean, validation_loss_rise_mean    without diverged runs
        overfits, overfit_epoch       how many runs do, and the median over those
        target, target_reached        the target, and how many runs reached it
        epochs_to_target, images_to_target, seconds_to_target    medians over all runs, a miss and
                                      a diverged run counting as later than any; empty where the
                                      run in the middle missed
    """
    groups = measured.groupby("setting")
    best = best_settings(measured)
    added = _accuracy_statistics(measured, best)
    added.insert(0, "score", run_scores(measured).groupby(measured["setting"]).mean())
    added["best_of_optimizer"] = added.index.isin(best.to_numpy())
    added["extrema_mean"] = groups["extrema"].mean()
    added["swing_mean"] = groups["swing"].mean()
    added["overfits"] = groups["overfits"].sum()
    added["overfit_epoch"] = groups["overfit_epoch"].median()
    added["validation_loss_rise_mean"] = groups["validation_loss_rise"].mean()
    added["target"] = target
    added["target_reached"] = (
        np.isfinite(measured["epochs_to_target"]).groupby(measured["setting"]).sum()
    )
    for name in _TIMES:
        middle = intervals.median(by_seed(measured, name).to_numpy())
        added[name] = np.where(np.isfinite(middle), middle, np.nan)
    rounded = added.round(dict.fromkeys(added.select_dtypes("float").columns, DECIMALS))
    return summary.join(rounded, on="setting")


def _accuracy_statistics(runs: pd.DataFrame, best: pd.Series) -> pd.DataFrame:
    table = by_seed(
        runs.assign(value=runs["validation_accuracy"].where(runs["status"] != "diverged")), "value"
    )
    values = table.to_numpy()
    low, high = intervals.mean_interval(values)
    chosen = table.index.isin(best.to_numpy())
    low[chosen], _ = intervals.mean_interval(values[chosen], chosen_from=len(table))
    return pd.DataFrame(
        {
            "validation_accuracy_median": intervals.median(values),
            "validation_accuracy_iqm": intervals.interquartile_mean(values),
            "validation_accuracy_low": low,
            "validation_accuracy_high": high,
        },
        index=table.index,
    )


def _columns_before(table: pd.DataFrame, name: str) -> list[str]:
    return list(table.columns[: table.columns.get_loc(name)])
