"""Which settings of a study a configuration means: `where: {optimizer: sgd, lr: 0.1}`."""

from typing import Any

from lr_atlas.grid import Plan
from lr_atlas.run_identity import compact


def matching_settings(plan: Plan, where: dict) -> list[str]:
    """Names of the plan's settings whose parameters have all the values in `where`.

    where: dict by parameter name; `lr` stands for `learning_rate`.
    """
    wanted = {"learning_rate" if key == "lr" else key: value for key, value in where.items()}
    return list(
        dict.fromkeys(
            run.setting
            for run in plan.runs
            if all(
                key in run.parameters and _same_value(run.parameters[key], value)
                for key, value in wanted.items()
            )
        )
    )


def _same_value(parameter: Any, wanted: Any) -> bool:
    """Whether a parameter, where lists are texts, has the value that a configuration names."""
    if isinstance(wanted, list):
        # Layers are joined by one, numbers of an argument by the other.
        elements = [compact(element) for element in wanted]
        return parameter in ("-".join(elements), "_".join(elements))
    return parameter == wanted
