"""The best learning rate is the lowest or highest tried (tuning playbook).

Found when: an optimizer's best learning rate is the lowest or the highest of those that were run
with its other parameters, or the only one

What to do: go on at the ratio that the grid has there; from a single value, a decade to both sides
"""

from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen, listed, more_rates
from lr_atlas.analysis.next_grid import beyond, learning_rates, siblings, sides
from lr_atlas.common.rounding import rounded_texts

TITLE, SEVERITY, PLACE = "best learning rate lies at the end of the grid", WARNING, 10


def find(seen: Seen) -> Findings:
    """Yield each optimizer whose grid can go on beyond its best learning rate."""
    names = {"low": "lowest", "high": "highest"}
    for row in seen.improvable():
        rates = list(siblings(seen.plan, row.best_setting))
        # A rate that was asked for counts although its runs are missing: beside it is no edge.
        ends = {"low": rates[0], "high": rates[-1]}
        at = [side for side in sides(row.at_edge) if row.best_learning_rate == ends[side]]
        further = {side: beyond(rates, side) for side in at}
        added = {names[side]: rate for side, rate in further.items() if rate is not None}
        if not added:
            continue
        shown = f"the {' and the '.join(added)} of {listed(rates)}"
        if len(rates) == 1:
            shown = "the only one"
        if len(rates) < len(learning_rates(seen.plan, row.optimizer)):
            shown += " that was run with its other parameters"
        yield Finding(
            f"The best learning rate of {row.optimizer}, "
            f"{rounded_texts(rates)[row.best_learning_rate]}, is {shown}.",
            more_rates(seen.study, row.optimizer, added.values()),
            row.optimizer,
            row.best_setting,
            tuple(added.values()),
        )
