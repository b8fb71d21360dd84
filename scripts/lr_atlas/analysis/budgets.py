"""Count what each optimizer of a study was given: settings, seeds, runs and epochs asked for."""

import pandas as pd

from lr_atlas.locale.speech import mark
from lr_atlas.studies.grid import Plan

#: Kinds of budget, with the columns of `budgets` that say whether they are unequal.
KINDS = {
    mark("settings"): ["settings"],
    mark("seeds"): ["seeds_min", "seeds_max"],
    mark("epochs"): ["epochs"],
    mark("steps"): ["steps"],
}


def budgets(plan: Plan) -> pd.DataFrame:
    """Return a row per optimizer, by its name: settings, learning_rates, seeds, runs, epochs.

    Of a study whose budgets are in steps: steps in the place of epochs.

    seeds_min and seeds_max are the fewest and most of a setting. Counted is what was asked for: a
    run that diverged had as many epochs to learn in as any other. Confirming runs are not counted,
    since they come after the choice.
    """
    table = pd.DataFrame(
        [
            {
                "optimizer": run.parameters["optimizer"],
                "setting": run.setting,
                "learning_rate": run.parameters["learning_rate"],
                plan.unit: int(run.epochs),
            }
            for run in plan.runs
        ]
    )
    by = table.groupby("optimizer", sort=False)
    seeds = table.groupby(["optimizer", "setting"]).size().groupby("optimizer")
    return pd.DataFrame(
        {
            "settings": by["setting"].nunique(),
            "learning_rates": by["learning_rate"].nunique(),
            "seeds_min": seeds.min(),
            "seeds_max": seeds.max(),
            "runs": by.size(),
            plan.unit: by[plan.unit].sum(),
        }
    )


def unit_of_budgets(table: pd.DataFrame) -> str:
    """Return what the budgets of a table such as `budgets` are in: "epochs" or "steps"."""
    return "steps" if "steps" in table and table["steps"].notna().any() else "epochs"


def unequal(table: pd.DataFrame) -> list[str]:
    """Return the kinds of budget in which the optimizers of a table such as `budgets` differ."""
    return [
        kind
        for kind, columns in KINDS.items()
        if any(column in table and table[column].nunique() > 1 for column in columns)
    ]
