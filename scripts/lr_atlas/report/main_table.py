"""The main result of a study as a paper prints it: a narrow table of the optimizers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal, unit_of_budgets
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say, say_counted, say_word
from lr_atlas.report.headline import sizes_sentence
from lr_atlas.report.number_text import diverged_counts, knows_chance, margin_text
from lr_atlas.report.ranking_table import plateau_text
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
    optimizers, metric = tables.optimizers, tables.metric
    if optimizers.empty:
        return ""
    sentences = [
        _chosen_on(metric, on_test),
        _values(tables),
        say(
            "Plateau: the neighbouring learning rates that are shown to be within {margin} of the "
            "best, all else equal.",
            margin=margin_text(metric, optimizers["plateau_margin"].iloc[0]),
        ),
        _tested(optimizers),
        _budget(optimizers),
        sizes_sentence(tables, labels),
    ]
    return " ".join(filter(None, sentences))


def _chosen_on(metric: StudyMetric, on_test: bool) -> str:
    validation = on_validation(metric.selects)
    if on_test:
        return say(
            "Settings are chosen on the test set by the mean {final} {validation}.",
            final=metric.final,
            validation=validation,
        )
    return say(
        "Settings are chosen on held-out {things} by the mean {final} {validation}.",
        things=say_word(metric.things),
        final=metric.final,
        validation=validation,
    )


def _values(tables: StudyTables) -> str:
    """Return of how many runs a mean is, and how its interval was made."""
    optimizers, metric = tables.optimizers, tables.metric
    values = {
        "values": metric.plural[0].upper() + metric.plural[1:],
        "settings": counted(len(tables.summary), "setting"),
    }
    if not knows_chance(metric, optimizers["chance"].iloc[0]):
        if metric.sign > 0:
            return say(
                "{values}: mean over n runs that differ in the seed alone, and in brackets its "
                "95 % interval by Student's t, whose lower end allows for the choice among "
                "{settings}.",
                **values,
            )
        return say(
            "{values}: mean over n runs that differ in the seed alone, and in brackets its 95 % "
            "interval by Student's t, whose upper end allows for the choice among {settings}.",
            **values,
        )
    values["chance"] = _guessing(optimizers, metric)
    if metric.sign > 0:
        return say(
            "{values}: mean over n runs that differ in the seed alone, a diverged run counting as "
            "guessing ({chance}), and in brackets its 95 % interval by Student's t, whose lower "
            "end allows for the choice among {settings}.",
            **values,
        )
    return say(
        "{values}: mean over n runs that differ in the seed alone, a diverged run counting as "
        "guessing ({chance}), and in brackets its 95 % interval by Student's t, whose upper end "
        "allows for the choice among {settings}.",
        **values,
    )


def _tested(optimizers: pd.DataFrame) -> str:
    tested = optimizers["test_n"].notna()
    if not tested.any():
        return ""
    confirmed = optimizers.loc[tested, "confirmed"].isin((True, "True"))
    if confirmed.all():
        return say("Test: runs with fresh seeds, Student's t.")
    if confirmed.any():
        return say(
            "Test: the runs that the setting was chosen by, or runs with fresh seeds where there "
            "are any."
        )
    return say("Test: the runs that the setting was chosen by.")


def _budget(optimizers: pd.DataFrame) -> str:
    unit = say_word(unit_of_budgets(optimizers))
    if unequal(optimizers):
        return say(
            "Budget: how many settings, runs and {unit} in all the optimizer got; they are not "
            "equal.",
            unit=unit,
        )
    return say("Budget: how many settings, runs and {unit} in all the optimizer got.", unit=unit)


def _row(
    row: Any, tables: StudyTables, labels: Mapping[str, str], rates: Mapping[float, str]
) -> dict[str, str]:
    summary, metric = tables.summary, tables.metric
    own = summary[summary["setting"] == row.best_setting]
    length = getattr(row, unit_of_budgets(tables.optimizers))
    name, parameters = optimizer_name(row.optimizer), say("every run diverged")
    if len(own):
        label = labels.get(row.best_setting, f"{name}, {row.best_setting}")
        name, _, parameters = label.partition(", ")
    validation, test = _headings(metric)
    return {
        say("optimizer"): name,
        say("best setting"): parameters,
        validation: _value(metric, row, "score"),
        "n": _counted(own["seeds"].sum(), own["diverged"].sum()),
        say("plateau"): plateau_text(row, rates, decades=False) or _NOTHING,
        test: _value(metric, row, metric.test),
        say("n test"): _counted(row.test_n, row.test_diverged),
        say("budget"): " / ".join(str(int(each)) for each in (row.settings, row.runs, length)),
    }


def _headings(metric: StudyMetric) -> tuple[str, str]:
    """Return the headings of the values on the validation images, and on the test images."""
    validation = metric.on_validation
    if metric.is_share and validation != metric.called:
        validation = say("validation")
    test = say("test") if metric.is_share else say("test {metric}", metric=metric.called)
    return f"{validation}{metric.in_unit}", f"{test}{metric.in_unit}"


def _value(metric: StudyMetric, row: Any, name: str) -> str:
    mean, low, high = (getattr(row, f"{name}_{end}") for end in ("mean", "low", "high"))
    if pd.isna(mean):
        return _NOTHING
    if pd.isna(low):
        return metric.number(mean)
    values = {"mean": metric.number(mean), "low": metric.number(low), "high": metric.number(high)}
    return say("{mean} [{low}, {high}]", **values)


def _counted(runs: Any, diverged: Any) -> str:
    if pd.isna(runs) or not runs:
        return _NOTHING
    if not diverged:
        return f"{runs:.0f}"
    return say_counted(
        "{runs:.0f} ({count:.0f} diverged)",
        "{runs:.0f} ({count:.0f} diverged)",
        diverged,
        runs=runs,
    )


def _guessing(optimizers: pd.DataFrame, metric: StudyMetric) -> str:
    """Return what a run that diverged counts as, where that differs on test images both."""
    own = diverged_counts(metric, optimizers["chance"].iloc[0])
    on_test = optimizers["test_chance"].dropna()
    tested = diverged_counts(metric, on_test.max()) if len(on_test) else own
    if tested == own:
        return own
    things = say_word(metric.things)
    return ", ".join(
        [
            say("{share} on the test {things}", share=tested, things=things),
            say("{share} on the validation {things}", share=own, things=things),
        ]
    )
