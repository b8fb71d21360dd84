"""Trunks: the stable part of warm-up/stable/decay runs, which runs of all budgets have in common.

Until its cool-down begins, such a run is the same whatever its budget is, as long as nothing else
in it has to know its end. So the trunk is trained once, and the cool-downs fork from it. It has a
name as a run has, from the configuration without what a budget and a cool-down add.
"""

import bisect

from lr_atlas.studies.run_identity import is_command, run_name
from lr_atlas.training import accumulation
from lr_atlas.training.averaging import NONE, needs_total
from lr_atlas.training.configuration import USUAL, complete_configuration
from lr_atlas.training.parts import name_of_part
from lr_atlas.training.schedule import (
    CONSTANT,
    HORIZON,
    SCHEDULES,
    WARMUP,
    Budget,
    arguments_given,
    budget_of,
    build_schedule,
    needs_end,
    steps_of,
)

#: The schedule that has a stable part, exactly 1.
_STABLE = "warmup_stable_decay"


def trunk_configuration(canonical: dict) -> dict | None:
    """Return the configuration of a run's trunk; None for a run that shares none."""
    if is_command(canonical) or HORIZON not in canonical:
        return None
    schedule = canonical.get(SCHEDULES[0], CONSTANT)
    if name_of_part(schedule) != _STABLE:
        return None
    warmup = {WARMUP: given} if (given := arguments_given(schedule).get(WARMUP)) else {}
    others = [canonical.get(key, CONSTANT) for key in SCHEDULES[1:]]
    # Another one's own file is not looked at in jobs; it is rare enough to be trained alone.
    if any(":" in name_of_part(other) or needs_end(other) for other in others):
        return None
    if needs_end({"name": CONSTANT, **warmup}):
        return None
    if needs_total(canonical.get("average", NONE)):
        return None
    trunk = {key: value for key, value in canonical.items() if key != HORIZON}
    return {**trunk, SCHEDULES[0]: {"name": _STABLE, **warmup}}


def group_name(canonical: dict) -> str:
    """Return the name that all runs have in common that are trained one after the other.

    That is the name of their trunk, or that of a run for all of its lengths.
    """
    trunk = trunk_configuration(canonical)
    return run_name(canonical if trunk is None else trunk)


def shared_steps(canonical: dict, images: int) -> int:
    """Return how many steps of a run are those of its trunk; 0 without one.

    images: that it is trained on.
    """
    if trunk_configuration(canonical) is None:
        return 0
    configuration = complete_configuration(canonical)
    budget = budget_of(configuration, steps_of_images(canonical, images))
    assert budget.total is not None
    return _stable_until(configuration[SCHEDULES[0]], budget)


def steps_of_images(canonical: dict, images: int) -> int:
    """Return the steps of a run's pass over so many images."""
    configuration = complete_configuration(canonical)
    accumulate = configuration.get("accumulate", USUAL["accumulate"])
    return accumulation.steps_of(images, configuration["batch_size"], accumulate)


def _stable_until(schedule: str | dict, budget: Budget) -> int:
    """Return the first step, from 0, at which a schedule falls below 1 for good."""
    factor = build_schedule(schedule, budget)
    assert factor is not None
    assert budget.total is not None
    warmup = steps_of(arguments_given(schedule).get(WARMUP, 0), budget)
    after = range(warmup, budget.total)
    return warmup + bisect.bisect_left(after, True, key=lambda step: factor(step) != 1.0)
