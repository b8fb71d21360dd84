"""Say how often a study was looked at, and what that costs its verdicts."""

import pandas as pd

from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.looks import LATER
from lr_atlas.analysis.study_looks import TEST
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_word
from lr_atlas.report.number_text import listed
from lr_atlas.tables.study_tables import StudyTables


def looks_cautions(tables: StudyTables) -> list[str]:
    """Return a sentence for each kind of runs that was looked at more than once."""
    again = tables.looks[tables.looks["looks"].astype(float) > 1]
    return [
        _tested(row, tables.metric.things) if row["kind"] == TEST else _again(row)
        for _, row in again.iterrows()
    ]


def looks_for_file(tables: StudyTables) -> dict[str, int]:
    """Return how many looks there were, by kind."""
    return {row.kind: int(row.looks) for row in tables.looks.itertuples()}


def confidence(tables: StudyTables, kind: str) -> str:
    """Return the confidence with which the pairs of a kind of runs hold together, as "95 %"."""
    own = tables.looks.loc[tables.looks["kind"] == kind, "error"]
    return numeral(f"{100 * (1 - (own.iloc[0] if len(own) else SIGNIFICANCE)):.4g} %")


def confidence_of_pairs(tables: StudyTables) -> str:
    """Return it for the whole table of pairs: "95 %", or where looks differ "at least 95 %"."""
    found = dict.fromkeys(confidence(tables, kind) for kind in tables.pairs["runs"].unique())
    if len(found) == 1:
        return next(iter(found))
    return say("at least {share:g} %", share=100 * (1 - SIGNIFICANCE))


def _again(row: pd.Series) -> str:
    *before, now = str(row["seeds"]).split("; ")
    is_fresh = row["kind"] == FRESH
    values = {
        "look": row["looks"],
        "seeds": counted(int(now), "fresh seed" if is_fresh else "seed"),
        "before": listed(before),
        "error": 100 * row["error"],
        "usual": 100 * SIGNIFICANCE,
        "most": 100 * SIGNIFICANCE * (1 + LATER),
    }
    if is_fresh:
        return say(
            "**Looked at again:** this is look {look:g}, at {seeds} after {before}. Who looks "
            "until something shows finds what is not there, so the verdicts on them leave an error "
            "of {error:.2g} % this time instead of {usual:g} %; over all looks together, however "
            "many there will be, it is {most:g} % at most.",
            **values,
        )
    return say(
        "**Looked at again:** this is look {look:g}, at {seeds} after {before}. Who looks until "
        "something shows finds what is not there, so the verdicts on the runs that chose leave an "
        "error of {error:.2g} % this time instead of {usual:g} %; over all looks together, however "
        "many there will be, it is {most:g} % at most.",
        **values,
    )


def _tested(row: pd.Series, things: str) -> str:
    return say(
        "**The test {things} were looked at {count:g} times,** each time with other chosen "
        "settings or other seeds: what was decided after having seen them is no surprise to them.",
        things=say_word(things),
        count=row["looks"],
    )
