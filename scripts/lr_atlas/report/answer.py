"""The answer of a study in a paragraph: which optimizer and learning rate, and how sure that is.

Every sentence comes from the tables, and says what they do not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.config.study_models import Study
from lr_atlas.locale.counted_things import counted
from lr_atlas.report.cautions import cautions_of, missing_runs, variants_of_data
from lr_atlas.report.headline import (
    compared,
    headline,
    is_alike,
    is_better,
    optimizer_in_words,
    size_in_words,
    what_matters,
)
from lr_atlas.report.learning_rate import learning_rate_sentences
from lr_atlas.report.looks_text import confidence
from lr_atlas.report.number_text import (
    MINUS,
    ahead,
    apart,
    between,
    diverged_counts,
    guessing,
    in_words,
    level,
    listed,
    parameters,
    percent,
    seeds,
)
from lr_atlas.report.scatter_text import images_sentences
from lr_atlas.report.setting_names import named_settings
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric, on_validation
from lr_atlas.tables.study_tables import StudyTables


@dataclass(frozen=True)
class Answer:
    """Hold the answer of a study as sentences; the parts between ** are shown in bold."""

    headline: str
    sentences: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()  # what a reader must know before using it


def answer_of(plan: Plan, study: Study, tables: StudyTables) -> Answer:
    """Return the answer of a study from its tables, with settings called as in the figures."""
    labels = setting_labels(tables.runs)
    # Runs from elsewhere are never run again on fresh seeds.
    confirm = study.confirm if len(plan.trained) == len(plan.runs) else 0
    found = answer(tables, labels, len(plan.runs), study.validation == "test", confirm)
    return replace(found, cautions=(*variants_of_data(plan, study.dataset), *found.cautions))


def setting_labels(runs: pd.DataFrame) -> dict[str, str]:
    """Return what each setting in the runs table is called, by its name, as in the figures."""
    described = named_settings(runs)
    return dict(zip(described["setting"], described["label"], strict=True))


def answer(
    tables: StudyTables, labels: Mapping[str, str], planned: int, on_test: bool, confirm: int = 0
) -> Answer:
    """Return the answer of a study.

    labels: what a setting is called, by its name. planned: how many runs the study asks for.
    on_test: whether the validation images were the test images. confirm: how many fresh seeds the
    study asks for.
    """
    lacking = missing_runs(tables, planned)
    if tables.optimizers.empty:
        return Answer("There is nothing to answer from yet.", (), lacking)
    best = tables.optimizers.iloc[0]
    if pd.isna(best["score_mean"]):
        runs, settings = len(tables.runs), tables.runs["setting"].nunique()
        text = f"No answer: every run diverged ({counted(runs, 'run')} of "
        if (tables.runs["status"] != "diverged").any():
            text = "No answer: of every setting a run diverged, and nobody says what guessing "
            text += f"reaches, which it would count as ({counted(runs, 'run')} of "
        return Answer(f"{text}{counted(settings, 'setting')}).", (), lacking)
    if _learned_nothing(tables, best["best_setting"]):
        name = in_words(labels, best["best_setting"])
        metric = tables.metric
        reached, chance = level(metric, best["score_mean"]), guessing(metric, best["chance"])
        text = f"No setting learned: even the best, {name}, collapsed in every run ({reached}, "
        return Answer(f"{text}where guessing gives {chance}).", (), lacking)
    sentences = (
        _best(tables, labels, on_test),
        *_against_others(tables, labels),
        *_allowance(tables),
        *learning_rate_sentences(tables, labels),
        *_chosen_by(tables, on_test),
        *images_sentences(tables, labels),
    )
    cautions = (*lacking, *cautions_of(tables, labels, on_test, confirm))
    return Answer(headline(tables, labels), sentences, cautions)


def _decided_fresh(tables: StudyTables) -> bool:
    """Return whether fresh seeds decided between the optimizers, or confirm the only one."""
    others = compared(tables)
    if others:
        return all(row["decided"] == FRESH for row in others)
    best = tables.optimizers.iloc[0]
    return best["confirmed"] in (True, "True") and best["test_n"] > 1


def _best(tables: StudyTables, labels: Mapping[str, str], on_test: bool) -> str:
    best = tables.optimizers.iloc[0]
    name, metric = in_words(labels, best["best_setting"]), tables.metric
    things, lower = metric.things, "lower" if metric.sign > 0 else "upper"
    if _decided_fresh(tables):
        images = (
            f"on the same {things}, but with fresh seeds" if on_test else f"on the test {things}"
        )
        seen = "" if on_test else " with fresh seeds"
        n, diverged = int(best["test_n"]), int(best["test_diverged"])
        counting = _counting_diverged(metric, diverged, n, best["test_chance"])
        interval = between(metric, best[f"{metric.test}_low"], best[f"{metric.test}_high"])
        reached = "is best" if compared(tables) else "was chosen, and tested"
        return (
            f"**{name}** {reached} {images}{seen}, which had no part in the choice: a mean of "
            f"**{level(metric, best[f'{metric.test}_mean'])}** (95 % t interval {interval}, "
            f"{seeds(n)}{counting}{_allowing(len(compared(tables)), lower)})."
        )
    own = tables.summary[tables.summary["setting"] == best["best_setting"]].iloc[0]
    n, diverged = int(own["seeds"]), int(own["diverged"])
    end = "at the end" if "best_step" in tables.optimizers else "after the last epoch"
    end = end if metric.last == 1 else f"in the mean of the last {metric.last} {metric.rows}"
    text = f"**{name}** reached the {metric.highest} {metric.on_validation} {end}"
    if metric.choosing != metric.validation:
        text = f"**{name}**, chosen by {on_validation(metric.selects)}, has the "
        text += f"{metric.highest} {metric.on_validation} of those that were chosen"
    if n < 2:
        value = level(metric, best["score_mean"])
        return f"{text}: {value}, in a single run, so how much of it is chance is not known."
    interval = between(metric, best["score_low"], best["score_high"])
    settings = len(tables.summary)
    allowed = f"; its {lower} end allows for the choice among {settings} settings"
    counting = _counting_diverged(metric, diverged, n, best["chance"])
    return (
        f"{text}: a mean of **{level(metric, best['score_mean'])}** (95 % t interval {interval}, "
        f"{seeds(n)}{counting}{allowed if settings > 1 else ''})."
    )


def _allowing(others: int, lower: str) -> str:
    """Return that fresh seeds picked the best of several optimizers, if they did."""
    return f"; its {lower} end allows for it being the best of {others + 1}" if others > 1 else ""


def _counting_diverged(metric: StudyMetric, diverged: int, n: int, chance: float) -> str:
    if not diverged:
        return ""
    verb = "counts" if diverged == 1 else "count"
    counts = diverged_counts(metric, chance)
    return f"; {diverged} of these {n} diverged and {verb} as guessing, {counts}"


def _against_others(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    others = compared(tables)
    if len(tables.optimizers) == 1:
        return ["No other optimizer was tried."]
    if not others:
        return ["Of the other optimizers every run diverged."]
    first, rest = others[0], others[1:]
    metric = tables.metric
    value = first[f"{metric.test}_mean" if first["decided"] == FRESH else "score_mean"]
    runner_up = (
        f"{optimizer_in_words(labels, first)}'s chosen setting "
        f"({parameters(labels, first['best_setting'])}: {level(metric, value)})"
    )
    sentences = [_verdict(runner_up, first, tables)]
    worse = _worse_by(rest)
    for text in dict.fromkeys(["inconclusive too", "alike", *worse.values()]):
        rows = [row for row in rest if worse[row["optimizer"]] == text]
        if rows:
            names = listed(
                [f"{optimizer_in_words(labels, row)} ({_gap(metric, row)})" for row in rows]
            )
            verb = "is" if len(rows) == 1 else "are"
            sentences.append(f"Against the best of all, {names} {verb} {text}.")
    return sentences


def _worse_by(rows: list[pd.Series]) -> dict[str, str]:
    """Return what is said of each optimizer beside the runner-up, by its name."""
    said = {}
    for row in rows:
        words = f"worse{size_in_words(row)}" if is_better(row) else "inconclusive too"
        said[row["optimizer"]] = "alike" if is_alike(row) else words
    return said


def _gap(metric: StudyMetric, row: pd.Series) -> str:
    """Return how far a row of the ranking is behind, with its interval, and what would show."""
    text = _ahead(metric, -row["behind"])
    interval = between(metric, -row["behind_high"], -row["behind_low"], signed=True)
    if not interval:
        return text
    is_open = not is_better(row) and not is_alike(row)
    shown = f"; so many runs find {_shows(metric, row)}" if is_open else ""
    return f"{text}, {interval}{shown}"


def _ahead(metric: StudyMetric, difference: float) -> str:
    """Return how far something is ahead, with the unit: "+0.35 points"; below 0 it is behind.

    Where less is better a sign alone would be read as that of the metric.
    """
    text = f"{ahead(metric, difference)} {metric.metric.unit_of_difference}".rstrip()
    if metric.sign > 0:
        return text
    return f"{text[1:]} {'behind' if text[0] == MINUS else 'ahead'}"


def _shows(metric: StudyMetric, row: pd.Series) -> str:
    unit = metric.metric.unit_of_difference
    return " ".join(filter(None, [apart(metric, row["behind_shows"]), unit, "or more"]))


def _verdict(runner_up: str, row: pd.Series, tables: StudyTables) -> str:
    """Return how sure the difference to the runner-up is, and how large."""
    n, metric = 0 if pd.isna(row["behind_n"]) else int(row["behind_n"]), tables.metric
    if n < 2:
        return (
            f"Whether it beats {runner_up} is **inconclusive**: with one run of one of them the "
            f"difference of {_ahead(metric, row['behind'])} has no interval."
        )
    paired = len(tables.pairs) and tables.pairs["method"].iloc[0].startswith("paired")
    test = "paired by seed" if paired else "Welch's t"
    if len(tables.pairs) and tables.pairs["method"].iloc[0].endswith("permutation"):
        test += " and, since runs diverged, a permutation test"
    interval = between(metric, row["behind_low"], row["behind_high"], signed=True)
    sure = (
        f"{_ahead(metric, row['behind'])}, {confidence(tables, row['decided'])} interval "
        f"{interval} for all comparisons of the study together, {test}, "
        f"{_counts(n, row['behind_n_most'])}"
    )
    if is_better(row):
        size = size_in_words(row, what_matters(tables))
        return f"It is **better than** {runner_up}{size}: {sure}."
    if is_alike(row):
        within = what_matters(tables)
        return f"It and {runner_up} are **alike within {within}**, which is what matters: {sure}."
    return (
        f"Whether it beats {runner_up} is **inconclusive**: {sure}; so many runs find a difference "
        f"of {_shows(metric, row)} in four of five studies."
    )


def _counts(fewest: int, most: float) -> str:
    return f"n = {fewest} each" if most == fewest else f"n = {fewest} and {most:g}"


def _allowance(tables: StudyTables) -> list[str]:
    """Return what a verdict without fresh seeds is worth, where one is given."""
    others = [row for row in compared(tables) if row["behind_n"] > 1]
    if not others or _decided_fresh(tables):
        return []
    error = tables.optimizers["ordinary_error"].iloc[0]
    confirming = tables.optimizers["confirmed"].isin((True, "True")).any()
    text = "No fresh seeds decided this (`confirm:`), but the runs that chose; "
    if confirming:
        text = "Too many confirming runs are missing for these to decide; by the runs that chose, "
    settings = listed([f"{row['settings']:g}" for _, row in tables.optimizers.iterrows()])
    often = percent(error, 0) if error >= 0.005 else "fewer than 1 %"
    return [
        f"{text}between settings picked from {settings} an ordinary test would call one better by "
        f"mistake in {often} of studies without any difference. The intervals allow for the "
        "choice, and keep that at 5 % or less, however many settings there are."
    ]


def _chosen_by(tables: StudyTables, on_test: bool) -> list[str]:
    """Return by what a confirmed setting was chosen, or else what it reaches on the test images."""
    best, metric = tables.optimizers.iloc[0], tables.metric
    if _decided_fresh(tables):
        n = _finished_runs(tables.summary, best["best_setting"])
        by = level(metric, best["score_mean"])
        if metric.choosing != metric.validation:
            by = f"{on_validation(metric.selects)}, with {by}"
        return [
            f"It was chosen by {by} on the "
            f"{'same' if on_test else 'validation'} {metric.things} ({seeds(n)})."
        ]
    n = best["test_n"]
    confirmed = best["confirmed"] in (True, "True")
    if pd.isna(n) or n == 0 or pd.isna(best[f"{metric.test}_mean"]) or (on_test and not confirmed):
        return []
    interval = between(metric, best[f"{metric.test}_low"], best[f"{metric.test}_high"])
    sure = f"95 % t interval {interval}, {seeds(n)}" if n > 1 and interval else seeds(n)
    which = "fresh seeds, with no part in the choice" if confirmed else "the runs it was chosen by"
    things = metric.things
    images = f"On the same {things}, but with new seeds," if on_test else f"On the test {things}"
    value = level(metric, best[f"{metric.test}_mean"])
    return [f"{images} the chosen setting reaches **{value}** ({sure}: {which})."]


def _learned_nothing(tables: StudyTables, setting: str) -> bool:
    best = tables.optimizers.iloc[0]
    if _decided_fresh(tables) and best["test_diverged"] == best["test_n"]:
        return True
    own = tables.summary[tables.summary["setting"] == setting]
    count = _finished_runs(tables.summary, setting)
    return bool(count and int(own["collapsed"].sum()) == count)


def _finished_runs(summary: pd.DataFrame, setting: str) -> int:
    """Return how many runs of a setting did not diverge."""
    own = summary[summary["setting"] == setting]
    return int((own["seeds"] - own["diverged"]).sum())
