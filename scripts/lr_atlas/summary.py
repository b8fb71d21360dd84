"""A row per setting: what its replicates say together."""

import pandas as pd

from lr_atlas.run_files import METRICS

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
    # Rounded as in the CSV file, so that a text made from either shows the same last digit.
    measured = table.columns[table.columns.get_loc("collapsed") + 1 :]
    return table.reset_index(drop=True).round(dict.fromkeys(measured, _DECIMALS))


def _columns_before(table: pd.DataFrame, name: str) -> list[str]:
    return list(table.columns[: table.columns.get_loc(name)])
