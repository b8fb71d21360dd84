"""Cautions: sentences on the limits of a study's answer, which a reader needs before using it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.analysis.finding import nothing_left_to_gain
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_counted, say_word
from lr_atlas.report.looks_text import looks_cautions
from lr_atlas.report.number_text import (
    diverged_counts,
    in_words,
    knows_chance,
    level,
    listed,
    shortened,
)
from lr_atlas.runs.provenance import rounding_note
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def cautions_of(
    tables: StudyTables, labels: Mapping[str, str], on_test: bool, confirm: int
) -> tuple[str, ...]:
    """Return what limits the answer beside missing runs; see answer.answer for the arguments."""
    return (
        *_missing_confirmations(tables.optimizers, confirm),
        *looks_cautions(tables),
        *_chosen_on_test(on_test, tables.metric),
        *_edge(tables),
        *_budgets(tables.optimizers),
        *_diverged(tables, labels),
        *filter(None, [rounding_note(tables.runs)]),
    )


def _chosen_on_test(on_test: bool, metric: StudyMetric) -> list[str]:
    if not on_test:
        return []
    return [
        say(
            "**Chosen on the test set:** the validation {things} were the test {things}, so the "
            "{metric} of the best setting is optimistic.",
            things=say_word(metric.things),
            metric=metric.called,
        )
    ]


def variants_of_data(plan: Plan, dataset: str) -> tuple[str, ...]:
    """Return what to say where settings are trained on different data."""
    variants = {run.configuration.get("data_digest") for run in plan.trained}
    if len(variants) < 2:
        return ()
    return (
        say(
            "**Several problems:** the settings are trained on {count} variants of {dataset}. The "
            "best of all is the best on the variant that is easiest; what is better than what is "
            "told by settings on the same variant alone.",
            count=len(variants),
            dataset=dataset,
        ),
    )


def missing_runs(tables: StudyTables, planned: int) -> tuple[str, ...]:
    """Return a sentence on what is missing, if anything is, of so many planned runs."""
    if not tables.missing:
        return ()
    return (
        say_counted(
            "**Not complete:** {count} of the {runs} is missing; with them the answer may be "
            "another.",
            "**Not complete:** {count} of the {runs} are missing; with them the answer may be "
            "another.",
            len(tables.missing),
            runs=counted(planned, "run"),
        ),
    )


def _missing_confirmations(optimizers: pd.DataFrame, confirm: int) -> list[str]:
    """Return which confirming runs are missing, after a failure."""
    there = [
        int(row.test_n) if row.confirmed in (True, "True") else 0 for row in optimizers.itertuples()
    ]
    lacking = [
        say(
            "{count} of {optimizer}",
            count=confirm - count,
            optimizer=optimizer_name(row.optimizer),
        )
        for row, count in zip(optimizers.itertuples(), there, strict=True)
        if pd.notna(row.score_mean) and count < confirm
    ]
    if not confirm or not lacking:
        return []
    return [
        say(
            "**Not complete:** of the {confirm} confirming runs of each optimizer are missing: "
            "{lacking}.",
            confirm=confirm,
            lacking=listed(lacking),
        )
    ]


def _edge(tables: StudyTables) -> list[str]:
    best = tables.optimizers.iloc[0]
    if best["at_edge"] not in ("low", "high"):
        return []
    if nothing_left_to_gain(tables.metric, best["chance"], best["score_mean"]):
        return []
    rate = rounded_texts(tables.summary["learning_rate"])[best["best_learning_rate"]]
    if best["at_edge"] == "low":
        return [
            say(
                "{rate} is the lowest learning rate at which the best optimizer was tried with "
                "these other parameters: a better one may lie below it.",
                rate=numeral(rate),
            )
        ]
    return [
        say(
            "{rate} is the highest learning rate at which the best optimizer was tried with these "
            "other parameters: a better one may lie above it.",
            rate=numeral(rate),
        )
    ]


def _budgets(optimizers: pd.DataFrame) -> list[str]:
    """Return whether the optimizers were given unequal chances."""
    kinds = unequal(optimizers)
    if not kinds:
        return []
    return [
        say(
            "**Unequal budgets:** the optimizers were given different numbers of {kinds}; who "
            "tries more finds more.",
            kinds=listed([say_word(kind) for kind in kinds]),
        )
    ]


def _diverged(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return what diverged among the runs that decide, and what was not chosen because of that."""
    best, metric = tables.optimizers.iloc[0], tables.metric
    if not knows_chance(metric, best["chance"]):
        return _without_score(tables.summary)
    chance = diverged_counts(metric, best["chance"])
    sentences = [
        _higher_mean(metric, row, in_words(labels, row.setting), chance)
        for row in _higher_but_diverged(tables).itertuples()
    ]
    own = tables.summary[tables.summary["setting"] == best["best_setting"]]
    if len(own) and own["diverged"].iloc[0] > 0:
        sentences.append(
            say_counted(
                "{count:g} of the {runs:g} runs of the best setting diverged, which counts as "
                "{chance} each.",
                "{count:g} of the {runs:g} runs of the best setting diverged, which counts as "
                "{chance} each.",
                own["diverged"].iloc[0],
                runs=own["seeds"].iloc[0],
                chance=chance,
            )
        )
    return sentences + [
        _diverged_fresh(metric, row)
        for row in tables.optimizers.itertuples()
        if row.confirmed in (True, "True") and pd.notna(row.test_diverged) and row.test_diverged
    ]


