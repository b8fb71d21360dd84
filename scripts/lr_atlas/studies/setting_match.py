"""Settings of a study that a configuration means: `where: {optimizer: sgd, lr: 0.1}`."""

from typing import Any

from lr_atlas.common.rounding import compact, digits_given, to_digits
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.parameters import part_text
from lr_atlas.studies.run_identity import text_of_groups
from lr_atlas.training.configuration import USUAL_GROUPS
from lr_atlas.training.parts import short_name

_FEWEST_DIGITS = 3


def matching_settings(plan: Plan, where: dict) -> list[str]:
    """Return names of the plan's settings whose parameters have all the values in `where`.

    where: dict by parameter name; `lr` stands for `learning_rate`. Where no setting has exactly
    these values, a number with three digits or more means those that it is when rounded, so that
    what a table or a page shows may be copied. A value with arguments may be as the study has it,
    `{name: cosine, warmup: 0.05}`, or as tables do, "cosine-warmup0.05".
    """
    wanted = _as_in_tables(where)
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


def nearest_settings(plan: Plan, where: dict) -> list[str]:
    """Return names of all settings, those that have most of the values in `where` first."""
    wanted = _as_in_tables(where)
    parameters = {run.setting: run.parameters for run in plan.runs}

    def unlike(setting: str) -> int:
        own = parameters[setting]
        return sum(
            key not in own or not _rounds_to(own[key], value) for key, value in wanted.items()
        )

    return sorted(plan.settings, key=unlike)


def _as_in_tables(where: dict) -> dict:
    """Return the values by the names of their columns, those with arguments as texts."""
    return {
        "learning_rate" if key == "lr" else key: _text_in_tables(key, value)
        for key, value in where.items()
    }


def _text_in_tables(key: str, value: Any) -> Any:
    """Return a thing's name without its package or file, with arguments; numbers as they are."""
    if key == "optimizer" and isinstance(value, str):
        return short_name(value).rpartition(".")[2]
    if not isinstance(value, dict):
        return value
    is_grouping = key in USUAL_GROUPS and (key != "rest" or {"name", "lr"} <= value.keys())
    return text_of_groups(key, value) if is_grouping else part_text(value)


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
