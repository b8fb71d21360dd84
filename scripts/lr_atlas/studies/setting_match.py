"""Settings of a study that a configuration means: `where: {optimizer: sgd, lr: 0.1}`."""

from typing import Any

from lr_atlas.common.rounding import compact, digits_given, to_digits
from lr_atlas.studies.grid import Plan

_FEWEST_DIGITS = 3


def matching_settings(plan: Plan, where: dict) -> list[str]:
    """Return names of the plan's settings whose parameters have all the values in `where`.

    where: dict by parameter name; `lr` stands for `learning_rate`. Where no setting has exactly
    these values, a number with three digits or more means those that it is when rounded, so that
    what a table or a page shows may be copied.
    """
    wanted = {"learning_rate" if key == "lr" else key: value for key, value in where.items()}
    parameters = {run.setting: run.parameters for run in plan.runs}
    for same in (_same_value, _rounds_to):
        found = [
            setting
            for setting, own in parameters.items()
            if all(key in own and same(own[key], value) for key, value in wanted.items())
        ]
        if found:
            break
    return found


def _rounds_to(parameter: Any, wanted: Any) -> bool:
    """Return whether a parameter is a value, exactly or rounded to that value's digits."""
    if _same_value(parameter, wanted):
        return True
    if not (isinstance(parameter, float) and isinstance(wanted, float)):
        return False
    digits = digits_given(wanted)
    return digits >= _FEWEST_DIGITS and to_digits(parameter, digits) == wanted


def _same_value(parameter: Any, wanted: Any) -> bool:
    """Return whether a parameter, with lists as texts, has the value that a study names."""
    if isinstance(wanted, list):
        # Layers are joined by one, numbers of an argument by the other.
        elements = [compact(element) for element in wanted]
        return parameter in ("-".join(elements), "_".join(elements))
    return parameter == wanted