def _higher_mean(metric: StudyMetric, row: Any, name: str, chance: str) -> str:
    """Return that a setting was not chosen, since of its runs some diverged."""
    mean = level(metric, getattr(row, f"{metric.validation}_mean"))
    values = {"setting": name, "mean": mean, "runs": row.seeds, "chance": chance}
    if metric.sign > 0:
        return say_counted(
            "{setting} has a higher mean over the runs that were left ({mean}), but {count:g} of "
            "its {runs:g} diverged, which counts as {chance} each.",
            "{setting} has a higher mean over the runs that were left ({mean}), but {count:g} of "
            "its {runs:g} diverged, which counts as {chance} each.",
            row.diverged,
            **values,
        )
    return say_counted(
        "{setting} has a lower mean over the runs that were left ({mean}), but {count:g} of its "
        "{runs:g} diverged, which counts as {chance} each.",
        "{setting} has a lower mean over the runs that were left ({mean}), but {count:g} of its "
        "{runs:g} diverged, which counts as {chance} each.",
        row.diverged,
        **values,
    )


def _diverged_fresh(metric: StudyMetric, row: Any) -> str:
    return say_counted(
        "**Diverged on fresh seeds:** {count:g} of the {runs:g} confirming runs of {optimizer}, "
        "which counts as {chance} each. With some diverged and some not, Student's t from few runs "
        "is a poor guide.",
        "**Diverged on fresh seeds:** {count:g} of the {runs:g} confirming runs of {optimizer}, "
        "which counts as {chance} each. With some diverged and some not, Student's t from few runs "
        "is a poor guide.",
        row.test_diverged,
        runs=row.test_n,
        optimizer=optimizer_name(row.optimizer),
        chance=diverged_counts(metric, row.test_chance),
    )


def _without_score(summary: pd.DataFrame) -> list[str]:
    """Return which settings nothing can be said of, since nobody says what guessing reaches."""
    lost = summary[summary["diverged"] > 0]
    if lost.empty:
        return []
    return [
        say(
            "**Not scored:** {settings} had runs that diverged. Nobody says what guessing reaches, "
            "which they would count as (`chance:` of the study), so none of these settings was "
            "chosen.",
            settings=shortened(lost["setting"]),
        )
    ]


def _higher_but_diverged(tables: StudyTables) -> pd.DataFrame:
    """Return the summary's rows above the best setting in what is left of runs that diverged."""
    best, metric = tables.optimizers.iloc[0], tables.metric
    means = metric.sign * tables.summary[f"{metric.validation}_mean"]
    return tables.summary[
        (tables.summary["diverged"] > 0)
        & (tables.summary["setting"] != best["best_setting"])
        & (means > metric.sign * best["score_mean"])
    ]
