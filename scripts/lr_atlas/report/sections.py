"""The tables of the analysis as texts for a reader, a DataFrame of texts each."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.budgets import unit_of_budgets
from lr_atlas.analysis.findings import kinds
from lr_atlas.analysis.mattering import ALIKE
from lr_atlas.analysis.step_to_target import CONFIDENCE
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say_word
from lr_atlas.report.looks_text import confidence_of_pairs
from lr_atlas.report.number_text import (
    MINUS,
    ahead,
    apart,
    between,
    diverged_counts,
    guessing,
    knows_chance,
    margin_text,
    number,
    p_text,
    parameters,
    percent,
    round_level,
    unknown_chance,
)
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def ranking_for_reading(
    optimizers: pd.DataFrame, labels: Mapping[str, str], metric: StudyMetric
) -> pd.DataFrame:
    """Return the optimizers, best first, each with the budget that it had.

    optimizers: the analysis' table. labels: what a setting is called, by its name. metric: of the
    study.
    """
    title, unit, points = metric.title, metric.in_unit, metric.in_unit_of_difference
    rates = rounded_texts([*optimizers["plateau_from"], *optimizers["plateau_to"]])
    budget = unit_of_budgets(optimizers)
    best_of = f"best of {number(optimizers['best_of_k'].iloc[0])}{unit}" if len(optimizers) else ""
    rows = [
        {
            "optimizer": labels.get(row.best_setting, optimizer_name(row.optimizer)).split(", ")[0],
            "best setting": parameters(labels, row.best_setting),
            "settings": number(row.settings),
            "seeds": _range(row.seeds_min, row.seeds_max),
            f"{budget} in all": number(getattr(row, budget)),
            f"{metric.on_validation}{unit}": apart(metric, row.score_mean),
            "95 % interval": between(metric, row.score_low, row.score_high),
            f"test {title}{unit}": _test(metric, row),
            f"behind the best{points}": _behind(metric, row),
            "plateau": plateau_text(row, rates),
            f"rate matters{points}": _rate_effect(metric, row),
            best_of: _best_of(metric, row),
            "diverged": f"{number(row.diverged)} of {number(row.present)}",
        }
        for row in optimizers.itertuples()
    ]
    return _without_empty(
        pd.DataFrame(rows),
        (
            *(f"behind the best{points}", f"test {title}{unit}"),
            *(best_of, f"rate matters{points}"),
        ),
    )


def plateau_text(row: Any, rates: Mapping[float, str], decades: bool = True) -> str:
    """Return the rates of an optimizer's plateau: "at least 0.03 to 0.3 (1.0 decades)".

    row: of the table of optimizers. rates: what learning rates are called. Empty if every run
    diverged.
    """
    if pd.isna(row.best_learning_rate):
        return ""
    if not row.rates > 1:
        return "one rate alone"
    if pd.isna(row.plateau_from):
        return "not determined"
    text = " to ".join(dict.fromkeys(rates[end] for end in (row.plateau_from, row.plateau_to)))
    if decades and row.plateau_decades > 0:
        text += f" ({row.plateau_decades:.1f} decades)"
    return f"at least {text}" if row.plateau_open or row.plateau_cut else text


def ranking_note(tables: StudyTables) -> str:
    """Return how the ranking was made, how alike equal seeds are, and who reached the target."""
    optimizers, metric = tables.optimizers, tables.metric
    if optimizers.empty:
        return ""
    fresh = (optimizers["decided"] == FRESH).any()
    chance = diverged_counts(metric, optimizers["chance"].iloc[0])
    if optimizers["test_chance"].notna().any():
        on_test = diverged_counts(metric, optimizers["test_chance"].dropna().iloc[0])
        chance += f" ({on_test} of the test {metric.things})" if on_test != chance else ""
    lost = f"A run that diverged counts as guessing, {chance}, in every mean of this table."
    if not knows_chance(metric, optimizers["chance"].iloc[0]):
        lost = unknown_chance()
    worse = "lower" if metric.sign > 0 else "upper"
    on_fresh, of_validation = f"test {metric.title} on fresh seeds", metric.on_validation
    if metric.last > 1:
        of_validation = f"{metric.final} {of_validation}"
    text = (
        f"Ranked by the mean {on_fresh if fresh else of_validation} "
        "of the chosen setting of each; beside it what each was given: settings, seeds of each, "
        f"{unit_of_budgets(optimizers)} of all runs as asked for. {lost} Interval: Student's t "
        f"over the seeds; its {worse} end allows for the choice among all "
        f"{counted(len(tables.summary), 'setting')}. "
    )
    if optimizers["behind"].notna().any():
        text += (
            "Behind the best: difference of the means "
            f"{'on fresh seeds' if fresh else 'of the runs that chose'}, and its interval from the "
            "table of pairs; where that is inconclusive, the difference that so many runs show, "
            "found in four of five studies. "
        )
    margin = margin_text(metric, optimizers["plateau_margin"].iloc[0])
    text += (
        f"Plateau: the neighbouring learning rates, all else equal, that are shown to be within "
        f"{margin} of the best. Rate matters: the largest difference over "
        "learning rates, all else equal; in brackets with the optimizer's other arguments tuned "
        "anew at each."
    )
    text = " ".join([text, *_on_best_of(optimizers), *_method_sentences(tables.pairs)])
    if optimizers["test_n"].notna().any():
        confirmed = optimizers["confirmed"].isin((True, "True")).any()
        text += (
            " Test: mean ± standard deviation over n runs "
            f"{'with fresh seeds' if confirmed else 'of those that the setting was chosen by'}."
        )
    times = [
        f"{optimizer_name(row.optimizer)} after {_when(row)} "
        f"({number(row.target_reached)} of {counted(row.target_runs, 'run')})"
        if pd.notna(row.epochs_to_target)
        else f"{optimizer_name(row.optimizer)} not in most runs"
        for row in optimizers.itertuples()
    ]
    target = tables.summary["target"].iloc[0] if "target" in tables.summary else None
    if target is not None and pd.notna(target) and times:
        reached = round_level(metric.timed, target)
        if metric.aim:
            reached = f"a {metric.timed.on_validation} of {reached}"
        text += f" Median time of the best settings to {reached}: {'; '.join(times)}."
        text += _beyond_target(tables, reached)
    return text


def _beyond_target(tables: StudyTables, reached: str) -> str:
    """Return from which step on the means of the best settings are beyond the target, if any."""
    if "target_step" not in tables.optimizers:
        return ""
    parts = [
        f"{optimizer_name(row.optimizer)} from step {number(row.target_step)} on (not before step "
        f"{number(row.target_step_low)}, n = {number(row.target_step_n)})"
        if pd.notna(row.target_step)
        else f"{optimizer_name(row.optimizer)} at no step"
        for row in tables.optimizers.itertuples()
    ]
    return (
        f" The mean over all seeds is beyond {reached}, shown at {100 * CONFIDENCE:g} % by a "
        "one-sided t bound at that and every later evaluation, one and the same step for all "
        f"seeds: {'; '.join(parts)}. Before the earlier step it is shown in the same way to be "
        "short of it. A setting with a run that diverged has no such step."
    )


def _when(row: Any) -> str:
    """Return such as "3 epochs", or "140 steps", after which most runs reached the target."""
    steps = getattr(row, "steps_to_target", math.nan)
    if pd.notna(steps):
        return counted(steps, "step")
    return counted(row.epochs_to_target, "epoch")


def pairs_for_reading(
    pairs: pd.DataFrame, labels: Mapping[str, str], metric: StudyMetric
) -> pd.DataFrame:
    """Return the compared pairs of settings, differences of shares in points."""
    points = metric.in_unit_of_difference
    rows = [
        {
            "question": row.question,
            "first": labels.get(row.first, row.first),
            "second": labels.get(row.second, row.second),
            "runs": row.runs,
            "n": number(row.n),
            f"difference{points}": ahead(metric, row.difference),
            "95 % interval": between(metric, row.low, row.high, signed=True),
            "p": p_text(row.p),
            f"shows{points}": apart(metric, row.smallest_difference),
            f"first {_above(metric)} second": percent(row.improvement, 0),
            "verdict": _verdict(metric, row),
        }
        for row in pairs.itertuples()
    ]
    return pd.DataFrame(rows)


def _verdict(metric: StudyMetric, row: Any) -> str:
    """Return the verdict on a pair, with what is shown of its size."""
    size = getattr(row, "size", "")
    if row.verdict == ALIKE:
        return f"{ALIKE} within {margin_text(metric, row.matters)}"
    return f"{row.verdict}, by {size}" if size else row.verdict


def _on_sizes(tables: StudyTables) -> list[str]:
    """Return how sizes of differences were judged, where the study says what matters."""
    if "matters" not in tables.pairs:
        return []
    matters = margin_text(tables.metric, tables.pairs["matters"].iloc[0])
    return [
        f"What matters: {matters}, as the study says. Alike, or by less than matters: the whole "
        "interval lies within that to both sides (two one-sided t tests); by more: the whole "
        "interval lies beyond it. Neither is said of settings with runs that diverged."
    ]


def pairs_note(tables: StudyTables) -> str:
    """Return how the pairs were compared, and whether pairing by seed helped."""
    if tables.pairs.empty:
        return ""
    metric = tables.metric
    counted_as = "the share of the most frequent class"
    chance = tables.runs["chance"].iloc[0]
    if metric.of_program:
        counted_as = f"as the study's `chance` says, {guessing(metric, chance)}"
    elif metric.metric != ACCURACY.metric:
        counted_as = "as the best answer that ignores the input"
        if metric.metric.diverged is not None:
            counted_as = f"here with the worst value, {metric.text(metric.metric.diverged)}"
    lost = f", a diverged run counting as guessing ({counted_as})"
    if not knows_chance(metric, chance):
        lost = ""
    minus = (
        "first minus second" if metric.sign > 0 else "second minus first, so that more is better"
    )
    above = f"First {_above(metric)} second"
    return " ".join(
        [
            f"Differences of mean {metric.final} {metric.title}, {minus}{lost}: the chosen "
            "settings of the optimizers among each other, and each with the other settings of its "
            f"optimizer. All intervals hold together with {confidence_of_pairs(tables)}, "
            "whichever pair one looks at (Bonferroni), and "
            "allow for the first, or both, having been picked for a high mean; p is of the whole "
            "table. Every verdict of this study is read from here. Shows: the true difference that "
            f"so many runs find in four of five studies. {above}: the share of all pairs "
            "of runs in which the first is better, ties half.",
            *_on_sizes(tables),
            *_method_sentences(tables.pairs),
        ]
    )


def _above(metric: StudyMetric) -> str:
    return "above" if metric.sign > 0 else "below"


def _method_sentences(pairs: pd.DataFrame) -> list[str]:
    sentences: list[str] = []
    if pairs.empty:
        return sentences
    for (question, runs), own in pairs.groupby(["question", "runs"], sort=False):
        method, correlation = own["method"].iloc[0], own["correlation"].iloc[0]
        which = "runs with fresh seeds" if runs == FRESH else "runs that chose"
        where = f"For the question {question}: of the {which}"
        if pd.isna(correlation):
            sentences.append(
                f"{where} it cannot be told whether equal seeds go together: Welch's t."
            )
            continue
        found = f"{correlation:+.2f}".replace("-", MINUS)
        helps = (
            "so they are compared in pairs"
            if method.startswith("paired")
            else "too little, or too unsure, for pairing to help: Welch's t"
        )
        sentences.append(
            f"{where} those of equal seed correlate by {found} on average over pairs of settings "
            f"(n = {counted(own['n'].max(), 'seed')}), {helps}."
        )
    if pairs["method"].str.endswith("permutation").any():
        sentences.append(
            "Where runs of a chosen setting diverged, a permutation test of the runs has to agree, "
            "since Student's t is too sure of them."
        )
    return sentences


def findings_for_reading(findings: pd.DataFrame) -> list[dict[str, str]]:
    """Return severity, evidence, fix, and what it is about, of each finding; warnings first."""
    ordered = findings.sort_values(
        "severity", key=lambda values: values != "warning", kind="stable"
    )
    return [
        {
            "severity": row.severity,
            "title": say_word(kinds()[row.code].TITLE),
            "evidence": row.evidence,
            "fix": row.fix,
        }
        for row in ordered.itertuples()
    ]


def _test(metric: StudyMetric, row: Any) -> str:
    mean, std = (getattr(row, f"{metric.test}_{name}") for name in ("mean", "std"))
    if pd.isna(mean):
        return ""
    deviation = "" if pd.isna(std) else f" ± {metric.number(std)}"
    return f"{metric.number(mean)}{deviation} (n = {number(row.test_n)})"


def _behind(metric: StudyMetric, row: Any) -> str:
    if pd.isna(row.behind):
        return ""
    interval = between(metric, row.behind_low, row.behind_high, signed=True)
    shows = "" if pd.isna(row.behind_shows) else f"; shows {metric.number(row.behind_shows)}"
    size = getattr(row, "behind_size", "")
    sure = f" (by {size})" if size else ""
    if row.behind_verdict != "behind":
        sure = f" ({ALIKE})" if row.behind_verdict == ALIKE else f" (inconclusive{shows})"
    behind = metric.number(row.behind)
    return f"{behind}, {interval}{sure}" if interval else behind


def _best_of(metric: StudyMetric, row: Any) -> str:
    value = apart(metric, row.best_of_same)
    interval = between(metric, row.best_of_same_low, row.best_of_same_high)
    return f"{value} ({interval})" if interval else value


def _on_best_of(optimizers: pd.DataFrame) -> list[str]:
    """Return how the best of k was reckoned, k being the same for all optimizers."""
    k = optimizers["best_of_k"].iloc[0]
    if pd.isna(k):
        return []
    settings = counted(k, "setting")
    corrected = (
        "chosen on all seeds but one and measured on that one, each in turn, so that luck in the "
        "choice does not count; the 95 % interval is over the seeds (jackknife), not over which "
        f"{settings} are drawn."
    )
    alone = "by the runs that choose, whose luck is in it."
    is_corrected = optimizers["best_of_seeds"].max() > 1
    return [
        f"Best of {number(k)}: the expected best of {settings} drawn from the optimizer's own, as "
        f"many as each has at least: {corrected if is_corrected else alone}"
    ]


def _rate_effect(metric: StudyMetric, row: Any) -> str:
    fixed, tuned = (apart(metric, spread) for spread in (row.spread_fixed, row.spread_tuned))
    if not fixed:
        return f"({tuned})" if tuned else ""
    other = "" if not tuned or row.spread_tuned == row.spread_fixed else f" ({tuned})"
    return f"{fixed}{other}"


def _range(low: float, high: float) -> str:
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _without_empty(table: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the table without those of the named columns that hold nothing."""
    return table.drop(
        columns=[name for name in names if name in table and (table[name] == "").all()]
    )
