"""The compared pairs of settings as texts for a reader, and how they were compared."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lr_atlas.analysis.mattering import ALIKE
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, numeral, say, say_word
from lr_atlas.report.looks_text import confidence_of_pairs
from lr_atlas.report.number_text import (
    MINUS,
    ahead,
    apart,
    between,
    guessing,
    knows_chance,
    margin_text,
    number,
    p_text,
    percent,
)
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import StudyTables

#: Codes of the table of pairs, as `say_word` says it.
CODES = (
    *(mark("between optimizers"), mark("within optimizer")),
    *(mark("fresh seeds"), mark("runs that chose")),
    *(mark("first better"), mark("second better"), mark("inconclusive"), mark("alike")),
    *(mark("less than matters"), mark("more than matters")),
)


def pairs_for_reading(
    pairs: pd.DataFrame, labels: Mapping[str, str], metric: StudyMetric
) -> pd.DataFrame:
    """Return the compared pairs of settings, differences of shares in points."""
    points = metric.in_unit_of_difference
    above = say("first above second") if metric.sign > 0 else say("first below second")
    rows = [
        {
            say("question"): say_word(row.question),
            say("first"): labels.get(row.first, row.first),
            say("second"): labels.get(row.second, row.second),
            say("runs"): say_word(row.runs),
            "n": number(row.n),
            f"{say('difference')}{points}": ahead(metric, row.difference),
            say("95 % interval"): between(metric, row.low, row.high, signed=True),
            "p": p_text(row.p),
            f"{say('shows')}{points}": apart(metric, row.smallest_difference),
            above: percent(row.improvement, 0),
            say("verdict"): _verdict(metric, row),
        }
        for row in pairs.itertuples()
    ]
    return pd.DataFrame(rows)


def _verdict(metric: StudyMetric, row: Any) -> str:
    """Return the verdict on a pair, with what is shown of its size."""
    size, verdict = getattr(row, "size", ""), say_word(row.verdict)
    if row.verdict == ALIKE:
        return say("alike within {margin}", margin=margin_text(metric, row.matters))
    return say("{verdict}, by {size}", verdict=verdict, size=say_word(size)) if size else verdict


def pairs_note(tables: StudyTables) -> str:
    """Return how the pairs were compared, and whether pairing by seed helped."""
    if tables.pairs.empty:
        return ""
    return " ".join(
        [
            _compared(tables.metric, tables.runs["chance"].iloc[0]),
            say(
                "All intervals hold together with {confidence}, whichever pair one looks at "
                "(Bonferroni), and allow for the first, or both, having been picked for a high "
                "mean; p is of the whole table. Every verdict of this study is read from here. "
                "Shows: the true difference that so many runs find in four of five studies.",
                confidence=confidence_of_pairs(tables),
            ),
            say(
                "First above second: the share of all pairs of runs in which the first is better, "
                "ties half."
            )
            if tables.metric.sign > 0
            else say(
                "First below second: the share of all pairs of runs in which the first is better, "
                "ties half."
            ),
            *_on_sizes(tables),
            *method_sentences(tables.pairs),
        ]
    )


def _compared(metric: StudyMetric, chance: float) -> str:
    """Return of what the differences are, which way round, and between which settings."""
    values = {"final": metric.final, "metric": metric.called}
    if not knows_chance(metric, chance):
        if metric.sign > 0:
            return say(
                "Differences of mean {final} {metric}, first minus second: the chosen settings of "
                "the optimizers among each other, and each with the other settings of its "
                "optimizer.",
                **values,
            )
        return say(
            "Differences of mean {final} {metric}, second minus first, so that more is better: the "
            "chosen settings of the optimizers among each other, and each with the other settings "
            "of its optimizer.",
            **values,
        )
    values["lost"] = _lost(metric, chance)
    if metric.sign > 0:
        return say(
            "Differences of mean {final} {metric}, first minus second, {lost}: the chosen settings "
            "of the optimizers among each other, and each with the other settings of its "
            "optimizer.",
            **values,
        )
    return say(
        "Differences of mean {final} {metric}, second minus first, so that more is better, {lost}: "
        "the chosen settings of the optimizers among each other, and each with the other settings "
        "of its optimizer.",
        **values,
    )


def _lost(metric: StudyMetric, chance: float) -> str:
    """Return what a run that diverged counts as, and why."""
    if metric.of_program:
        return say(
            "a diverged run counting as guessing (as the study's `chance` says, {chance})",
            chance=guessing(metric, chance),
        )
    if metric.metric == ACCURACY.metric:
        return say("a diverged run counting as guessing (the share of the most frequent class)")
    if metric.metric.diverged is not None:
        return say(
            "a diverged run counting as guessing (here with the worst value, {value})",
            value=metric.text(metric.metric.diverged),
        )
    return say("a diverged run counting as guessing (as the best answer that ignores the input)")


def _on_sizes(tables: StudyTables) -> list[str]:
    """Return how sizes of differences were judged, where the study says what matters."""
    if "matters" not in tables.pairs:
        return []
    return [
        say(
            "What matters: {margin}, as the study says. Alike, or by less than matters: the whole "
            "interval lies within that to both sides (two one-sided t tests); by more: the whole "
            "interval lies beyond it. Neither is said of settings with runs that diverged.",
            margin=margin_text(tables.metric, tables.pairs["matters"].iloc[0]),
        )
    ]


def method_sentences(pairs: pd.DataFrame) -> list[str]:
    """Return how the pairs of each question were tested, a sentence each; none without pairs."""
    if pairs.empty:
        return []
    groups = pairs.groupby(["question", "runs"], sort=False)
    sentences = [_method(question, runs, own) for (question, runs), own in groups]
    if pairs["method"].str.endswith("permutation").any():
        sentences.append(
            say(
                "Where runs of a chosen setting diverged, a permutation test of the runs has to "
                "agree, since Student's t is too sure of them."
            )
        )
    return sentences


def _method(question: str, runs: str, own: pd.DataFrame) -> str:
    values = {
        "question": say_word(question),
        "runs": say("runs with fresh seeds") if runs == FRESH else say("runs that chose"),
    }
    correlation = own["correlation"].iloc[0]
    if pd.isna(correlation):
        return say(
            "For the question {question}: of the {runs} it cannot be told whether equal seeds go "
            "together: Welch's t.",
            **values,
        )
    values |= {
        "correlation": numeral(f"{correlation:+.2f}".replace("-", MINUS)),
        "seeds": counted(own["n"].max(), "seed"),
    }
    if own["method"].iloc[0].startswith("paired"):
        return say(
            "For the question {question}: of the {runs} those of equal seed correlate by "
            "{correlation} on average over pairs of settings (n = {seeds}), so they are compared "
            "in pairs.",
            **values,
        )
    return say(
        "For the question {question}: of the {runs} those of equal seed correlate by {correlation} "
        "on average over pairs of settings (n = {seeds}), too little, or too unsure, for pairing "
        "to help: Welch's t.",
        **values,
    )
