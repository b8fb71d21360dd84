"""A comparison of studies in words: sections of sentences and tables, and rows for a file."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lr_atlas.common.units import counted, shortened
from lr_atlas.report.number_text import p_text
from lr_atlas.tools.compare.amounts import Unit, unit_of, value_text
from lr_atlas.tools.compare.changes import MakerChange
from lr_atlas.tools.compare.comparison import StudyComparison
from lr_atlas.tools.compare.numbers import (
    CHOSEN_BY,
    DIVERGED,
    IDENTICAL,
    INCONCLUSIVE,
    NOT_COMPARED,
    PAIRED,
    WELCH,
)
from lr_atlas.tools.compare.outcome import summary_sentences
from lr_atlas.tools.compare.rendering import Section

#: Rows of a table that are shown without being asked for, and what comes last among them.
_MOST_ROWS = 20
_RANKS = {DIVERGED: 1, INCONCLUSIVE: 2, NOT_COMPARED: 3, IDENTICAL: 4}
_MOST_NAMES = 6


def comparison_sections(
    comparisons: Sequence[StudyComparison],
    metric: str,
    remarks: Sequence[str] = (),
    complete: bool = False,
) -> list[Section]:
    """Return all that is to be said of studies that were compared, in reading order.

    remarks: on what was not compared at all. complete: whether long tables are shown whole.
    """
    tests = sum(int(each.numbers["p_holm"].notna().sum()) for each in comparisons)
    sections = []
    if len(comparisons) > 1:
        firsts = [(each.first.name, summary_sentences(each, metric)[0]) for each in comparisons]
        sections.append(Section("Summary", items=tuple(firsts), level=1))
    for each in comparisons:
        sections += [
            _head(each, metric),
            _configuration(each),
            _makers(each),
            _numbers(each, unit_of(metric), tests, complete),
            _choices(each),
        ]
    if remarks:
        sections.append(Section("Not compared", notes=tuple(remarks), level=1))
    return sections


def comparison_rows(comparisons: Sequence[StudyComparison], metric: str) -> pd.DataFrame:
    """Return a row per setting of either study, for a file; accuracies in 0..1."""
    tables = []
    for each in comparisons:
        alone = [
            {name: setting.name, "optimizer": setting.optimizer, "verdict": verdict}
            for name, settings, verdict in (
                ("setting", each.only_first, "only in A"),
                ("second_setting", each.only_second, "only in B"),
            )
            for setting in settings
        ]
        table = each.numbers.astype(object)
        if alone:
            table = pd.concat([table, pd.DataFrame(alone, dtype=object)], ignore_index=True)
        names = [each.first.name, each.second.name, metric]
        for position, name in enumerate(("study", "second_study", "metric")):
            table.insert(position, name, names[position])
        tables.append(table.infer_objects())
    return pd.concat(tables, ignore_index=True)


def _head(comparison: StudyComparison, metric: str) -> Section:
    first, second = comparison.first, comparison.second
    title = first.name if first.name == second.name else f"{first.name} and {second.name}"
    return Section(
        title,
        lead=tuple(summary_sentences(comparison, metric)),
        items=tuple(
            (
                letter,
                f"{study.path}, {counted(len(study.runs), 'run')} of "
                f"{counted(len(study.settings), 'setting')}",
            )
            for letter, study in (("A", first), ("B", second))
        ),
        level=1,
    )


def _configuration(comparison: StudyComparison) -> Section:
    items = [
        (change.key, f"{', '.join(change.before)} -> {', '.join(change.after)}")
        for change in comparison.configuration
    ]
    grid = [f"{len(comparison.pairs)} compared"]
    for letter, alone in (("A", comparison.only_first), ("B", comparison.only_second)):
        if alone:
            names = shortened([setting.name for setting in alone], _MOST_NAMES)
            grid.append(f"{len(alone)} only in {letter} ({names})")
    notes = [] if items else ["No key that is known of both takes other values."]
    for letter, study in (("A", comparison.first), ("B", comparison.second)):
        if study.undescribed:
            notes.append(
                f"Of {letter}, {study.undescribed} of {counted(len(study.runs), 'run')} have no "
                "run.json that can be read beside its tables: what those do not tell is not "
                "compared."
            )
    return Section(
        "Configuration", items=(*items, ("settings", "; ".join(grid))), notes=tuple(notes)
    )


def _makers(comparison: StudyComparison) -> Section:
    items = [(change.key, _maker_text(change)) for change in comparison.makers]
    files = comparison.code_files
    if files:
        items.append(("changed files", shortened(files, _MOST_NAMES)))
    same = () if items else ("All runs were made alike: the same versions, machine and code.",)
    return Section("Versions and machine", items=tuple(items), notes=same)


def _maker_text(change: MakerChange) -> str:
    sides = []
    for counts in (change.before, change.after):
        names = {name: name or "not recorded" for name in counts}
        sides.append(
            ", ".join(
                names[name] + (f" ({counted(number, 'run')})" if len(counts) > 1 else "")
                for name, number in sorted(counts.items(), key=lambda item: -item[1])
            )
        )
    if not change.compared:
        return " -> ".join(sides)
    return (
        f"{' -> '.join(sides)}; in {change.differing} of {counted(change.compared, 'run')} of both"
    )


def _numbers(comparison: StudyComparison, unit: Unit, tests: int, complete: bool) -> Section:
    rows = comparison.numbers
    shown = rows
    if not complete and len(rows) > _MOST_ROWS:
        order = rows["verdict"].map(_RANKS).fillna(0).sort_values(kind="stable").index
        shown = rows.loc[order[:_MOST_ROWS]]
    notes = _reading(rows, comparison, unit, tests)
    if len(shown) < len(rows):
        notes.insert(0, f"{len(rows) - len(shown)} more rows: --all shows them.")
    title = unit.name[0].upper() + unit.name[1:] + (f" ({unit.of_value})" if unit.of_value else "")
    table = _numbers_table(shown, unit) if len(rows) else None
    return Section(title, table=table, notes=tuple(notes))


def _numbers_table(rows: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Return the numbers as texts; columns that would say nothing are left out."""
    is_identical = rows["verdict"] == IDENTICAL
    table = pd.DataFrame({"setting": rows["setting"]})
    if (rows["second_setting"] != rows["setting"]).any():
        table["in B"] = rows["second_setting"]
    table["n"] = [
        str(row.first_n) if row.method == PAIRED else f"{row.first_n} + {row.second_n}"
        for row in rows.itertuples()
    ]
    table["A"], table["B"] = rows["first_mean"].map(unit.value), rows["second_mean"].map(unit.value)
    table["B - A"] = rows["difference"].map(unit.difference).mask(is_identical, "0")
    table["95 % interval"] = [
        "" if row.verdict == IDENTICAL else unit.interval(row.low, row.high)
        for row in rows.itertuples()
    ]
    table["p"] = rows["p_holm"].map(p_text)
    if rows["same_runs"].any():
        table["same"] = [
            "" if pd.isna(row.same_runs) else f"{row.same_runs:.0f}/{row.common_runs}"
            for row in rows.itertuples()
        ]
    if rows[["first_diverged", "second_diverged"]].to_numpy().any():
        table["diverged"] = [
            f"{row.first_diverged} -> {row.second_diverged}"
            if row.first_diverged or row.second_diverged
            else ""
            for row in rows.itertuples()
        ]
    return table.assign(verdict=rows["verdict"])


