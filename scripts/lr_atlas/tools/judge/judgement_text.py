"""A judgement in one sentence for people, and as plain values for programs."""

import math
from typing import Any

from lr_atlas.analysis.power import SeedsNeeded
from lr_atlas.report.number_text import ahead, listed, p_text
from lr_atlas.tools.judge.judged_runs import all_notes, in_brackets
from lr_atlas.tools.judge.judgement import (
    ALIKE,
    BETTER,
    INCONCLUSIVE,
    WORSE,
    Comparison,
    Judgement,
    Side,
)

#: None of them is 1 or 2, by which Python and argparse say that there was no verdict.
EXIT_CODES = {BETTER: 0, WORSE: 10, INCONCLUSIVE: 20, ALIKE: 30}
#: So many seeds are no advice.
_NOBODY_RUNS = 1000


def judgement_lines(judgement: Judgement) -> list[str]:
    """Return a sentence for each group, that on the verdict first."""
    first = judgement.decisive
    others = [each for each in judgement.comparisons if each is not first]
    return [sentence_of(each, judgement) for each in (first, *others)]


def sentence_of(comparison: Comparison, judgement: Judgement) -> str:
    """Return the sentence on one group."""
    group, baseline = comparison.group.group, comparison.baseline.group
    name = judgement.judged.metric
    if comparison.why:
        return f"Inconclusive: {group} against {baseline} in {name}: {comparison.why}."
    size = judgement.judged.imported.metric.distance(abs(comparison.difference))
    interval = _interval(comparison, judgement)
    if comparison.verdict in (BETTER, WORSE):
        said = f"{group} is {comparison.verdict} than {baseline} by {size} in {name}"
        return f"{said} {interval}."
    if comparison.verdict == ALIKE:
        margin = judgement.judged.imported.metric.distance(judgement.rules.matters or 0.0)
        said = f"{group} and {baseline} are alike within {margin} in {name}"
        return f"{said} {interval}."
    side = "ahead of" if comparison.difference >= 0 else "behind"
    return (
        f"Inconclusive: {group} is {side} {baseline} by {size} in {name} {interval}; "
        f"{_more_text(comparison.more, judgement.rules.look)}."
    )


def judgement_values(judgement: Judgement) -> dict[str, Any]:
    """Return the judgement as JSON has it; what is not known is None."""
    decisive, judged = judgement.decisive, judgement.judged
    return {
        "verdict": decisive.verdict,
        "sentence": sentence_of(decisive, judgement),
        "exit_code": EXIT_CODES[decisive.verdict],
        "metric": judged.metric,
        "better_is": "higher" if judged.imported.metric.sign > 0 else "lower",
        "by": judged.by,
        **_comparison_values(decisive, judgement),
        "level": judgement.rules.level,
        "look": judgement.rules.look,
        "level_of_look": judgement.rules.here,
        "matters": judgement.rules.matters,
        "comparisons": [
            {"verdict": each.verdict, **_comparison_values(each, judgement)}
            for each in judgement.comparisons
        ],
        "notes": all_notes(judged),
    }


def _comparison_values(comparison: Comparison, judgement: Judgement) -> dict[str, Any]:
    group, baseline = comparison.group, comparison.baseline
    matters = judgement.rules.matters
    return {
        "group": group.group,
        "baseline": baseline.group,
        "difference": finite(comparison.difference),
        "low": finite(comparison.low),
        "high": finite(comparison.high),
        "p": finite(comparison.p),
        "method": comparison.method,
        **_side_values("", group),
        **_side_values("baseline_", baseline),
        "at_least_what_matters": None if matters is None else bool(comparison.low >= matters),
        "smallest_difference": finite(comparison.smallest_difference),
        "more_seeds": None if comparison.more is None else comparison.more._asdict(),
        "why": comparison.why,
    }


def _side_values(prefix: str, side: Side) -> dict[str, Any]:
    return {
        f"{prefix}mean": finite(side.mean),
        f"{prefix}n": side.n,
        f"{prefix}diverged": side.diverged,
        f"{prefix}settings": side.settings,
        f"{prefix}setting": side.setting,
    }


def finite(value: float) -> float | None:
    """Return a number as JSON can have it: None for one that is not known."""
    return float(value) if math.isfinite(value) else None


def _interval(comparison: Comparison, judgement: Judgement) -> str:
    """Return such as "(95 % interval +0.001 to +0.007, p = 0.012, n = 5 and 5)"."""
    metric, rules = judgement.judged.imported.metric, judgement.rules
    ends = f"{ahead(metric, comparison.low)} to {ahead(metric, comparison.high)}"
    p = p_text(comparison.p)
    several = len(judgement.comparisons)
    parts = [
        f"{100 * (1 - rules.here):.4g} % interval {ends}",
        f"p {p}" if p.startswith("<") else f"p = {p}",
        f"n = {comparison.group.n} and {comparison.baseline.n}",
        *_picked(comparison),
        *([f"{several} comparisons allowed for"] if several > 1 else []),
        *([f"look {rules.look}"] if rules.look > 1 else []),
    ]
    return f"({', '.join(parts)})"


def _picked(comparison: Comparison) -> list[str]:
    """Return at which settings the groups were best, where they had several."""
    sides = [each for each in (comparison.group, comparison.baseline) if each.settings > 1]
    if not sides:
        return []
    told = [
        f"{each.settings} settings of {each.group}{in_brackets(each.setting)}" for each in sides
    ]
    return [f"best of {listed(told)}"]


def _more_text(more: SeedsNeeded | None, look: int) -> str:
    """Return how many more seeds would decide, of a comparison that has an interval."""
    assert more is not None
    if more.seeds >= _NOBODY_RUNS:
        return "if it is as small as it seems, thousands of further seeds do not show it"
    most = "thousands" if more.high >= _NOBODY_RUNS else more.high
    seeds = "seed" if more.seeds == 1 else "seeds"
    return (
        f"if it is as large as it seems, about {more.seeds} more {seeds} of each ({more.low} to "
        f"{most}) decide, judged as look {look + 1}"
    )
