"""The ranking of the optimizers as a table of texts for a reader."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unit_of_budgets
from lr_atlas.analysis.mattering import ALIKE
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.speech import mark, numeral, say, say_about, say_word
from lr_atlas.report.number_text import apart, between, number, parameters
from lr_atlas.studies.study_metric import StudyMetric

#: Units of budgets, as `say_word` says them.
UNITS = (mark("epochs"), mark("steps"))


def ranking_for_reading(
    optimizers: pd.DataFrame, labels: Mapping[str, str], metric: StudyMetric
) -> pd.DataFrame:
    """Return the optimizers, best first, each with the budget that it had.

    optimizers: the analysis' table. labels: what a setting is called, by its name. metric: of the
    study.
    """
    points = metric.in_unit_of_difference
    rates = rounded_texts([*optimizers["plateau_from"], *optimizers["plateau_to"]])
    budget = unit_of_budgets(optimizers)
    headings = {
        "test": f"{say('test {metric}', metric=metric.called)}{metric.in_unit}",
        "behind": f"{say('behind the best')}{points}",
        "rate": f"{say('rate matters')}{points}",
        "best of": _best_of_heading(optimizers, metric),
    }
    rows = [
        {
            say("optimizer"): _optimizer(row, labels),
            say("best setting"): parameters(labels, row.best_setting),
            say("settings"): number(row.settings),
            say("seeds"): _range(row.seeds_min, row.seeds_max),
            say("{unit} in all", unit=say_word(budget)): number(getattr(row, budget)),
            f"{metric.on_validation}{metric.in_unit}": apart(metric, row.score_mean),
            say("95 % interval"): between(metric, row.score_low, row.score_high),
            headings["test"]: _test(metric, row),
            headings["behind"]: _behind(metric, row),
            say("plateau"): plateau_text(row, rates),
            headings["rate"]: _rate_effect(metric, row),
            headings["best of"]: _best_of(metric, row),
            say_about("how many runs", "diverged"): say(
                "{count} of {all}", count=number(row.diverged), all=number(row.present)
            ),
        }
        for row in optimizers.itertuples()
    ]
    return _without_empty(pd.DataFrame(rows), headings.values())


def _best_of_heading(optimizers: pd.DataFrame, metric: StudyMetric) -> str:
    if optimizers.empty:
        return ""
    return f"{say('best of {k}', k=number(optimizers['best_of_k'].iloc[0]))}{metric.in_unit}"


def _optimizer(row: Any, labels: Mapping[str, str]) -> str:
    return labels.get(row.best_setting, optimizer_name(row.optimizer)).split(", ")[0]


def plateau_text(row: Any, rates: Mapping[float, str], decades: bool = True) -> str:
    """Return the rates of an optimizer's plateau: "at least 0.03 to 0.3 (1.0 decades)".

    row: of the table of optimizers. rates: what learning rates are called. Empty if every run
    diverged.
    """
    if pd.isna(row.best_learning_rate):
        return ""
    if not row.rates > 1:
        return say("one rate alone")
    if pd.isna(row.plateau_from):
        return say("not determined")
    low, high = (numeral(rates[end]) for end in (row.plateau_from, row.plateau_to))
    text = low if low == high else say("{low} to {high}", low=low, high=high)
    if decades and row.plateau_decades > 0:
        text = say("{rates} ({decades:.1f} decades)", rates=text, decades=row.plateau_decades)
    return say("at least {rates}", rates=text) if row.plateau_open or row.plateau_cut else text


def _test(metric: StudyMetric, row: Any) -> str:
    mean, std = (getattr(row, f"{metric.test}_{name}") for name in ("mean", "std"))
    if pd.isna(mean):
        return ""
    deviation = "" if pd.isna(std) else f" ± {metric.number(std)}"
    return f"{metric.number(mean)}{deviation} (n = {number(row.test_n)})"


def _behind(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.behind):
        return ""
    behind = metric.number(row.behind)
    interval = between(metric, row.behind_low, row.behind_high, signed=True)
    if not interval:
        return behind
    size = getattr(row, "behind_size", "")
    sure = f" ({say('by {size}', size=say_word(size))})" if size else ""
    if row.behind_verdict == ALIKE:
        sure = f" ({say_word(ALIKE)})"
    elif row.behind_verdict != "behind":
        sure = f" ({_inconclusive(metric, row.behind_shows)})"
    return say("{behind}, {interval}", behind=behind, interval=interval) + sure


def _inconclusive(metric: StudyMetric, shows: float) -> str:
    if pd.isna(shows):
        return say("inconclusive")
    return say("inconclusive; shows {difference}", difference=metric.number(shows))


def _best_of(metric: StudyMetric, row: Any) -> str:
    value = apart(metric, row.best_of_same)
    interval = between(metric, row.best_of_same_low, row.best_of_same_high)
    return f"{value} ({interval})" if interval else value


def _rate_effect(metric: StudyMetric, row: Any) -> str:
    fixed, tuned = (apart(metric, spread) for spread in (row.spread_fixed, row.spread_tuned))
    if not fixed:
        return f"({tuned})" if tuned else ""
    other = "" if not tuned or row.spread_tuned == row.spread_fixed else f" ({tuned})"
    return f"{fixed}{other}"


def _range(low: float, high: float) -> str:
    if low == high:
        return number(low)
    return say("{low} to {high}", low=number(low), high=number(high))


def _without_empty(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the table without those of the named columns that hold nothing."""
    return table.drop(
        columns=[name for name in names if name in table and (table[name] == "").all()]
    )
