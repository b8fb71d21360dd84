"""A row per optimizer: what it got, its best setting, its plateau, its test result."""

from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.intervals import mean_interval
from lr_atlas.analysis.pairs import DIVERGED, SIGNIFICANCE, holm, paired_differences, paired_t
from lr_atlas.analysis.plateau import width_in_decades
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.summary import DECIMALS, best_settings

_WHOLE = ("best_epoch", "behind_n", "plateau_settings", "target_reached", "target_runs", "test_n")
_WHOLE += ("test_diverged",)


def rank_optimizers(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    best_of: pd.DataFrame,
    test: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The table of the optimizers, the best first as choice.choose ranks them.

    runs: the table of collect.collect_study. summary, best_of: as in tables.Analysis. test: what
    the chosen settings reached on the test images, a row per run with optimizer, confirmation
    (bool), status and test_accuracy (0..1); None if nothing was evaluated. The columns are
        optimizer
        settings, learning_rates, seeds_min, seeds_max, runs, epochs    what it got: settings,
            different learning rates, fewest and most runs of a setting, runs, epochs of all runs
        diverged, collapsed, diverged_share                      how many runs did, of all
        best_setting, best_learning_rate, best_epoch, validation_accuracy_mean, _std, _low, _high
            empty if every run diverged; low and high: 95 % bootstrap of the mean
        behind, behind_low, behind_high, behind_n, behind_p, behind_verdict
            how far its best setting is behind that of the first optimizer: mean difference of the
            final validation accuracies over the behind_n seeds that finished under both, its 95 %
            interval by Student's t, p of the paired t test after Holm's correction over the
            optimizers, and "behind" or, on these seeds, "ahead" if p < 0.05, else "inconclusive",
            also where more runs of the one that is better diverged; empty for the first one
        at_edge    "low" or "high" if the best learning rate is the lowest or highest of the
            optimizer's, "both" if it is the only one, else ""
        plateau_settings, plateau_from, plateau_to, plateau_decades    how many, lowest and highest
            learning rate, see `plateau`; empty with fewer than two finished runs of the best
        best_of_1, best_of_3           see `best_of`; empty with fewer settings
        target_reached, target_runs, epochs_to_target, seconds_to_target     of the best setting
        test_n, test_diverged, test_accuracy_mean, _std, _low, _high, confirmed    over the n test
            runs that did not diverge; of the runs with confirmation seeds alone where there are any
    """
    best = best_settings(runs)
    rows = []
    for optimizer in choose(runs)["optimizer"]:
        settings = summary[summary["optimizer"] == optimizer]
        chosen = settings[settings["setting"] == best.get(optimizer)]
        expected = best_of[best_of["optimizer"] == optimizer].set_index("k")["expected"]
        rows.append(
            {
                "optimizer": optimizer,
                **_budget(settings, runs[runs["optimizer"] == optimizer]),
                **_best(chosen, settings["learning_rate"]),
                **_plateau(chosen, settings[settings["on_plateau"]]),
                **{f"best_of_{k}": expected.get(k, np.nan) for k in (1, 3)},
                **_to_target(chosen),
                **_test(test, optimizer),
            }
        )
    table = pd.DataFrame(rows)
    behind = _behind_the_best(runs, table["best_setting"])
    place = table.columns.get_loc("at_edge")
    for offset, name in enumerate(behind):
        table.insert(place + offset, name, behind[name])
    return table.astype(dict.fromkeys(_WHOLE, "Int64"))


def _behind_the_best(runs: pd.DataFrame, best_settings: pd.Series) -> pd.DataFrame:
    """How far the best setting of each optimizer is behind that of the first: see above."""
    names = ["behind", "behind_low", "behind_high", "behind_n", "behind_p"]
    table = pd.DataFrame(np.nan, index=best_settings.index, columns=names)
    table["behind_verdict"] = ""
    others = best_settings.dropna().index[1:]
    if len(others):
        values = scores(runs)
        first = values.loc[[best_settings[0]] * len(others)].to_numpy()
        second = values.loc[best_settings[others]].to_numpy()
        differences = paired_differences(first, second)
        difference, low, high, p = paired_t(differences)
        p = holm(p)
        counts = np.isfinite(differences).sum(axis=1)
        table.loc[others, names] = np.column_stack(
            [*np.round((difference, low, high), DECIMALS), counts, p]
        )
        diverged = [(each == DIVERGED).sum(axis=1) for each in (first, second)]
        clear = p < SIGNIFICANCE
        table.loc[others, "behind_verdict"] = np.select(
            [
                clear & (difference > 0) & (diverged[0] <= diverged[1]),
                clear & (difference < 0) & (diverged[1] <= diverged[0]),
            ],
            ["behind", "ahead"],
            "inconclusive",
        )
    return table


def _budget(settings: pd.DataFrame, runs: pd.DataFrame) -> dict[str, Any]:
    diverged = int(settings["diverged"].sum())
    return {
        "settings": len(settings),
        "learning_rates": settings["learning_rate"].nunique(),
        "seeds_min": settings["seeds"].min(),
        "seeds_max": settings["seeds"].max(),
        "runs": len(runs),
        "epochs": int(runs["epochs_completed"].sum()),
        "diverged": diverged,
        "collapsed": int(settings["collapsed"].sum()),
        "diverged_share": round(diverged / len(runs), DECIMALS),
    }


def _best(chosen: pd.DataFrame, learning_rates: pd.Series) -> dict[str, Any]:
    accuracy = [f"validation_accuracy_{name}" for name in ("mean", "std", "low", "high")]
    learning_rate = _only(chosen, "learning_rate")
    edges = {
        side: learning_rate == edge
        for side, edge in (("low", learning_rates.min()), ("high", learning_rates.max()))
    }
    return {
        "best_setting": _only(chosen, "setting", None),
        "best_learning_rate": learning_rate,
        "best_epoch": _only(chosen, "best_validation_epoch"),
        **{name: _only(chosen, name) for name in accuracy},
        "at_edge": "both" if all(edges.values()) else "".join(s for s in edges if edges[s]),
    }


def _plateau(chosen: pd.DataFrame, settings: pd.DataFrame) -> dict[str, Any]:
    names = ("plateau_settings", "plateau_from", "plateau_to", "plateau_decades")
    if chosen.empty or settings.empty:
        return dict.fromkeys(names, np.nan)
    rates = settings["learning_rate"]
    decades = round(width_in_decades(rates.to_numpy()), DECIMALS)
    return dict(zip(names, (len(settings), rates.min(), rates.max(), decades), strict=True))


def _to_target(chosen: pd.DataFrame) -> dict[str, Any]:
    return {
        "target_reached": _only(chosen, "target_reached"),
        "target_runs": _only(chosen, "seeds"),
        "epochs_to_target": _only(chosen, "epochs_to_target"),
        "seconds_to_target": _only(chosen, "seconds_to_target"),
    }


def _test(test: pd.DataFrame | None, optimizer: str) -> dict[str, Any]:
    names = ("test_n", "test_diverged")
    names += tuple(f"test_accuracy_{name}" for name in ("mean", "std", "low", "high"))
    own = pd.DataFrame() if test is None else test[test["optimizer"] == optimizer]
    if own.empty:
        return {**dict.fromkeys(names, np.nan), "confirmed": False}
    confirmation = own["confirmation"].astype(bool)
    if confirmation.any():
        own = own[confirmation]
    diverged = own["status"] == "diverged"
    accuracy = own.loc[~diverged, "test_accuracy"].astype(float)
    (low,), (high,) = mean_interval(accuracy.to_numpy()[None])
    statistics = accuracy.mean(), accuracy.std(), low, high
    return {
        "test_n": len(accuracy),
        "test_diverged": int(diverged.sum()),
        **dict(zip(names[2:], np.round(statistics, DECIMALS), strict=True)),
        "confirmed": bool(confirmation.any()),
    }


def _only(chosen: pd.DataFrame, name: str, otherwise: Any = np.nan) -> Any:
    """A value of the one row, if there is one."""
    return otherwise if chosen.empty else chosen[name].iloc[0]
