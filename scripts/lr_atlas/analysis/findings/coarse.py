"""A neighbour of the best setting is a decade away and not shown to be as good.

Found when: a setting that differs from an optimizer's best in the learning rate alone is a decade
away or more, and not shown to be within the margin of it (the table of pairs)

What to do: add the geometric middle
"""

from typing import Any

from lr_atlas.analysis.answer_tables import Analysis
from lr_atlas.analysis.finding import (
    WARNING,
    Finding,
    Findings,
    Seen,
    interval_text,
    more_rates,
    pair_of,
)
from lr_atlas.analysis.mattering import LESS
from lr_atlas.analysis.next_grid import siblings, wide_gaps
from lr_atlas.analysis.pair_rows import INCONCLUSIVE
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("wide gap beside the best learning rate"), WARNING, 20


def find(seen: Seen) -> Findings:
    """Yield each such neighbour, with the value between."""
    for row in seen.improvable():
        own, best = siblings(seen.plan, row.best_setting), row.best_learning_rate
        for neighbour, middle in wide_gaps(list(own), best):
            times = max(neighbour, best) / min(neighbour, best)
            evidence = _not_as_good(row, own[neighbour], times, seen.analysis)
            if evidence:
                yield Finding(
                    evidence,
                    more_rates(seen.study, row.optimizer, [middle]),
                    row.optimizer,
                    row.best_setting,
                    (middle,),
                )


def _not_as_good(row: Any, other: str, times: float, analysis: Analysis) -> str:
    """Return how it is so; empty if it is within the margin of the best, or has no run."""
    values = {"best": row.best_setting, "optimizer": row.optimizer, "other": other, "times": times}
    status = analysis.measured.loc[analysis.measured["setting"] == other, "status"]
    if len(status) and (status == "diverged").all():
        return say(
            "{best} is the best of {optimizer}, and {other}, a factor of {times:.3g} away, "
            "diverged in all of its {runs}.",
            runs=counted(len(status), "run"),
            **values,
        )
    pair = pair_of(analysis.pairs, row.best_setting, other)
    if pair is None or pair["high"] <= row.plateau_margin or pair.get("size") == LESS:
        return ""
    metric = analysis.metric
    values["difference"] = metric.distance(pair["difference"])
    values["interval"] = interval_text(pair, metric)
    if pair["verdict"] == INCONCLUSIVE:
        return say(
            "{best} is the best of {optimizer}, and {other}, a factor of {times:.3g} away, is not "
            "shown to be as good: the difference is {difference} ({interval}).",
            **values,
        )
    return say(
        "{best} is the best of {optimizer}, and {other}, a factor of {times:.3g} away, is behind "
        "by {difference} ({interval}).",
        **values,
    )
