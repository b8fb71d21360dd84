"""Most runs of an optimizer diverged.

Found when: more than half an optimizer's runs diverged

What to do: a lower learning rate
"""

from lr_atlas.analysis.finding import MOST, WARNING, Finding, Findings, Seen, listed, more_rates
from lr_atlas.analysis.next_grid import beyond, learning_rates
from lr_atlas.common.units import counted

TITLE, SEVERITY, PLACE = "most runs of an optimizer diverged", WARNING, 70


def find(seen: Seen) -> Findings:
    """Yield each optimizer of which that is so, with a lower learning rate if there is one."""
    for row in seen.analysis.optimizers.itertuples():
        if row.diverged_share <= MOST:
            continue
        rates = learning_rates(seen.plan, row.optimizer)
        lower = beyond(rates, "low")
        yield Finding(
            f"{row.diverged} of {counted(row.present, 'run')} of {row.optimizer} diverged; its "
            f"{'learning rate is' if len(rates) == 1 else 'learning rates are'} {listed(rates)}.",
            more_rates(seen.study, row.optimizer, [lower])
            if lower
            else "Change the optimizer's other arguments.",
            row.optimizer,
            values=(lower,) if lower else (),
        )
