"""Checks that the schedules of a study fit its runs: their lengths, values and optimizers."""

import math
from collections.abc import Iterator
from typing import Any

from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.optimizer_entries import OptimizerEntry, arguments_of
from lr_atlas.config.study_models import Study
from lr_atlas.data.image_counts import image_counts
from lr_atlas.studies.data_source import DataSource
from lr_atlas.studies.run_lengths import budgets_of
from lr_atlas.studies.schedules import as_configured
from lr_atlas.training.parts import name_of_part
from lr_atlas.training.schedule import CONSTANT, SCHEDULES, Budget, build_schedule
from lr_atlas.training.step_factors import MOMENTA, WEIGHT_DECAY

#: Steps at which a schedule is tried, at most.
_MOST_TRIED = 200
#: The arguments of which an optimizer needs one, by the key of a schedule.
_NEEDED = {"momentum_schedule": MOMENTA, "weight_decay_schedule": (WEIGHT_DECAY,)}


def check_schedules(name: str, study: Study, data: DataSource, file: ConfigFile) -> None:
    """Raise ConfigError for schedules that do not fit the length or the optimizer of a run."""
    images = image_counts(
        *(study.validation, study.training_images), *(data.training_images, 0, data.held_out)
    ).training
    problems = Problems()
    for keys, entry, key, schedule in _schedules(study):
        place = ("studies", name, *keys)
        with problems.noted():
            problem = _without_argument(entry, key) or _unfit(
                schedule, budgets_of(study, entry, images)
            )
            if problem:
                raise file.error(place, problem)
    problems.tell()


def _schedules(study: Study) -> Iterator[tuple[tuple, OptimizerEntry, str, str | dict]]:
    """Yield (keys within the study, entry, key, schedule) of all but constant schedules."""
    for index, entry in enumerate(study.optimizers):
        for key in SCHEDULES:
            own = getattr(entry, key)
            keys = ("optimizers", index, key) if own else (key,)
            for schedule in own or getattr(study, key) or ():
                if schedule != CONSTANT:
                    yield keys, entry, key, as_configured(schedule)


def _without_argument(entry: OptimizerEntry, key: str) -> str:
    """Return what an optimizer lacks that a schedule would change, or ""."""
    needed, found = _NEEDED.get(key, ()), arguments_of(entry)
    there = [each for each in needed if each in found]
    if needed and not there:
        return f"{entry.name} has no {' and no '.join(needed)} that a schedule could change"
    if there and not any(_is_above_zero(value) for each in there for value in found[each]):
        return (
            f"{entry.name} has {there[0]} 0 here, of which every share is 0; set {there[0]}, or "
            f"leave {key} out"
        )
    return ""


def _is_above_zero(value: Any) -> bool:
    """Return whether a momentum or weight decay, or the first of a pair, is one."""
    return bool(value[0] if isinstance(value, list | tuple) else value)


def _unfit(schedule: str | dict, budgets: list[Budget]) -> str:
    """Return why a schedule cannot be that of runs of these lengths, or ""."""
    for budget in budgets:
        assert budget.total is not None
        length = f"in a run of {budget.total} steps, {budget.steps_per_epoch} an epoch"
        try:
            factor = build_schedule(schedule, budget)
            assert factor is not None
            tried = {*range(0, budget.total, -(-budget.total // _MOST_TRIED)), budget.total - 1}
            for step in sorted(tried):
                value = factor(step)
                if not (math.isfinite(value) and value >= 0):
                    return (
                        f"{name_of_part(schedule)} gives {value:g} at step {step + 1}, {length}; a "
                        "factor is a number from 0 on"
                    )
        except ValueError as error:
            return f"{name_of_part(schedule)}: {error}; {length}"
        # A function of the user's own may raise anything.
        except Exception as error:
            return f"{name_of_part(schedule)}: {type(error).__name__}: {error}; {length}"
    return ""
