"""Groups of runs against a baseline: better, worse, alike, or not to be told apart yet.

Each group enters with its best setting, which is judged as the largest of its settings; all
comparisons share one error (Bonferroni); a further look at more runs has less of it, see
`analysis.looks`. These are the verdicts of a study, by the same functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.looks import level_of_look
from lr_atlas.analysis.pair_rows import have_diverged, judge_pairs, named_pairs
from lr_atlas.analysis.power import SeedsNeeded, seeds_needed
from lr_atlas.analysis.seeds import run_scores, scores
from lr_atlas.analysis.verdicts import BETWEEN, CHOOSING
from lr_atlas.common.errors import UserError
from lr_atlas.tools.judge.judged_runs import JudgedRuns, scored_runs

BETTER, INCONCLUSIVE, ALIKE, WORSE = "better", "inconclusive", "alike", "worse"
#: Among several groups the first of these that any group has decides.
_ORDER = (BETTER, INCONCLUSIVE, ALIKE, WORSE)


@dataclass(frozen=True)
class Rules:
    """Say how runs are judged.

    Attributes:
        level: The probability of any false verdict at a first look.
        matters: The smallest difference that matters, in the metric's own unit; None for none.
        look: The number of this look at the question, from 1.
    """

    level: float = 0.05
    matters: float | None = None
    look: int = 1

    @property
    def here(self) -> float:
        """Return the probability of any false verdict at this look."""
        return level_of_look(self.look, self.level)


@dataclass(frozen=True)
class Side:
    """One of two groups: its best setting, with how many it was picked among."""

    group: str
    settings: int
    setting: dict[str, Any] | None = None
    n: int = 0
    diverged: int = 0
    mean: float = np.nan


@dataclass(frozen=True)
class Comparison:
    """A group against the baseline; a difference is above 0 where the group is better.

    Attributes:
        why: Why nothing can be said; empty otherwise.
        more: How many further runs of each setting would decide, where nothing is shown yet.
    """

    group: Side
    baseline: Side
    verdict: str = INCONCLUSIVE
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    method: str = ""
    smallest_difference: float = np.nan
    more: SeedsNeeded | None = None
    why: str = ""


@dataclass(frozen=True)
class Judgement:
    """All groups against the baseline, with the rules."""

    comparisons: tuple[Comparison, ...]
    rules: Rules
    judged: JudgedRuns

    @property
    def decisive(self) -> Comparison:
        """Return the comparison that the verdict on all groups is read from."""
        return min(
            self.comparisons,
            key=lambda each: (_ORDER.index(each.verdict), -np.nan_to_num(each.difference)),
        )


def judge(judged: JudgedRuns, baseline: str | None, rules: Rules) -> Judgement:
    """Return the verdicts on all groups against one, the first where none is named.

    Raises UserError where there are not two groups.
    """
    against = judged.named(baseline)
    others = [name for name in judged.groups if name != against]
    if not others:
        raise UserError(
            f"all runs have {judged.by} '{against}', so there is nothing to compare it with; name "
            "the column that tells groups apart (--by)"
        )
    scored = scored_runs(judged)
    best = best_settings(scored, judged.imported.metric)
    sides = {name: _side(judged, scored, name, best.get(name)) for name in judged.groups}
    known = [name for name in others if name in best and against in best]
    rows = _rows(judged, scored, [(best[name], best[against]) for name in known], rules)
    comparisons = [
        _compared(sides[name], sides[against], rows.loc[known.index(name)], rules, judged.why_apart)
        if name in known
        else Comparison(sides[name], sides[against], why=_why_not_scored(sides, name, against))
        for name in others
    ]
    return Judgement(tuple(comparisons), rules, judged)


def _side(judged: JudgedRuns, scored: pd.DataFrame, group: str, setting: str | None) -> Side:
    """Return a group by its best setting; None for one that has no setting with a score."""
    settings = judged.runs.loc[judged.runs["optimizer"] == group, "setting"].nunique()
    if setting is None:
        return Side(group, settings)
    own = scored[scored["setting"] == setting]
    values = run_scores(own, judged.imported.metric)
    diverged = int((own["status"] == "diverged").sum())
    told = judged.parameters_of(setting)
    return Side(group, settings, told, len(values), diverged, float(values.mean()))


def _rows(
    judged: JudgedRuns, scored: pd.DataFrame, named: Sequence[tuple[str, str]], rules: Rules
) -> pd.DataFrame:
    """Return the table of pairs, a row for each group with its best setting against another."""
    metric = judged.imported.metric
    table = metric.sign * scores(scored, metric)
    owners = scored.drop_duplicates("setting").set_index("setting")["optimizer"]
    # A setting that cannot be scored was tried as well.
    picked = judged.runs.drop_duplicates("setting")["optimizer"].value_counts()
    return judge_pairs(
        table,
        have_diverged(scored, table),
        named_pairs(table, named, owners, picked, True),
        rules.here,
        0.0,
        sign=metric.sign,
        about={"question": BETWEEN, "metric": metric.validation, "runs": CHOOSING},
        significance=rules.level,
    )


def _compared(
    group: Side, baseline: Side, row: pd.Series, rules: Rules, why_apart: str
) -> Comparison:
    """Return a comparison by its row of the table of pairs."""
    known = bool(np.isfinite(row["low"]))
    verdict = _verdict(row["low"], row["high"], rules.matters)
    return Comparison(
        group,
        baseline,
        verdict,
        difference=float(row["difference"]),
        low=float(row["low"]),
        high=float(row["high"]),
        p=float(row["p"]),
        method=row["method"] if known else "",
        smallest_difference=float(row["smallest_difference"]),
        more=_more(row, rules) if known and verdict == INCONCLUSIVE else None,
        why="" if known else f"an interval takes two runs of each{why_apart}",
    )


def _verdict(low: float, high: float, matters: float | None) -> str:
    if matters is not None and -matters < low and high < matters:
        return ALIKE
    if low > 0:
        return BETTER
    return WORSE if high < 0 else INCONCLUSIVE


def _more(row: pd.Series, rules: Rules) -> SeedsNeeded:
    """Return how many further runs of each setting would decide, at the next look.

    They would where the difference is as large as it seems. With a margin that matters, to show
    that there is less decides as well.
    """
    n, size = int(row["n"]), abs(row["difference"])
    found = seeds_needed(
        size if rules.matters is None else max(size, rules.matters - size),
        row["error"],
        row["df"],
        n,
        level=row["level"] * level_of_look(rules.look + 1, rules.level) / rules.here,
        picked=int(row["picked_first" if row["difference"] > 0 else "picked_second"]),
    )
    return SeedsNeeded(*(max(1, seeds - n) for seeds in found))


def _why_not_scored(sides: dict[str, Side], *groups: str) -> str:
    names = [name for name in groups if sides[name].setting is None]
    return (
        f"runs of {' and '.join(names)} diverged, and nothing says what such a run counts as; "
        "--chance is the value that guessing gives"
    )
