"""Who tries more settings, or trains longer, has better chances (Sivaprasad et al. 2020).

Found when: optimizers are asked for unequal numbers of settings or epochs

What to do: as many for each, or compare the expected best of k, where each has two settings or
more; counted is what was asked for
"""

from lr_atlas.analysis.budgets import budgets, unequal
from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say, say_counted, say_word

TITLE, SEVERITY, PLACE = mark("unequal budgets"), WARNING, 60
#: The units of budgets; the other one is said elsewhere.
_STEPS = mark("steps")


def find(seen: Seen) -> Findings:
    """Yield one finding if the optimizers of the plan were not given the same."""
    table = budgets(seen.plan)
    unit = seen.plan.unit
    if not {"settings", unit} & set(unequal(table)):
        return
    given = ", ".join(
        say(
            "{optimizer} {settings} and {length}",
            optimizer=name,
            settings=counted(row["settings"], "setting"),
            length=_length(row[unit], unit),
        )
        for name, row in table.iterrows()
    )
    fewest, *_, most = table.sort_values(["settings", unit], kind="stable").index
    # The best of one setting says nothing of how well an optimizer can be tuned.
    is_tuned = table["settings"].min() > 1
    values = {"fewest": fewest, "unit": say_word(unit), "most": most}
    yield Finding(
        say("The optimizers were not given the same: {given}.", given=given),
        say(
            "Give {fewest} as many settings and {unit} as {most}, or compare them as best of k.",
            **values,
        )
        if is_tuned
        else say("Give {fewest} as many settings and {unit} as {most}.", **values),
    )


def _length(length: int, unit: str) -> str:
    """Return such as "12 epochs", all digits of a large number."""
    if unit == _STEPS:
        return say_counted("{count} step", "{count} steps", length)
    return say_counted("{count} epoch", "{count} epochs", length)
