"""A row per setting: what its replicates say together."""

import pandas as pd

from lr_atlas.grid import Plan
from lr_atlas.run_files import METRICS
from lr_atlas.studies import matching_settings
from lr_atlas.study_models import Reference

_NOT_PARAMETERS = {"run", "seed"}
_DECIMALS = 9


def summarise(epochs: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The summary of a study, a row per setting in the tables' order.

    epochs, runs: the tables of collect.collect_study. Means and standard deviations (n - 1) are
    over the runs of the setting that did not diverge; with one such run the deviation is empty.
    best_validation_epoch is where the mean validation accuracy over these runs is highest;
    generalisation_gap is the final training minus the final validation accuracy;
    seconds_per_epoch is training alone.
    """
    parameters = [name for name in _columns_before(runs, "seed") if name not in _NOT_PARAMETERS]
    rows = []
    for setting, group in runs.groupby("setting", sort=False):
        kept = group[group["status"] != "diverged"]
        row = {name: group[name].iloc[0] for name in parameters}
        row |= {
            "seeds": len(group),
            "diverged": int((group["status"] == "diverged").sum()),
            "collapsed": int((group["status"] == "collapsed").sum()),
        }
        for metric in METRICS:
            row |= {f"{metric}_mean": kept[metric].mean(), f"{metric}_std": kept[metric].std()}
        mean_curve = (
            epochs[(epochs["setting"] == setting) & (epochs["status"] != "diverged")]
            .groupby("epoch")["validation_accuracy"]
            .mean()
        )
        row |= {
            "best_validation_epoch": mean_curve.idxmax() if len(mean_curve) else None,
            "best_validation_accuracy": mean_curve.max() if len(mean_curve) else None,
            "generalisation_gap": (kept["train_accuracy"] - kept["validation_accuracy"]).mean(),
            "seconds_per_epoch": kept["seconds_per_epoch"].mean(),
        }
        rows.append(row)
    # Rounded as in the CSV file, so that a text made from either shows the same last digit.
    table = pd.DataFrame(rows).astype({"best_validation_epoch": "Int64"})
    measured = table.columns[table.columns.get_loc("collapsed") + 1 :]
    return table.round(dict.fromkeys(measured, _DECIMALS))


def compare_with_reference(
    summary: pd.DataFrame, plan: Plan, reference: Reference | None
) -> pd.DataFrame:
    """Reported against measured values, a row per reported value.

    Without a reference there is no row, and none for a setting that the summary lacks. Returns a
    DataFrame with
    setting, metric, reported, measured (mean over the runs that did not diverge), std, n,
    difference (measured - reported), tolerance and reproduced (whether the difference is within
    the tolerance).
    """
    columns = [
        *("setting", "metric", "reported", "measured", "std", "n"),
        *("difference", "tolerance", "reproduced"),
    ]
    rows = []
    by_setting = summary.set_index("setting")
    for values in reference.values if reference else ():
        setting = matching_settings(plan, values.where)[0]
        if setting not in by_setting.index:  # after a failure, see missing_runs
            continue
        measured = by_setting.loc[setting]
        for metric in METRICS:
            reported = getattr(values, metric)
            if reported is None:
                continue
            difference = round(measured[f"{metric}_mean"] - reported, _DECIMALS)
            rows.append(
                {
                    "setting": setting,
                    "metric": metric,
                    "reported": reported,
                    "measured": measured[f"{metric}_mean"],
                    "std": measured[f"{metric}_std"],
                    "n": measured["seeds"] - measured["diverged"],
                    "difference": difference,
                    "tolerance": reference.tolerance,
                    "reproduced": bool(abs(difference) <= reference.tolerance),
                }
            )
    return pd.DataFrame(rows, columns=columns)


def _columns_before(table: pd.DataFrame, name: str) -> list[str]:
    return list(table.columns[: table.columns.get_loc(name)])
