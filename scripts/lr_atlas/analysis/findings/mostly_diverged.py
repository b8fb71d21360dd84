"""Most runs of an optimizer diverged.

Found when: more than half an optimizer's runs diverged

What to do: a lower learning rate
"""

from typing import Any

from lr_atlas.analysis.finding import MOST, WARNING, Finding, Findings, Seen, listed, more_rates
from lr_atlas.analysis.next_grid import beyond, learning_rates
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say

TITLE, SEVERITY, PLACE = mark("most runs of an optimizer diverged"), WARNING, 70


def find(seen: Seen) -> Findings:
    """Yield each optimizer of which that is so, with a lower learning rate if there is one."""
    for row in seen.analysis.optimizers.itertuples():
        if row.diverged_share <= MOST:
            continue
        rates = learning_rates(seen.plan, row.optimizer)
        lower = beyond(rates, "low")
        yield Finding(
            _evidence(row, rates),
            more_rates(seen.study, row.optimizer, [lower])
            if lower
            else say("Change the optimizer's other arguments."),
            row.optimizer,
            values=(lower,) if lower else (),
        )


def _evidence(row: Any, rates: list[float]) -> str:
    values = {"diverged": row.diverged, "optimizer": row.optimizer, "rates": listed(rates)}
    values["runs"] = counted(row.present, "run")
    if len(rates) == 1:
        return say(
            "{diverged} of {runs} of {optimizer} diverged; its learning rate is {rates}.", **values
        )
    return say(
        "{diverged} of {runs} of {optimizer} diverged; its learning rates are {rates}.", **values
    )
