"""The headline of a study: which setting did best, and what is shown of it against the others."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lr_atlas.analysis.mattering import ALIKE, LESS, MORE
from lr_atlas.figures.looks import optimizer_name
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


def size_in_words(row: pd.Series, matters: str = "") -> str:
    """Return what is shown of how far a row of the ranking is behind; maybe nothing.

    matters: see `what_matters`; empty where it has been said.
    """
    than = f"than what matters ({matters})" if matters else "than what matters"
    words = {LESS: f", but by less {than}", MORE: f" by more {than}"}
    return words.get(row.get("behind_size", ""), "")


def headline(tables: StudyTables, labels: Mapping[str, str]) -> str:
    """Return in a sentence which setting did best, and against whom that is shown."""
    name = in_words(labels, tables.optimizers.iloc[0]["best_setting"])
    others, matters = compared(tables), what_matters(tables)
    if not others:
        return f"{name} did best."
    better = [row for row in others if is_better(row)]
    parts = []
    for size in (MORE, "", LESS):
        rows = [row for row in better if row.get("behind_size", "") == size]
        if rows:
            words = size_in_words(rows[0], matters)
            parts.append(f"is better than {_bests(rows, labels)}{words}")
    alike = [row for row in others if is_alike(row)]
    if len(alike) == len(others):
        return f"{name} and {_bests(alike, labels)} are alike within {matters}."
    if alike:
        parts.append(f"is alike with {_bests(alike, labels)} within {matters}")
    rest = [row for row in others if not is_better(row) and not is_alike(row)]
    if not parts:
        return f"{name} did best, but whether it is the better optimizer is inconclusive."
    if rest:
        parts.append(f"whether it beats {_bests(rest, labels)} is inconclusive")
    return f"{name} {'; '.join(parts)}."


def sizes_sentence(tables: StudyTables, labels: Mapping[str, str]) -> str:
    """Return what is shown of each other optimizer where the study says what matters, or nothing.

    For tables that have no verdict.
    """
    others, matters = compared(tables), what_matters(tables)
    if not others or not matters:
        return ""
    said = []
    for row in others:
        words = f"behind{size_in_words(row)}" if is_better(row) else "inconclusive"
        words = ALIKE if is_alike(row) else words
        said.append(f"{optimizer_in_words(labels, row)} {words}")
    return f"Against the first, where {matters} is what matters: {'; '.join(said)}."


def _bests(rows: Sequence[pd.Series], labels: Mapping[str, str]) -> str:
    names = listed([optimizer_in_words(labels, row) for row in rows])
    return f"the chosen setting of {names}" if len(rows) == 1 else f"the chosen settings of {names}"
