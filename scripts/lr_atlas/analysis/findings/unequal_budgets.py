"""Who tries more settings, or trains longer, has better chances (Sivaprasad et al. 2020).

Found when: optimizers are asked for unequal numbers of settings or epochs

What to do: as many for each, or compare the expected best of k, where each has two settings or
more; counted is what was asked for
"""

from lr_atlas.analysis.budgets import budgets, unequal
from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen
from lr_atlas.common.units import counted

TITLE, SEVERITY, PLACE = "unequal budgets", WARNING, 60


def find(seen: Seen) -> Findings:
    """Yield one finding if the optimizers of the plan were not given the same."""
    table = budgets(seen.plan)
    unit = seen.plan.unit
    if not {"settings", unit} & set(unequal(table)):
        return
    given = ", ".join(
        f"{name} {counted(row['settings'], 'setting')} and {counted(row[unit], unit[:-1])}"
        for name, row in table.iterrows()
    )
    fewest, *_, most = table.sort_values(["settings", unit], kind="stable").index
    # The best of one setting says nothing of how well an optimizer can be tuned.
    otherwise = ", or compare them as best of k" if table["settings"].min() > 1 else ""
    yield Finding(
        f"The optimizers were not given the same: {given}.",
        f"Give {fewest} as many settings and {unit} as {most}{otherwise}.",
    )
