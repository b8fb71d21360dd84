"""A row per optimizer: what it got, its best setting, its plateau, its test result."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.budgets import unit_of_budgets
from lr_atlas.analysis.intervals import interval_of_chosen
from lr_atlas.analysis.learning_rates import rate_effect, siblings
from lr_atlas.analysis.mattering import COLUMNS as SIZES
from lr_atlas.analysis.pair_rows import FIRST, SECOND
from lr_atlas.analysis.plateau import Plateau, width_in_decades
from lr_atlas.analysis.seeds import run_scores, scores
from lr_atlas.analysis.setting_summary import DECIMALS, STEPS_TO_TARGET
from lr_atlas.analysis.unadjusted import error_of_an_ordinary_test
from lr_atlas.analysis.verdicts import BETWEEN, ranked_choice
from lr_atlas.studies.study_metric import StudyMetric

_BUDGET = ("settings", "learning_rates", "seeds_min", "seeds_max", "runs")
_WHOLE = (
    *("best_epoch", "behind_n", "behind_n_most", "plateau_settings", "target_reached"),
    *("target_runs", "test_n", "test_diverged", "rates", "tuned_rates"),
    *("best_of_k", "best_of_seeds"),
)
#: Only where runs are evaluated by steps, see step_to_target.steps_beyond.
_AT_STEPS = (STEPS_TO_TARGET, "target_step", "target_step_low", "target_step_n")
_ENDS = ("", "_low", "_high")
_BEST_OF_SAME = ("best_of_k", "best_of_seeds", *(f"best_of_same{end}" for end in _ENDS))
_VERDICTS = {FIRST: "behind", SECOND: "ahead"}


def rank_optimizers(
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    budgets: pd.DataFrame,
    pairs: pd.DataFrame,
    plateaus: Mapping[str, Plateau],
    *,
    best_of: pd.DataFrame,
    test: pd.DataFrame | None,
    margin: float,
    metric: StudyMetric,
    validation_images: int | None,
    test_images: int | None,
) -> pd.DataFrame:
    """Return the table of the optimizers, the best first as verdicts.ranked_choice has them.

    runs: the table of collect.collect_study. budgets: see budgets.budgets. summary, pairs, best_of:
    as in tables.Analysis. plateaus: by optimizer. test, margin, metric and the numbers of images:
    see tables.analyse_study.
    The columns are
        optimizer
        settings, learning_rates, seeds_min, seeds_max, runs, epochs    what it was given
        present, diverged, collapsed, diverged_share    how many runs are there, and how many of
            these did
        chance    the metric of guessing on the validation images, see seeds.run_scores
        best_setting, best_learning_rate, best_epoch, score_mean, score_low, score_high
            empty if every run diverged; a diverged run counts as guessing; the interval is
            Student's, its worse end that of the largest of all the study's settings
        validation_<metric>_mean, _std    of the runs of that setting that did not diverge
        behind, behind_low, behind_high, behind_n, behind_n_most, behind_p, behind_verdict,
            behind_shows, decided
            how far its best setting is behind that of the first optimizer: its row of `pairs`;
            "behind", "ahead" or "inconclusive"; the smallest difference that these runs find;
            verdicts.FRESH or CHOOSING; empty for the first one
        behind_size, matters    where the study says what matters, see mattering.with_sizes
        ordinary_error    how often an ordinary test between settings picked with these budgets
            calls one better that is not, see `unadjusted`; the same in each row
        at_edge    "low" or "high" if the best learning rate is the lowest or highest of those with
            the same other parameters, "both" if it is the only one, else ""
        rates, spread_fixed, spread_widest, widest_setting, tuned_rates, spread_tuned
            how much the learning rate matters, see learning_rates.RateEffect
        plateau_settings, plateau_from, plateau_to, plateau_decades, plateau_open, plateau_cut,
            plateau_margin
            how many, lowest and highest learning rate, the sides ("low", "high", "both") on which
            its end is not determined and on which the grid ends before it, the loss that it allows;
            the first four are empty where nothing but the best is shown to belong to it and a side
            is open
        best_of_1, best_of_3           see `best_of`; empty with fewer settings
        best_of_k, best_of_seeds, best_of_same, best_of_same_low, best_of_same_high
            the number of settings that each optimizer has at least, with how many seeds its own
            were all run, and the best of so many, corrected where these seeds are two or more, with
            its interval over them
        target_reached, target_runs, epochs_to_target, seconds_to_target     of the best setting
        test_chance, test_n, test_diverged, test_<metric>_mean, _std, _low, _high, confirmed
            over the n test runs, a diverged one counting as guessing; of the runs with
            confirmation seeds alone where there are any; Student's interval, whose worse end is
            that of the largest of all settings if these runs chose it, and of the other optimizers
            if fresh seeds decided which optimizer is the best
    """
    chosen = ranked_choice(runs, test, metric)
    best = chosen.set_index("optimizer")["setting"].where(chosen["score"].notna().to_numpy())
    table = scores(runs, metric)
    step = metric.step(validation_images)
    intervals = interval_of_chosen(
        table.to_numpy(), metric.sign, chosen_from=len(table), resolution=step
    )
    compared = int(chosen["score"].notna().sum())
    intervals = pd.DataFrame(dict(zip(("low", "high"), intervals, strict=True)), index=table.index)
    rows = []
    for optimizer, setting in best.items():
        settings = summary[summary["optimizer"] == optimizer]
        row = settings[settings["setting"] == setting]
        search = best_of[best_of["optimizer"] == optimizer].set_index("k")
        rows.append(
            {
                "optimizer": optimizer,
                **budgets.loc[optimizer, [*_BUDGET, unit_of_budgets(budgets)]].to_dict(),
                **_ends(runs[runs["optimizer"] == optimizer]),
                **_best(row, intervals, metric),
                **_rates(summary, row, metric.sign),
                **_plateau(plateaus.get(optimizer), settings, margin),
                **{f"best_of_{k}": search["expected"].get(k, np.nan) for k in (1, 3)},
                **_best_of_as_many(search),
                **_to_target(row),
                **_test(test, optimizer, len(table), compared, metric=metric, images=test_images),
            }
        )
    ranked = pd.DataFrame(rows)
    behind = _behind_the_first(pairs, ranked["best_setting"])
    behind["ordinary_error"] = _ordinary_error(budgets.loc[best.dropna().index])
    place = ranked.columns.get_loc("at_edge")
    for offset, name in enumerate(behind):
        ranked.insert(place + offset, name, behind[name])
    # The best evaluation may be in the midst of an epoch if runs are evaluated by steps.
    by_steps = {"best_epoch": "float64", "best_step": "Int64"} if STEPS_TO_TARGET in summary else {}
    return ranked.astype(dict.fromkeys(_WHOLE, "Int64") | by_steps)


def _ordinary_error(budgets: pd.DataFrame) -> float:
    seeds = budgets["seeds_min"].min() if len(budgets) else 0
    return error_of_an_ordinary_test(budgets["settings"].tolist(), int(seeds))


def _behind_the_first(pairs: pd.DataFrame, best_settings: pd.Series) -> pd.DataFrame:
    """Return the rows of `pairs` between the first best setting and the others, as columns."""
    pairs = pairs[(pairs["question"] == BETWEEN) & (pairs["first"] == best_settings.iloc[0])]
    rows = pairs.set_index("second").reindex(best_settings)
    names = {
        "behind": "difference",
        "behind_low": "low",
        "behind_high": "high",
        "behind_n": "n",
        "behind_n_most": "n_most",
        "behind_p": "p",
        "behind_shows": "smallest_difference",
    }
    table = pd.DataFrame({name: rows[column].to_numpy() for name, column in names.items()})
    table = table.astype(float)
    sizes = [name for name in SIZES if name in rows]
    texts = rows[["verdict", "runs", *sizes]].astype(object).fillna("")
    table["behind_verdict"] = [_VERDICTS.get(said, said) for said in texts["verdict"]]
    table["decided"] = texts["runs"].tolist()
    if sizes:
        table["behind_size"] = texts["size"].tolist()
        table["matters"] = pairs["matters"].iloc[0] if len(pairs) else np.nan
    return table


def _ends(runs: pd.DataFrame) -> dict[str, Any]:
    diverged = int((runs["status"] == "diverged").sum())
    return {
        "present": len(runs),
        "diverged": diverged,
        "collapsed": int((runs["status"] == "collapsed").sum()),
        "diverged_share": round(diverged / len(runs), DECIMALS),
        "chance": runs["chance"].iloc[0],
    }


def _best(row: pd.DataFrame, intervals: pd.DataFrame, metric: StudyMetric) -> dict[str, Any]:
    setting = _only(row, "setting", None)
    ends = intervals.loc[setting] if setting is not None else {"low": np.nan, "high": np.nan}
    return {
        "best_setting": setting,
        "best_learning_rate": _only(row, "learning_rate"),
        "best_epoch": _only(row, "best_validation_epoch"),
        **({"best_step": _only(row, "best_validation_step")} if STEPS_TO_TARGET in row else {}),
        "score_mean": _only(row, "score"),
        "score_low": round(ends["low"], DECIMALS),
        "score_high": round(ends["high"], DECIMALS),
        **{
            f"{metric.validation}_{name}": _only(row, f"{metric.validation}_{name}")
            for name in ("mean", "std")
        },
    }


def _rates(summary: pd.DataFrame, row: pd.DataFrame, sign: int) -> dict[str, Any]:
    """Return whether the best learning rate lies at the edge, and how much it matters."""
    names = (
        *("rates", "spread_fixed", "spread_widest", "widest_setting"),
        *("tuned_rates", "spread_tuned"),
    )
    if row.empty:
        nothing = dict.fromkeys(names, np.nan) | {"widest_setting": ""}
        return {"at_edge": ""} | nothing
    setting, rate = row["setting"].iloc[0], row["learning_rate"].iloc[0]
    rates = siblings(summary, setting)["learning_rate"]
    edges = {"low": rate == rates.min(), "high": rate == rates.max()}
    at_edge = "both" if all(edges.values()) else "".join(s for s in edges if edges[s])
    effect = rate_effect(summary, setting, sign)
    values = [round(v, DECIMALS) if isinstance(v, float) else v for v in effect]
    return {"at_edge": at_edge, **dict(zip(names, values, strict=True))}


def _plateau(found: Plateau | None, settings: pd.DataFrame, margin: float) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ("plateau_settings", "plateau_from", "plateau_to", "plateau_decades"), np.nan
    )
    row |= {"plateau_open": "", "plateau_cut": "", "plateau_margin": margin}
    if found is None:
        return row
    row["plateau_open"] = _sides(found.open_low, found.open_high)
    row["plateau_cut"] = _sides(found.cut_low, found.cut_high)
    if found.settings:
        rates = settings.loc[settings["setting"].isin(found.settings), "learning_rate"]
        row["plateau_settings"] = len(rates)
        row["plateau_from"], row["plateau_to"] = rates.min(), rates.max()
        row["plateau_decades"] = round(width_in_decades(rates.to_numpy()), DECIMALS)
    return row


def _best_of_as_many(search: pd.DataFrame) -> dict[str, Any]:
    """Return the best of as many settings as all optimizers have. search: its rows by k."""
    k = search["same_k"].iloc[0]
    row = search.loc[k]
    value = row["corrected"] if pd.notna(row["corrected"]) else row["expected"]
    ends = row["corrected_low"], row["corrected_high"]
    return dict(zip(_BEST_OF_SAME, (k, row["seeds"], value, *ends), strict=True))


def _sides(low: bool, high: bool) -> str:
    return "both" if low and high else "low" if low else "high" if high else ""


def _to_target(row: pd.DataFrame) -> dict[str, Any]:
    return {
        "target_reached": _only(row, "target_reached"),
        "target_runs": _only(row, "seeds"),
        "epochs_to_target": _only(row, "epochs_to_target"),
        "seconds_to_target": _only(row, "seconds_to_target"),
        **{name: _only(row, name) for name in _AT_STEPS if name in row},
    }


def _test(
    test: pd.DataFrame | None,
    optimizer: str,
    chosen_from: int,
    optimizers: int,
    *,
    metric: StudyMetric,
    images: int | None,
) -> dict[str, Any]:
    """Return the test results of an optimizer.

    chosen_from: how many settings the study has; optimizers: how many of these could be chosen.
    """
    names = (
        *("test_chance", "test_n", "test_diverged"),
        *(f"{metric.test}_{name}" for name in ("mean", "std", "low", "high")),
    )
    own = pd.DataFrame() if test is None else test[test["optimizer"] == optimizer]
    if own.empty:
        return {**dict.fromkeys(names, np.nan), "confirmed": False}
    confirmation = own["confirmation"].astype(bool)
    if confirmation.any():
        own = own[confirmation]
    values = run_scores(own, metric, metric.test)
    # The runs that the setting was chosen by were lucky on the test images too. Fresh ones choose
    # which optimizer is called the best; of two, Student's interval holds as it is.
    (low,), (high,) = interval_of_chosen(
        values.to_numpy()[None],
        metric.sign,
        chosen_from=max(optimizers - 1, 1) if confirmation.any() else chosen_from,
        resolution=metric.step(images),
    )
    statistics = values.mean(), values.std(), low, high
    return {
        "test_chance": own["chance"].iloc[0],
        "test_n": len(values),
        "test_diverged": int((own["status"] == "diverged").sum()),
        **dict(zip(names[3:], np.round(statistics, DECIMALS), strict=True)),
        "confirmed": bool(confirmation.any()),
    }


def _only(row: pd.DataFrame, name: str, otherwise: Any = np.nan) -> Any:
    """Return a value of the one row, if there is one."""
    return otherwise if row.empty else row[name].iloc[0]
