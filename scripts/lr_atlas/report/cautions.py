"""What limits the answer of a study: sentences that a reader needs before using it."""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.analysis.budgets import unequal
from lr_atlas.analysis.finding import nothing_left_to_gain
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.report.number_text import counted, guessing, in_words, listed, percent
from lr_atlas.runs.provenance import rounding_note
from lr_atlas.tables.study_tables import StudyTables


def cautions_of(
    tables: StudyTables, labels: Mapping[str, str], on_test: bool, confirm: int
) -> tuple[str, ...]:
    """Return what limits the answer beside missing runs; see answer.answer for the arguments."""
    return (
        *_missing_confirmations(tables.optimizers, confirm),
        *_chosen_on_test(on_test),
        *_edge(tables),
        *_budgets(tables.optimizers),
        *_diverged(tables, labels),
        *filter(None, [rounding_note(tables.runs)]),
    )


def _chosen_on_test(on_test: bool) -> list[str]:
    if not on_test:
        return []
    return [
        "**Chosen on the test set:** the validation images were the test images, so the accuracy "
        "of the best setting is optimistic."
    ]


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
    if side is None or nothing_left_to_gain(best["score_mean"]):
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
    best = tables.optimizers.iloc[0]
    counts = f"which counts as {guessing(best['chance'])} each"
    sentences = [
        f"{in_words(labels, row.setting)} has a higher mean over the runs that were left "
        f"({percent(row.validation_accuracy_mean)}), but {row.diverged:g} of its {row.seeds:g} "
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
        f"of {optimizer_name(row.optimizer)}, which counts as {guessing(row.test_chance)} each. "
        "With some "
        "diverged and some not, Student's t from few runs is a poor guide."
        for row in tables.optimizers.itertuples()
        if row.confirmed in (True, "True") and pd.notna(row.test_diverged) and row.test_diverged
    ]
    return sentences


def _higher_but_diverged(tables: StudyTables) -> pd.DataFrame:
    """Return the summary's rows above the best setting in what is left of runs that diverged."""
    best = tables.optimizers.iloc[0]
    return tables.summary[
        (tables.summary["diverged"] > 0)
        & (tables.summary["setting"] != best["best_setting"])
        & (tables.summary["validation_accuracy_mean"] > best["score_mean"])
    ]
