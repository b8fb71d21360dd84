"""Sentences of an answer on the other optimizers: how sure the best setting is better, by how much.

They are read from the tables of optimizers and of pairs.
"""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.analysis.mattering import ALIKE, LESS, MORE
from lr_atlas.analysis.pair_rows import INCONCLUSIVE
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.locale.speech import say, say_word
from lr_atlas.report.headline import (
    compared,
    decided_fresh,
    is_alike,
    is_better,
    optimizer_in_words,
    size_of,
    what_matters,
)
from lr_atlas.report.looks_text import confidence
from lr_atlas.report.number_text import (
    MINUS,
    ahead,
    apart,
    between,
    level,
    listed,
    parameters,
    percent,
)
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def others_sentences(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return how the best setting stands against those of the other optimizers.

    labels: what a setting is called, by its name.
    """
    others = compared(tables)
    if len(tables.optimizers) == 1:
        return [say("No other optimizer was tried.")]
    if not others:
        return [say("Of the other optimizers every run diverged.")]
    first, rest = others[0], others[1:]
    metric = tables.metric
    value = first[f"{metric.test}_mean" if first["decided"] == FRESH else "score_mean"]
    runner_up = say(
        "{optimizer}'s chosen setting ({parameters}: {value})",
        optimizer=optimizer_in_words(labels, first),
        parameters=parameters(labels, first["best_setting"]),
        value=level(metric, value),
    )
    sentences = [_verdict(runner_up, first, tables)]
    kinds = {row["optimizer"]: _kind(row) for row in rest}
    for kind in dict.fromkeys([INCONCLUSIVE, ALIKE, *kinds.values()]):
        rows = [row for row in rest if kinds[row["optimizer"]] == kind]
        if rows:
            told = [f"{optimizer_in_words(labels, row)} ({_gap(metric, row)})" for row in rows]
            said = _of_one(kind, told[0]) if len(rows) == 1 else _of_several(kind, listed(told))
            sentences.append(said)
    return sentences


def allowance(tables: StudyTables) -> list[str]:
    """Return what a verdict without fresh seeds is worth, where one is given."""
    others = [row for row in compared(tables) if row["behind_n"] > 1]
    if not others or decided_fresh(tables):
        return []
    error = tables.optimizers["ordinary_error"].iloc[0]
    settings = listed([f"{row['settings']:g}" for _, row in tables.optimizers.iterrows()])
    often = say("in fewer than 1 % of studies")
    if error >= 0.005:
        often = say("in {share} of studies", share=percent(error, 0))
    if tables.optimizers["confirmed"].isin((True, "True")).any():
        return [
            say(
                "Too many confirming runs are missing for these to decide; by the runs that chose, "
                "between settings picked from {settings} an ordinary test would call one better by "
                "mistake {often} without any difference. The intervals allow for the choice, and "
                "keep that at 5 % or less, however many settings there are.",
                settings=settings,
                often=often,
            )
        ]
    return [
        say(
            "No fresh seeds decided this (`confirm:`), but the runs that chose; between settings "
            "picked from {settings} an ordinary test would call one better by mistake {often} "
            "without any difference. The intervals allow for the choice, and keep that at 5 % or "
            "less, however many settings there are.",
            settings=settings,
            often=often,
        )
    ]


def _kind(row: pd.Series) -> str:
    """Return what is shown of an optimizer beside the runner-up: a verdict, or the size."""
    if is_alike(row):
        return ALIKE
    return size_of(row) if is_better(row) else INCONCLUSIVE


def _of_one(kind: str, name: str) -> str:
    said = {
        INCONCLUSIVE: say("Against the best of all, {name} is inconclusive too.", name=name),
        ALIKE: say("Against the best of all, {name} is alike.", name=name),
        LESS: say(
            "Against the best of all, {name} is worse, but by less than what matters.", name=name
        ),
        MORE: say("Against the best of all, {name} is worse by more than what matters.", name=name),
    }
    return said.get(kind, say("Against the best of all, {name} is worse.", name=name))


def _of_several(kind: str, names: str) -> str:
    said = {
        INCONCLUSIVE: say("Against the best of all, {names} are inconclusive too.", names=names),
        ALIKE: say("Against the best of all, {names} are alike.", names=names),
        LESS: say(
            "Against the best of all, {names} are worse, but by less than what matters.",
            names=names,
        ),
        MORE: say(
            "Against the best of all, {names} are worse by more than what matters.", names=names
        ),
    }
    return said.get(kind, say("Against the best of all, {names} are worse.", names=names))


def _gap(metric: StudyMetric, row: pd.Series) -> str:
    """Return how far a row of the ranking is behind, with its interval, and what would show."""
    text = _ahead(metric, -row["behind"])
    interval = between(metric, -row["behind_high"], -row["behind_low"], signed=True)
    if not interval:
        return text
    if is_better(row) or is_alike(row):
        return f"{text}, {interval}"
    return say(
        "{difference}, {interval}; so many runs find {size} or more",
        difference=text,
        interval=interval,
        size=_shows(metric, row),
    )


def _ahead(metric: StudyMetric, difference: float) -> str:
    """Return how far something is ahead, with the unit: "+0.35 points"; below 0 it is behind.

    Where less is better a sign alone would be read as that of the metric.
    """
    text = f"{ahead(metric, difference)} {say_word(metric.metric.unit_of_difference)}".rstrip()
    if metric.sign > 0:
        return text
    if text[0] == MINUS:
        return say("{size} behind", size=text[1:])
    return say("{size} ahead", size=text[1:])


def _shows(metric: StudyMetric, row: pd.Series) -> str:
    """Return the difference that so many runs find, with its unit."""
    unit = say_word(metric.metric.unit_of_difference)
    return " ".join(filter(None, [apart(metric, row["behind_shows"]), unit]))


def _verdict(runner_up: str, row: pd.Series, tables: StudyTables) -> str:
    """Return how sure the difference to the runner-up is, and how large."""
    metric, matters = tables.metric, what_matters(tables)
    if pd.isna(row["behind_n"]) or row["behind_n"] < 2:
        return say(
            "Whether it beats {runner_up} is **inconclusive**: with one run of one of them the "
            "difference of {difference} has no interval.",
            runner_up=runner_up,
            difference=_ahead(metric, row["behind"]),
        )
    sure = _sure(row, tables)
    if is_better(row):
        return _is_better(size_of(row), runner_up, sure, matters)
    if is_alike(row):
        return say(
            "It and {runner_up} are **alike within {matters}**, which is what matters: {sure}.",
            runner_up=runner_up,
            matters=matters,
            sure=sure,
        )
    return say(
        "Whether it beats {runner_up} is **inconclusive**: {sure}; so many runs find a difference "
        "of {size} or more in four of five studies.",
        runner_up=runner_up,
        sure=sure,
        size=_shows(metric, row),
    )


def _is_better(size: str, runner_up: str, sure: str, matters: str) -> str:
    if size == MORE:
        return say(
            "It is **better than** {runner_up} by more than what matters ({matters}): {sure}.",
            runner_up=runner_up,
            matters=matters,
            sure=sure,
        )
    if size == LESS:
        return say(
            "It is **better than** {runner_up}, but by less than what matters ({matters}): {sure}.",
            runner_up=runner_up,
            matters=matters,
            sure=sure,
        )
    return say("It is **better than** {runner_up}: {sure}.", runner_up=runner_up, sure=sure)


def _sure(row: pd.Series, tables: StudyTables) -> str:
    """Return the difference to the runner-up with its interval, and how it was tested."""
    fewest, most = int(row["behind_n"]), row["behind_n_most"]
    counts = say("n = {count} each", count=fewest)
    if most != fewest:
        counts = say("n = {fewest} and {most:g}", fewest=fewest, most=most)
    metric = tables.metric
    return say(
        "{difference}, {confidence} interval {interval} for all comparisons of the study together, "
        "{test}, {counts}",
        difference=_ahead(metric, row["behind"]),
        confidence=confidence(tables, row["decided"]),
        interval=between(metric, row["behind_low"], row["behind_high"], signed=True),
        test=_test(tables),
        counts=counts,
    )


def _test(tables: StudyTables) -> str:
    """Return the name of the test that compared the settings."""
    method = tables.pairs["method"].iloc[0] if len(tables.pairs) else ""
    if method.endswith("permutation"):
        if method.startswith("paired"):
            return say("paired by seed and, since runs diverged, a permutation test")
        return say("Welch's t and, since runs diverged, a permutation test")
    return say("paired by seed") if method.startswith("paired") else say("Welch's t")
