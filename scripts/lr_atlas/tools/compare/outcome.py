"""The most important things that changed between two studies, in a few sentences."""

from typing import Any

import pandas as pd

from lr_atlas.common.units import counted, shortened
from lr_atlas.tools.compare.amounts import Unit, unit_of
from lr_atlas.tools.compare.comparison import StudyComparison
from lr_atlas.tools.compare.numbers import (
    CHOSEN_BY,
    HIGHER,
    IDENTICAL,
    INCONCLUSIVE,
    LOWER,
    NOT_COMPARED,
    OVERALL,
)

_MOST_CAUSES = 4


def summary_sentences(comparison: StudyComparison, metric: str) -> list[str]:
    """Return what changed: first answers, then failures, then numbers, then causes.

    A changed answer comes first only where the runs of B tell its choice from A's one.
    """
    numbers, choices = comparison.numbers, comparison.choices
    changed = choices[choices["changed"]]
    is_open = (changed["diverged"] == 0) & ~(changed["low"] > 0)
    sure, unsure = _choices(changed[~is_open]), _choices(changed[is_open])
    found = [*sure, *_divergence(numbers), *_numbers(comparison, unit_of(metric)), *unsure]
    if len(choices) and changed.empty and not _all_identical(comparison):
        found.append("The best setting of each optimizer is the same in both.")
    return [*found, *_grid(comparison), *_causes(comparison)]


def _all_identical(comparison: StudyComparison) -> bool:
    verdicts = comparison.numbers["verdict"]
    return len(verdicts) > 0 and bool((verdicts == IDENTICAL).all())


def _choices(changed: pd.DataFrame) -> list[str]:
    """Return sentences on the optimizers of which another setting is chosen."""
    if changed.empty:
        return []
    first, *others = changed.itertuples()
    of = "" if first.optimizer == OVERALL else f" of {first.optimizer}"
    text = (
        f"The best setting{of} is now {first.second_setting}, no longer {first.first_setting}: "
        f"{_why(first)}."
    )
    # What is best of all is also the best of its optimizer.
    names = [row.optimizer for row in others if row.second_setting != first.second_setting]
    return [text, *([f"Another choice too: {', '.join(names)}."] if names else [])]


def _why(choice: Any) -> str:
    """Return what became of the setting that is no longer chosen."""
    if pd.isna(choice.diverged):
        return "that one is not in B"
    if choice.diverged:
        return f"of that one {counted(int(choice.diverged), 'run')} diverged in B"
    unit = unit_of(CHOSEN_BY)
    ahead = f"in B it is ahead by {unit.value(choice.ahead)} {unit.of_difference}"
    ahead += _interval(choice.low, choice.high, unit)
    return ahead if choice.low > 0 else f"{ahead}, which is inconclusive"


def _divergence(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence on the settings of which more runs diverge, and one on those with fewer."""
    sentences = []
    for words, sign in (("More", 1), ("Fewer", -1)):
        rows = numbers[sign * (numbers["second_diverged"] - numbers["first_diverged"]) > 0]
        if len(rows):
            named = [
                f"{row.setting} ({row.first_diverged} of {row.first_runs} -> "
                f"{row.second_diverged} of {row.second_runs})"
                for row in rows.itertuples()
            ]
            sentences.append(f"{words} runs diverge in {shortened(named)}.")
    return sentences


def _numbers(comparison: StudyComparison, unit: Unit) -> list[str]:
    """Return a sentence on the settings that differ, or that none does."""
    numbers = comparison.numbers
    total = f"{counted(len(numbers), 'setting')} compared"
    if numbers.empty:
        return ["No setting of A has a counterpart in B, so no numbers can be compared."]
    counts = numbers["verdict"].value_counts()
    changed = numbers[numbers["verdict"].isin((HIGHER, LOWER))]
    if len(changed):
        most = changed.loc[changed["difference"].abs().idxmax()]
        parts = [
            f"{counts[name]} {'is' if counts[name] == 1 else 'are'} {name}"
            for name in (HIGHER, LOWER)
            if name in counts
        ]
        return [
            f"Of {total}, {' and '.join(parts)} in {unit.name}"
            f"{', most of all' if len(changed) > 1 else ':'} {most['setting']} by "
            f"{unit.difference(most['difference'])} {unit.of_difference}"
            f"{_interval(most['low'], most['high'], unit)}."
        ]
    if (numbers["verdict"] == NOT_COMPARED).all():
        return [f"Their {unit.name} cannot be compared: not both have recorded it."]
    if _all_identical(comparison):
        runs = int(numbers["common_runs"].sum())
        return [f"The {counted(runs, 'run')} that both have are the same, to the last digit."]
    if counts.get(INCONCLUSIVE):
        same = counts.get(IDENTICAL, 0)
        return [
            f"Of {total}, none differs beyond noise in {unit.name}"
            + (f"; {same} {'is' if same == 1 else 'are'} the same, run for run." if same else ".")
        ]
    return []


def _grid(comparison: StudyComparison) -> list[str]:
    new, gone = (
        [setting.name for setting in settings]
        for settings in (comparison.only_second, comparison.only_first)
    )
    sentences = [f"Only in B: {shortened(new)}."] if new else []
    return [*sentences, *([f"Only in A: {shortened(gone)}."] if gone else [])]


def _causes(comparison: StudyComparison) -> list[str]:
    """Return what else changed, what did not, and of what nothing is known."""
    changed = [
        f"{change.key} {', '.join(change.before)} -> {', '.join(change.after)}"
        for change in comparison.configuration
    ]
    same = [] if changed or comparison.is_partly_undescribed else ["configuration"]
    keys = {change.key for change in comparison.makers}
    same += [] if keys - {"code"} else ["versions and machine"]
    same += [] if "code" in keys else ["code"]
    changed += [change.key for change in comparison.makers if change.is_known]
    unknown = ["parts of the configuration"] if comparison.is_partly_undescribed else []
    unknown += [change.key for change in comparison.makers if not change.is_known]
    return [
        f"{words}: {', '.join(names)}."
        for words, names in (
            ("Changed with it", [shortened(changed, _MOST_CAUSES)] if changed else []),
            ("The same in both", same),
            ("Not known of all runs", unknown),
        )
        if names
    ]


def _interval(low: float, high: float, unit: Unit) -> str:
    return "" if pd.isna(low) else f" {unit.interval(low, high)}"
