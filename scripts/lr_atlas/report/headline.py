"""The headline of a study: which setting did best, and what is shown of it against the others."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lr_atlas.analysis.mattering import ALIKE, LESS, MORE
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.speech import say
from lr_atlas.report.number_text import in_words, listed, margin_text
from lr_atlas.tables.study_tables import StudyTables


def is_better(row: pd.Series) -> bool:
    """Return whether the best setting of all is better than that of a row of the ranking."""
    return row["behind_verdict"] == "behind"


def is_alike(row: pd.Series) -> bool:
    """Return whether the difference to the best setting of all is shown not to matter."""
    return row["behind_verdict"] == ALIKE


def compared(tables: StudyTables) -> list[pd.Series]:
    """Return the rows of the other optimizers of which a setting did not diverge."""
    others = (row for _, row in tables.optimizers.iloc[1:].iterrows())
    return [row for row in others if pd.notna(row["score_mean"])]


def optimizer_in_words(labels: Mapping[str, str], row: pd.Series) -> str:
    """Return what the optimizer of a row of the ranking is called."""
    return labels.get(row["best_setting"], optimizer_name(row["optimizer"])).split(", ")[0]


def what_matters(tables: StudyTables) -> str:
    """Return the smallest difference that matters, "0.2 points"; empty if the study names none."""
    values = tables.optimizers.get("matters", pd.Series(dtype=float)).dropna()
    return margin_text(tables.metric, values.iloc[0]) if len(values) else ""


def size_of(row: pd.Series) -> str:
    """Return what is shown of how far a row of the ranking is behind: LESS, MORE or nothing."""
    size = row.get("behind_size", "")
    return size if size in (LESS, MORE) else ""


def decided_fresh(tables: StudyTables) -> bool:
    """Return whether fresh seeds decided between the optimizers, or confirm the only one."""
    others = compared(tables)
    if others:
        return all(row["decided"] == FRESH for row in others)
    best = tables.optimizers.iloc[0]
    return best["confirmed"] in (True, "True") and best["test_n"] > 1


def headline(tables: StudyTables, labels: Mapping[str, str]) -> str:
    """Return in a sentence which setting did best, and against whom that is shown."""
    name = in_words(labels, tables.optimizers.iloc[0]["best_setting"])
    others, matters = compared(tables), what_matters(tables)
    if not others:
        return say("{name} did best.", name=name)
    better = [row for row in others if is_better(row)]
    clauses = []
    for size in (MORE, "", LESS):
        rows = [row for row in better if size_of(row) == size]
        if rows:
            clauses.append(_better(size, _bests(rows, labels), matters))
    alike = [row for row in others if is_alike(row)]
    if len(alike) == len(others):
        return say(
            "{name} and {bests} are alike within {matters}.",
            name=name,
            bests=_bests(alike, labels),
            matters=matters,
        )
    if alike:
        of_these = _bests(alike, labels)
        clauses.append(
            say("is alike with {bests} within {matters}", bests=of_these, matters=matters)
        )
    rest = [row for row in others if not is_better(row) and not is_alike(row)]
    if not clauses:
        return say(
            "{name} did best, but whether it is the better optimizer is inconclusive.", name=name
        )
    if rest:
        clauses.append(say("whether it beats {bests} is inconclusive", bests=_bests(rest, labels)))
    return say("{name} {clauses}.", name=name, clauses="; ".join(clauses))


def _better(size: str, bests: str, matters: str) -> str:
    """Return the clause that the best setting is better than others, and by how much."""
    if size == MORE:
        return say(
            "is better than {bests} by more than what matters ({matters})",
            bests=bests,
            matters=matters,
        )
    if size == LESS:
        return say(
            "is better than {bests}, but by less than what matters ({matters})",
            bests=bests,
            matters=matters,
        )
    return say("is better than {bests}", bests=bests)


def sizes_sentence(tables: StudyTables, labels: Mapping[str, str]) -> str:
    """Return what is shown of each other optimizer where the study says what matters, or nothing.

    For tables that have no verdict.
    """
    others, matters = compared(tables), what_matters(tables)
    if not others or not matters:
        return ""
    return say(
        "Against the first, where {matters} is what matters: {verdicts}.",
        matters=matters,
        verdicts="; ".join(_size(labels, row) for row in others),
    )


def _size(labels: Mapping[str, str], row: pd.Series) -> str:
    optimizer = optimizer_in_words(labels, row)
    if is_alike(row):
        return say("{optimizer} alike", optimizer=optimizer)
    if not is_better(row):
        return say("{optimizer} inconclusive", optimizer=optimizer)
    behind = {
        MORE: say("{optimizer} behind by more than what matters", optimizer=optimizer),
        LESS: say("{optimizer} behind, but by less than what matters", optimizer=optimizer),
    }
    return behind.get(size_of(row), say("{optimizer} behind", optimizer=optimizer))


def _bests(rows: Sequence[pd.Series], labels: Mapping[str, str]) -> str:
    names = listed([optimizer_in_words(labels, row) for row in rows])
    if len(rows) == 1:
        return say("the chosen setting of {optimizer}", optimizer=names)
    return say("the chosen settings of {optimizers}", optimizers=names)
