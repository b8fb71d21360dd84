"""Say in words what changed between studies."""

import textwrap
from collections.abc import Sequence
from functools import partial

import pandas as pd
from tabulate import tabulate

from lr_atlas.analysis.contrast_text import distance, interval
from lr_atlas.analysis.measures import Measure
from lr_atlas.common.units import counted, shortened
from lr_atlas.config.claim_evidence import metric_name
from lr_atlas.report.number_text import p_text
from lr_atlas.studies.study_metric import number_of
from lr_atlas.tools.compare.comparison import (
    BETTER,
    IDENTICAL,
    VERDICTS,
    WORSE,
    Choice,
    Comparison,
)

#: Rows of a table that are shown without being asked for, changes first.
_MOST_ROWS = 20
_TEXT_COLUMNS = ("setting", "in B", "verdict", "best in")
_LEGEND = (
    "A and B: means over the runs that did not diverge. n: runs of equal seed that are compared in "
    "pairs, or where there are none the fewest of both. 95 % interval: for its row alone, and "
    "without end (inf) where runs diverged. p: after Holm's correction over {}; below 0.05 B is "
    "better or worse. Same runs: equal in every metric of every epoch. Best in: where it is the "
    "best setting of its optimizer by {}."
)


def comparison_text(comparisons: Sequence[Comparison], width: int, complete: bool = False) -> str:
    """Return all that is to be said of studies that were compared, in reading order.

    width: characters of a line, which tables alone may exceed. complete: whether long tables are
    shown whole.
    """
    blocks = []
    if len(comparisons) > 1:
        firsts = [(each.first.name, _sentences(each)[0]) for each in comparisons]
        blocks.append(f"{_title('Summary', '=')}\n{_items(firsts, width)}")
    for each in comparisons:
        blocks += _study(each, width, complete)
    tests = counted(sum(each.numbers["p_holm"].count() for each in comparisons), "test")
    titles = dict.fromkeys(each.second.metric.on_validation for each in comparisons)
    chosen_by = " or ".join(titles)
    return "\n\n".join([*blocks, _filled(_LEGEND.format(tests, chosen_by), width)])


def _study(comparison: Comparison, width: int, complete: bool) -> list[str]:
    """Return what is to be said of one study, in blocks."""
    first, second, rows = comparison.first, comparison.second, comparison.numbers
    title = " and ".join(dict.fromkeys((first.name, second.name)))
    sides = [
        (letter, f"{study.folder}, {counted(len(study.runs), 'run')}")
        for letter, study in (("A", first), ("B", second))
    ]
    same = (
        ""
        if comparison.changes
        else "Nothing that is recorded of configuration, versions, machine and code."
    )
    if first.settings is None or second.settings is None:
        same = (
            "The configuration is not compared, and settings go by their names: of some, run.json "
            "cannot be read."
        )
    shown = rows.sort_values("verdict", key=lambda each: each.map(VERDICTS.index), kind="stable")
    shown = shown if complete else shown[:_MOST_ROWS]
    notes = [
        f"{counted(len(group), 'setting')} compared with one that differs in {differing}."
        for differing, group in rows[rows["differing"] != ""].groupby("differing", sort=False)
    ]
    if any(study.runs["history"].isna().all() for study in (first, second)):
        notes.append("A table of epochs is missing, so no run is known to be the same.")
    if len(shown) < len(rows):
        notes.append(f"{len(rows) - len(shown)} more rows: --all shows them.")
    unit = _unit(comparison.measure)
    heading = _title(_heading(comparison.column) + unit, "-")
    parts = (
        (_title(title, "="), _items(sides, width)),
        (_filled(" ".join(_sentences(comparison)), width),),
        (_title("Changed", "-"), _items(comparison.changes, width), _filled(same, width)),
        (heading, _table(shown, comparison.measure), _filled(" ".join(notes), width)),
    )
    return ["\n".join(filter(None, part)) for part in parts]


