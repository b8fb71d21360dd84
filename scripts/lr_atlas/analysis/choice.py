"""Which setting of each optimizer is chosen, by the validation images alone."""

import pandas as pd


def choose(runs: pd.DataFrame) -> pd.DataFrame:
    """The chosen setting of each optimizer, the best first.

    runs: a study's table with a row per run, see collect.collect_study. A setting counts by the mean
    final validation accuracy over its runs that did not diverge. One of which a run diverged is
    chosen only where its optimizer has no other; of equals, the first in the table's order. So the
    mean over the finished runs of a setting never hides that others diverged.
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
