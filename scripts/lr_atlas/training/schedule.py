"""Schedules of a run: how its learning rate, momentum and weight decay go over the steps.

A schedule is given by its name, or as {"name": str, arguments…, "warmup": …}. Its function is a
pure one of the step, and keeps nothing between steps, so that a run goes on from any of them. What
else it is given, the names of its parameters tell: `total`, the steps from the end of the warm-up
to the end of the run, and `steps_per_epoch`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from lr_atlas.training.configuration import DEFAULTS
from lr_atlas.training.parts import load_part, name_of_part
from lr_atlas.training.schedules._units import LENGTH, MOMENT
from lr_atlas.training.step_factors import UNCHANGED, StepFactors

Schedule = Callable[[int], float]

#: The keys of schedules, in the order of the fields of StepFactors.
SCHEDULES = ("schedule", "momentum_schedule", "weight_decay_schedule")
#: The key of the budget of a run that has to know where it ends.
HORIZON = "horizon"
#: The schedule that changes nothing.
CONSTANT = DEFAULTS["schedule"]
#: The argument that every schedule has.
WARMUP = "warmup"
#: Points of a line that shows how a schedule goes.
_POINTS = 300
TOTAL, STEPS_PER_EPOCH = "total", "steps_per_epoch"


@dataclass(frozen=True)
class Budget:
    """Hold the length of a run, as far as its schedules have to know."""

    steps_per_epoch: int
    total: int | None = None  # steps; None where no schedule has to know


class Schedules:
    """All schedules of one run."""

    def __init__(self, configuration: dict, steps_per_epoch: int) -> None:
        """Build those of a complete configuration. Raises ValueError as `build_schedule`."""
        budget = budget_of(configuration, steps_per_epoch)
        given = [configuration.get(key, CONSTANT) for key in SCHEDULES]
        self._steps_per_epoch = steps_per_epoch
        self._found = [build_schedule(each, budget) for each in given]

    def factors(self, first: int, count: int) -> StepFactors:
        """Return the factors of `count` steps from the step `first`, from 0, of the run on."""
        if not any(self._found):
            return UNCHANGED
        steps = range(first, first + count)
        return StepFactors(*([*map(each, steps)] if each else () for each in self._found))

    def courses(self, steps: int) -> dict[str, str]:
        """Return by key how each schedule goes that is not constant, over so many steps of a run.

        As points "epoch factor", with commas between: so many that a line shows its form.
        """
        chosen = sorted({*range(0, steps, -(-steps // _POINTS)), steps - 1})
        return {
            key: ", ".join(
                f"{step / self._steps_per_epoch:.6g} {each(step):.6g}" for step in chosen
            )
            for key, each in zip(SCHEDULES, self._found, strict=True)
            if each
        }


def is_scheduled(configuration: dict) -> bool:
    """Return whether something changes over the steps of a run of a complete configuration."""
    return any(configuration.get(key, CONSTANT) != CONSTANT for key in SCHEDULES)


def budget_of(configuration: dict, steps_per_epoch: int) -> Budget:
    """Return the budget that stands in a run's configuration as its horizon, if one does."""
    horizon = configuration.get(HORIZON)
    if horizon is None:
        return Budget(steps_per_epoch)
    in_steps = "steps" in horizon
    return Budget(
        steps_per_epoch, horizon["steps"] if in_steps else horizon["epochs"] * steps_per_epoch
    )


def arguments_given(schedule: str | dict) -> dict[str, Any]:
    """Return the arguments that a schedule is given with, its warm-up among them."""
    return {} if isinstance(schedule, str) else {k: v for k, v in schedule.items() if k != "name"}


def needs_end(schedule: str | dict) -> bool:
    """Return whether a schedule has to know where the run ends. Raises as `load_part`."""
    given = arguments_given(schedule)
    parameters = inspect.signature(load_part("schedule", name_of_part(schedule))).parameters
    lengths = [given.get(key, parameters[key].default) for key in _units(parameters)]
    return TOTAL in parameters or any(map(_has_share, [given.get(WARMUP, 0), *lengths]))


def build_schedule(schedule: str | dict, budget: Budget) -> Schedule | None:
    """Return the function of the step, from 0, that gives the factor; None if it is always 1.

    Raises ValueError for arguments that do not fit the budget or the function.
    """
    if schedule == CONSTANT:
        return None
    given = arguments_given(schedule)
    warmup = steps_of(given.pop(WARMUP, 0), budget)
    total = budget.total
    if total is not None and warmup >= total:
        raise ValueError(
            f"a warm-up of {warmup} steps leaves nothing of the run, which has {total}"
        )
    function = load_part("schedule", name_of_part(schedule))
    parameters = inspect.signature(function).parameters
    given |= _resolved(parameters, given, budget, warmup)
    for key in handed_over(parameters):
        if key == TOTAL:
            assert total is not None
            given[TOTAL] = total - warmup
        else:
            given[key] = budget.steps_per_epoch
    first = function(0, **given) if warmup else 1.0

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup * first
        return float(function(step - warmup, **given))

    return factor


def steps_of(length: float | dict, budget: Budget) -> int:
    """Return a number of steps, given as such, as a share of the run below 1, or in epochs.

    Shares and parts of epochs are rounded to whole steps, half ones to even numbers; one at least.
    """
    if isinstance(length, dict):
        return max(1, round(length["epochs"] * budget.steps_per_epoch))
    if 0 < length < 1:
        assert budget.total is not None
        return max(1, round(length * budget.total))
    return int(length)


def _resolved(
    parameters: Mapping[str, inspect.Parameter], given: dict, budget: Budget, warmup: int
) -> dict[str, Any]:
    """Return in steps the arguments that are lengths or moments, defaults among them.

    Raises ValueError for a moment within the warm-up.
    """
    found = {}
    for key, unit in _units(parameters).items():
        value = given.get(key, parameters[key].default)
        values = value if isinstance(value, list | tuple) else [value]
        steps = [None if each is None else steps_of(each, budget) for each in values]
        if unit == MOMENT:
            steps = [_after_warmup(key, each, warmup) for each in filter(None, steps)]
        found[key] = steps if isinstance(value, list | tuple) else steps[0]
    return found


def _after_warmup(key: str, moment: int, warmup: int) -> int:
    """Return a moment counted from the end of the warm-up. Raises ValueError if it lies before."""
    if moment < warmup:
        raise ValueError(f"{key}: step {moment} lies within the warm-up of {warmup} steps")
    return moment - warmup


def _units(parameters: Mapping[str, inspect.Parameter]) -> dict[str, str]:
    """Return LENGTH or MOMENT by the name of each parameter that is one."""
    found = {}
    for key, parameter in parameters.items():
        unit = next((each for each in (LENGTH, MOMENT) if _holds(parameter.annotation, each)), None)
        if unit:
            found[key] = unit
    return found


def _holds(annotation: Any, unit: str) -> bool:
    return annotation == unit or any(_holds(each, unit) for each in get_args(annotation))


def _has_share(value: Any) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(each, float) and 0 < each < 1 for each in values)


def handed_over(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    """Return the parameters that training gives a value, beside the step and what is configured.

    Those are `total`, and the steps of an epoch: `steps_per_epoch`, or a second parameter without a
    default that has another name.
    """
    kind, empty = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty
    needed = [each.name for each in parameters.values() if each.kind == kind]
    needed = [name for name in needed if parameters[name].default is empty]
    found = [name for name in (TOTAL, STEPS_PER_EPOCH) if name in parameters]
    return found or needed[1:2]