def _sentences(comparison: Comparison) -> list[str]:
    """Return what changed: best settings, divergence, numbers."""
    rows = comparison.numbers
    found = [_choice(choice, comparison.chosen_by) for choice in comparison.choices]
    diverged = [
        f"{row.setting} ({row.first_diverged} of {row.first_runs} -> {row.second_diverged} of "
        f"{row.second_runs})"
        for row in rows[(rows["setting"] != "") & (rows["second_setting"] != "")].itertuples()
        if row.first_diverged != row.second_diverged
    ]
    found += [f"Diverged runs: {shortened(diverged)}."] if diverged else []
    counts = rows["verdict"].value_counts()
    if counts.get(IDENTICAL) == len(rows):
        runs = counted(rows["common_runs"].sum(), "run")
        return [*found, f"The {runs} that both have are the same, to the last digit."]
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    text = f"Of {counted(len(rows), 'setting')}, by {_in_words(comparison.column)}: {told}"
    changed = rows[rows["verdict"].isin((BETTER, WORSE))]
    if len(changed):
        most = changed.loc[changed["difference"].abs().idxmax()]
        how_far = distance(most["difference"], comparison.measure)
        text += f"; most of all {most['setting']}, by {how_far}"
    found.append(f"{text}.")
    if not comparison.choices and (rows["best_in"] == "AB").any():
        found.append("The best setting of each optimizer is the same in both.")
    return found


def _choice(choice: Choice, chosen_by: Measure) -> str:
    """Return which setting is the best now, and what became of the one that was."""
    found = choice.advantage
    if found is None:
        why = "that one is not in B"
    elif found.lost_second:
        why = f"of that one {counted(found.lost_second, 'run')} diverged in B"
    else:
        how_far = f"{distance(found.advantage, chosen_by)} ({interval(found, chosen_by)})"
        why = f"in B it is ahead by {how_far}{'' if found.low > 0 else ', which is inconclusive'}"
    of = f" of {choice.optimizer}" if choice.optimizer else ""
    return f"The best setting{of} is now {choice.now}, no longer {choice.before}: {why}."


def _table(rows: pd.DataFrame, measure: Measure) -> str:
    """Return the numbers in a table, without the columns that say nothing."""
    amount = partial(_amount, measure=measure)
    cells = [
        {
            "setting": row.setting or row.second_setting,
            "in B": row.second_setting if row.setting not in ("", row.second_setting) else "",
            "n": str(row.n or ""),
            "A": amount(row.first_mean),
            "B": amount(row.second_mean),
            "B - A": amount(row.difference, "+"),
            "95 % interval": f"{amount(row.low, '+')} to {amount(row.high, '+')}"
            if pd.notna(row.p_holm)
            else "",
            "p": p_text(row.p_holm),
            "same runs": f"{row.same_runs}/{row.common_runs}" if row.same_runs else "",
            "diverged": f"{row.first_diverged} -> {row.second_diverged}".replace("0 -> 0", ""),
            "verdict": row.verdict,
            "best in": row.best_in,
        }
        for row in rows.itertuples()
    ]
    table = pd.DataFrame(cells).pipe(lambda texts: texts.loc[:, (texts != "").any()])
    return tabulate(
        table.to_numpy().tolist(),
        list(table.columns),
        "simple",
        disable_numparse=True,
        colalign=["left" if name in _TEXT_COLUMNS else "right" for name in table],
    )


def _unit(measure: Measure) -> str:
    """Return the unit of a measure as a heading has it."""
    unit = measure.metric.unit if measure.metric else "s"
    return f" ({unit})" if unit else ""


def _amount(value: float, sign: str = "", *, measure: Measure) -> str:
    """Return a value without its unit, shares in per cent; empty for NaN."""
    if pd.isna(value):
        return ""
    metric = measure.metric
    return number_of(metric, value, f"{sign}z") if metric else f"{value:{sign}z.4f}"


def _in_words(column: str) -> str:
    return metric_name(column).replace("train ", "training ")


def _heading(column: str) -> str:
    words = _in_words(column)
    return words[0].upper() + words[1:]


def _title(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def _items(items: Sequence[tuple[str, str]], width: int) -> str:
    """Return a line, or more, for each word and what is said of it."""
    indent = max((len(word) for word, _ in items), default=0) + 2
    return "\n".join(_filled(word.ljust(indent) + text, width, indent) for word, text in items)


def _filled(text: str, width: int, indent: int = 0) -> str:
    """Return a text in lines; names are not broken, since they are to be found and copied."""
    wrapped = partial(textwrap.fill, break_on_hyphens=False, break_long_words=False)
    return wrapped(text, width, subsequent_indent=" " * indent)
