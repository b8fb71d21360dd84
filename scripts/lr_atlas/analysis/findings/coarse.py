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
from lr_atlas.common.units import counted

TITLE, SEVERITY, PLACE = "wide gap beside the best learning rate", WARNING, 20


def find(seen: Seen) -> Findings:
    """Yield each such neighbour, with the value between."""
    for row in seen.improvable():
        own, best = siblings(seen.plan, row.best_setting), row.best_learning_rate
        for neighbour, middle in wide_gaps(list(own), best):
            evidence = _not_as_good(row, own[neighbour], seen.analysis)
            if evidence:
                times = max(neighbour, best) / min(neighbour, best)
                yield Finding(
                    f"{row.best_setting} is the best of {row.optimizer}, and {own[neighbour]}, a "
                    f"factor of {times:.3g} away, {evidence}.",
                    more_rates(seen.study, row.optimizer, [middle]),
                    row.optimizer,
                    row.best_setting,
                    (middle,),
                )


def _not_as_good(row: Any, other: str, analysis: Analysis) -> str:
    """Return how it is so; empty if it is within the margin of the best, or has no run."""
    status = analysis.measured.loc[analysis.measured["setting"] == other, "status"]
    if len(status) and (status == "diverged").all():
        return f"diverged in all of its {counted(len(status), 'run')}"
    pair = pair_of(analysis.pairs, row.best_setting, other)
    if pair is None or pair["high"] <= row.plateau_margin or pair.get("size") == LESS:
        return ""
    metric = analysis.metric
    sure = f"{metric.distance(pair['difference'])} ({interval_text(pair, metric)})"
    if pair["verdict"] == INCONCLUSIVE:
        return f"is not shown to be as good: the difference is {sure}"
    return f"is behind by {sure}"
