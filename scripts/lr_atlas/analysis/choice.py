"""Which setting of each optimizer is chosen, by the validation images alone."""

import pandas as pd

from lr_atlas.grid import Plan


def choose(runs: pd.DataFrame) -> pd.DataFrame:
    """The chosen setting of each optimizer, the best first.

    runs: a study's table with a row per run, see collect.collect_study. A setting counts by the
    mean final validation accuracy over its runs that did not diverge. One of which a run diverged
    is chosen only where its optimizer has no other: the mean over the rest would hide that. Of
    equals, the first in the table's order.
    Returns a DataFrame with optimizer (unique), setting, validation_accuracy (0..1; NaN where every
    run of the optimizer diverged) and diverged (how many of the setting's runs).
    """
    kept = runs[runs["status"] != "diverged"].groupby("setting")["validation_accuracy"]
    settings = runs.drop_duplicates("setting")[["optimizer", "setting"]]
    settings = settings.assign(
        validation_accuracy=settings["setting"].map(kept.mean()).astype(float),
        diverged=settings["setting"].map(
            (runs["status"] == "diverged").groupby(runs["setting"]).sum()
        ),
        unsafe=lambda table: table["diverged"] > 0,
    )
    ranked = settings.sort_values(
        ["unsafe", "validation_accuracy"],
        ascending=[True, False],
        na_position="last",
        kind="stable",
    )
    chosen = ranked.drop_duplicates("optimizer").drop(columns="unsafe")
    return chosen.reset_index(drop=True)


def select_settings(
    plan: Plan, validation: str | int, epochs: pd.DataFrame, runs: pd.DataFrame
) -> dict:
    """The selection as plain values: on which images it was made, and a row per optimizer.

    epochs, runs: the tables of collect.collect_study; no other numbers are looked at, so the images
    of the validation decide alone. Optimizers of which every run diverged have no row. best_epoch
    is where the mean validation accuracy over the setting's runs is highest.
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
            "validation_accuracy": float(row.validation_accuracy),
            "diverged": int(row.diverged),
            "best_epoch": int(curves.loc[row.setting].idxmax()),
            "confirmation_seeds": [
                run.seed for run in plan.confirmations if run.setting == row.setting
            ],
        }
        for row in chosen.itertuples()
        if pd.notna(row.validation_accuracy)
    ]
    chosen_on = "test images" if validation == "test" else "held-out images"
    return {"study": plan.study, "chosen_on": chosen_on, "optimizers": rows}
