"""Cautions: sentences on the limits of a study's answer, which a reader needs before using it."""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.analysis.finding import nothing_left_to_gain
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.common.units import shortened
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.looks_text import looks_cautions
from lr_atlas.report.number_text import (
    diverged_counts,
    in_words,
    knows_chance,
    level,
    listed,
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
        f"**Chosen on the test set:** the validation {metric.things} were the test "
        f"{metric.things}, so the {metric.title} of the best setting is optimistic."
    ]


def variants_of_data(plan: Plan, dataset: str) -> tuple[str, ...]:
    """Return what to say where settings are trained on different data."""
    variants = {run.configuration.get("data_digest") for run in plan.trained}
    if len(variants) < 2:
        return ()
    return (
        f"**Several problems:** the settings are trained on {len(variants)} variants of {dataset}. "
        "The best of all is the best on the variant that is easiest; what is better than what is "
        "told by settings on the same variant alone.",
    )


def missing_runs(tables: StudyTables, planned: int) -> tuple[str, ...]:
    """Return a sentence on what is missing, if anything is, of so many planned runs."""
    if not tables.missing:
        return ()
    count = len(tables.missing)
    verb = "is" if count == 1 else "are"
    return (
        f"**Not complete:** {count} of the {counted(planned, 'run')} {verb} missing; with them the "
        "answer may be another.",
    )


def _missing_confirmations(optimizers: pd.DataFrame, confirm: int) -> list[str]:
    """Return which confirming runs are missing, after a failure."""
    there = [
        int(row.test_n) if row.confirmed in (True, "True") else 0 for row in optimizers.itertuples()
    ]
    lacking = [
        f"{confirm - count} of {optimizer_name(row.optimizer)}"
        for row, count in zip(optimizers.itertuples(), there, strict=True)
        if pd.notna(row.score_mean) and count < confirm
    ]
    if not confirm or not lacking:
        return []
    return [
        f"**Not complete:** of the {confirm} confirming runs of each optimizer are missing: "
        f"{listed(lacking)}."
    ]


def _edge(tables: StudyTables) -> list[str]:
    best = tables.optimizers.iloc[0]
    side = {"low": ("lowest", "below"), "high": ("highest", "above")}.get(best["at_edge"])
    if side is None or nothing_left_to_gain(tables.metric, best["chance"], best["score_mean"]):
        return []
    rate = rounded_texts(tables.summary["learning_rate"])[best["best_learning_rate"]]
    return [
        f"{rate} is the {side[0]} learning rate at which the best "
        f"optimizer was tried with these other parameters: a better one may lie {side[1]} it."
    ]


def _budgets(optimizers: pd.DataFrame) -> list[str]:
    """Return whether the optimizers were given unequal chances."""
    kinds = unequal(optimizers)
    if not kinds:
        return []
    return [
        f"**Unequal budgets:** the optimizers were given different numbers of {listed(kinds)}; who "
        "tries more finds more."
    ]


def _diverged(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return what diverged among the runs that decide, and what was not chosen because of that."""
    best, metric = tables.optimizers.iloc[0], tables.metric
    if not knows_chance(metric, best["chance"]):
        return _without_score(tables.summary)
    counts = f"which counts as {diverged_counts(metric, best['chance'])} each"
    mean = f"{metric.validation}_mean"
    better = "higher" if metric.sign > 0 else "lower"
    sentences = [
        f"{in_words(labels, row.setting)} has a {better} mean over the runs that were left "
        f"({level(metric, getattr(row, mean))}), but {row.diverged:g} of its {row.seeds:g} "
        f"diverged, {counts}."
        for row in _higher_but_diverged(tables).itertuples()
    ]
    own = tables.summary[tables.summary["setting"] == best["best_setting"]]
    if len(own) and own["diverged"].iloc[0] > 0:
        sentences.append(
            f"{own['diverged'].iloc[0]:g} of the {own['seeds'].iloc[0]:g} runs of the best setting "
            f"diverged, {counts}."
        )
    sentences += [
        f"**Diverged on fresh seeds:** {row.test_diverged:g} of the {row.test_n:g} confirming runs "
        f"of {optimizer_name(row.optimizer)}, which counts as "
        f"{diverged_counts(metric, row.test_chance)} each. "
        "With some "
        "diverged and some not, Student's t from few runs is a poor guide."
        for row in tables.optimizers.itertuples()
        if row.confirmed in (True, "True") and pd.notna(row.test_diverged) and row.test_diverged
    ]
    return sentences


def _without_score(summary: pd.DataFrame) -> list[str]:
    """Return which settings nothing can be said of, since nobody says what guessing reaches."""
    lost = summary[summary["diverged"] > 0]
    if lost.empty:
        return []
    return [
        f"**Not scored:** {shortened(lost['setting'])} had runs that diverged. Nobody says what "
        "guessing reaches, which they would count as (`chance:` of the study), so none of these "
        "settings was chosen."
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
