"""Choose the setting of each optimizer by the validation images alone."""

import pandas as pd

from lr_atlas.analysis.seeds import run_scores
from lr_atlas.studies.grid import Plan


def choose(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the chosen setting of each optimizer, the best first.

    runs: a study's table with a row per run, see collect.collect_study. A setting counts by the
    mean score of its runs (seeds.run_scores): final validation accuracy, where a run that diverged
    counts as guessing. Runs may be missing after a failure: a setting with fewer than half as many
    runs as the fullest one of the study is chosen only where its optimizer has no other, since a
    single lucky run is no match for ten. One of which every run diverged comes last. Of equals, the
    first in the table's order.
    Returns a DataFrame with optimizer (unique), setting, score (0..1; NaN where every run of the
    optimizer diverged), validation_accuracy (the mean over the runs that did not diverge) and
    diverged (how many of the setting's runs).
    """
    by = runs["setting"]
    diverged = runs["status"] == "diverged"
    count = by.groupby(by).size()
    finished = (~diverged).groupby(by).sum() > 0
    columns = {
        "score": run_scores(runs).groupby(by).mean().where(finished),
        "validation_accuracy": runs["validation_accuracy"].where(~diverged).groupby(by).mean(),
        "diverged": diverged.groupby(by).sum(),
        "few": (2 * count < count.max()) | ((count == 1) & (count.max() > 1)),
        "alone": (count == 1) & (count.max() > 1),
    }
    settings = runs.drop_duplicates("setting")[["optimizer", "setting"]]
    settings = settings.assign(
        **{name: settings["setting"].map(values) for name, values in columns.items()}
    ).astype({"score": float, "validation_accuracy": float})
    settings["none"] = settings["score"].isna()
    ranked = settings.sort_values(
        ["none", "few", "score"], ascending=[True, True, False], kind="stable"
    )
    chosen = ranked.drop_duplicates("optimizer")
    # Between optimizers the score alone counts: how few the runs are is in the verdict's interval,
    # which a single run has none of.
    chosen = chosen.sort_values(
        ["none", "alone", "score"], ascending=[True, True, False], kind="stable"
    )
    return chosen.drop(columns=["few", "alone", "none"]).reset_index(drop=True)


def best_settings(runs: pd.DataFrame) -> pd.Series:
    """Return the chosen setting by optimizer, best first; none for one that only diverged."""
    chosen = choose(runs).dropna(subset="score")
    return chosen.set_index("optimizer")["setting"]


def select_settings(
    plan: Plan, validation: str | int, epochs: pd.DataFrame, runs: pd.DataFrame
) -> dict:
    """Return the selection as plain values: which images made it, and a row per optimizer.

    epochs, runs: the tables of collect.collect_study; no other numbers are looked at, so the images
    of the validation decide alone. Optimizers of which every run diverged have no row. best_epoch
    is where the mean validation accuracy over the setting's runs is highest. `images` are the
    digests of what the runs were trained and validated on.
    """
    chosen = choose(runs)
    rates = runs.drop_duplicates("setting").set_index("setting")["learning_rate"]
    curves = (
        epochs[epochs["status"] != "diverged"]
        .groupby(["setting", "epoch"])["validation_accuracy"]
        .mean()
    )
    rows = [
        {
            "optimizer": row.optimizer,
            "setting": row.setting,
            "learning_rate": float(rates[row.setting]),
            "score": float(row.score),
            "validation_accuracy": float(row.validation_accuracy),
            "diverged": int(row.diverged),
            "best_epoch": int(curves.loc[row.setting].idxmax()),
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
        "images": str(runs["images"].iloc[0]),
        "optimizers": rows,
    }
