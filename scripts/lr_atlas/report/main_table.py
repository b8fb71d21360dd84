"""The main result of a study as a paper prints it: a narrow table of the optimizers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal, unit_of_budgets
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.headline import sizes_sentence
from lr_atlas.report.number_text import diverged_counts, knows_chance, margin_text
from lr_atlas.report.sections import plateau_text
from lr_atlas.studies.study_metric import StudyMetric, on_validation
from lr_atlas.tables.study_tables import StudyTables

_NOTHING = "-"


def main_table(tables: StudyTables, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the optimizers as texts, best first: setting, metric, plateau, test and budget.

    labels: what a setting is called, by its name.
    """
    rates = rounded_texts(tables.summary["learning_rate"])
    rows = [_row(row, tables, labels, rates) for row in tables.optimizers.itertuples()]
    return pd.DataFrame(rows)


def main_note(tables: StudyTables, labels: Mapping[str, str], on_test: bool) -> str:
    """Return what n is in the main table, and how it was made; empty without an optimizer.

    labels: what a setting is called, by its name. on_test: whether the validation images were the
    test images.
    """
    summary, optimizers, metric = tables.summary, tables.optimizers, tables.metric
    if optimizers.empty:
        return ""
    margin = margin_text(metric, optimizers["plateau_margin"].iloc[0])
    values = metric.plural[0].upper() + metric.plural[1:]
    lost = f", a diverged run counting as guessing ({_guessing(optimizers, metric)})"
    if not knows_chance(metric, optimizers["chance"].iloc[0]):
        lost = ""
    sentences = [
        f"Settings are chosen on {'the test set' if on_test else f'held-out {metric.things}'} by "
        f"the mean {metric.final} {on_validation(metric.selects)}.",
        f"{values}: mean over n runs that differ in the seed alone{lost}, and in brackets its "
        f"95 % interval by Student's t, whose {'lower' if metric.sign > 0 else 'upper'} end "
        f"allows for the choice among {counted(len(summary), 'setting')}.",
        f"Plateau: the neighbouring learning rates that are shown to be within {margin} of the "
        "best, all else equal.",
    ]
    tested = optimizers["test_n"].notna()
    if tested.any():
        confirmed = optimizers.loc[tested, "confirmed"].isin((True, "True"))
        sentences.append(
            "Test: runs with fresh seeds, Student's t."
            if confirmed.all()
            else "Test: the runs that the setting was chosen by"
            + (", or runs with fresh seeds where there are any." if confirmed.any() else ".")
        )
    sentences.append(
        f"Budget: how many settings, runs and {unit_of_budgets(optimizers)} in all the "
        "optimizer got" + ("; they are not equal." if unequal(optimizers) else ".")
    )
    return " ".join(filter(None, [*sentences, sizes_sentence(tables, labels)]))


def _row(
    row: Any, tables: StudyTables, labels: Mapping[str, str], rates: Mapping[float, str]
) -> dict[str, str]:
    summary, metric = tables.summary, tables.metric
    unit = metric.in_unit if metric.is_share else f" {metric.title}{metric.in_unit}"
    says_where = metric.on_validation == metric.title
    own = summary[summary["setting"] == row.best_setting]
    length = getattr(row, unit_of_budgets(tables.optimizers))
    name, parameters = optimizer_name(row.optimizer), "every run diverged"
    if len(own):
        label = labels.get(row.best_setting, f"{name}, {row.best_setting}")
        name, _, parameters = label.partition(", ")
    return {
        "optimizer": name,
        "best setting": parameters,
        f"{metric.title}{metric.in_unit}" if says_where else f"validation{unit}": (
            _value(metric, row, "score")
        ),
        "n": _counted(own["seeds"].sum(), own["diverged"].sum()),
        "plateau": plateau_text(row, rates, decades=False) or _NOTHING,
        f"test{unit}": _value(metric, row, metric.test),
        "n test": _counted(row.test_n, row.test_diverged),
        "budget": " / ".join(str(int(each)) for each in (row.settings, row.runs, length)),
    }


def _value(metric: StudyMetric, row: Any, name: str) -> str:
    mean, low, high = (getattr(row, f"{name}_{end}") for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return _NOTHING
    ends = "" if pd.isna(low) else f" [{metric.number(low)}, {metric.number(high)}]"
    return f"{metric.number(mean)}{ends}"


def _counted(runs: Any, diverged: Any) -> str:
    if pd.isna(runs) or not runs:
        return _NOTHING
    return f"{runs:.0f}" + (f" ({diverged:.0f} diverged)" if diverged else "")


def _guessing(optimizers: pd.DataFrame, metric: StudyMetric) -> str:
    shares = {
        diverged_counts(metric, share): where
        for where, share in (
            (f"on the test {metric.things}", optimizers["test_chance"].dropna().max()),
            (f"on the validation {metric.things}", optimizers["chance"].iloc[0]),
        )
        if pd.notna(share)
    }
    if len(shares) == 1:
        return next(iter(shares))
    return ", ".join(f"{share} {where}" for share, where in shares.items())