def _reading(rows: pd.DataFrame, comparison: StudyComparison, unit: Unit, tests: int) -> list[str]:
    """Return how the table of numbers is to be read, and what could not be compared."""
    values = f"Final {unit.name}" if unit.is_final else unit.name.capitalize()
    notes = [f"{values}: means over the runs that did not diverge."] if len(rows) else []
    if (rows["method"] == PAIRED).any():
        notes.append("n: seeds that both have, compared in pairs by Student's t.")
    if (rows["method"] == WELCH).any():
        notes.append("n such as 3 + 5: runs of A and of B, compared by Welch's t.")
    if tests:
        notes.append(
            f"p: two-sided, after Holm's correction over {counted(tests, 'test')}; higher and "
            "lower mean p < 0.05. A 95 % interval is for its row alone."
        )
    if rows["same_runs"].any():
        notes.append("Same: runs of which every metric of every epoch is equal, to the last digit.")
    notes += _near(rows, comparison)
    for letter, study in (("A", comparison.first), ("B", comparison.second)):
        if not study.has_histories:
            notes.append(
                f"{letter} has no table of epochs: whether runs are the same is not known."
            )
        if unit.metric not in study.runs:
            notes.append(f"{letter} has no column {unit.metric}: it was made by an older version.")
    return notes


def _near(rows: pd.DataFrame, comparison: StudyComparison) -> list[str]:
    """Return sentences on settings that are compared though they are not alike."""
    sentences = []
    for differing, group in rows[rows["differing"] != ""].groupby("differing", sort=False):
        keys = differing.split(", ")
        pair = next(each for each in comparison.pairs if ", ".join(each.differing) == differing)
        changes = ", ".join(
            f"{key} "
            + " -> ".join(value_text(each.configuration[key]) for each in (pair.first, pair.second))
            for key in keys
        )
        sentences.append(
            f"{counted(len(group), 'setting')} without the same in B: compared with one that "
            f"differs in nothing but {changes}."
        )
    return sentences


def _choices(comparison: StudyComparison) -> Section:
    unit = unit_of(CHOSEN_BY)
    rows = []
    for row in comparison.choices.itertuples():
        ahead = ""
        if pd.notna(row.ahead):
            ahead = f"{unit.difference(row.ahead)} {unit.interval(row.low, row.high)}".strip()
        rows.append(
            {
                "optimizer": row.optimizer,
                "A chooses": row.first_setting,
                "(%)": unit.value(row.first_accuracy),
                "B chooses": row.second_setting,
                "(%) ": unit.value(row.second_accuracy),
                "changed": _changed(row),
                "ahead in B": ahead,
            }
        )
    table = pd.DataFrame(rows)
    notes = [
        "Chosen by the mean final validation accuracy, a setting with a diverged run only where "
        "there is no other."
    ]
    if table["ahead in B"].any():
        notes.append(
            "Ahead in B: by how many points B's choice is above A's one among the runs of B, with "
            "the 95 % interval, not corrected."
        )
    return Section("Best setting of each optimizer", table=table, notes=tuple(notes))


def _changed(row: Any) -> str:
    if not (row.first_setting and row.second_setting):
        return f"only in {'A' if row.first_setting else 'B'}"
    return "yes" if row.changed else "no"
