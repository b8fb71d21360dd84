"""Schedules of a study's runs, and whether a run has to know where it ends."""

from collections.abc import Mapping, Set

from lr_atlas.common.lengths import unit_of
from lr_atlas.config.own_parts import is_own
from lr_atlas.config.schedule_values import NEEDS_END
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.averaging import NONE, needs_total
from lr_atlas.training.parts import name_of_part
from lr_atlas.training.schedule import HORIZON, SCHEDULES, needs_end


def with_horizon(full: dict, length: int) -> dict:
    """Return the configuration of a run with its budget, if something in it has to know its end.

    full: schedules as a study has them. Without one, a longer run goes on from a shorter one.
    """
    found = {key: full[key] for key in SCHEDULES if key in full}
    plain = {key: as_configured(schedule) for key, schedule in found.items()}
    if any(map(_knows_end, found.values())) or needs_total(full.get("average", NONE)):
        plain[HORIZON] = {unit_of(length): int(length)}
    return {**full, **plain}


def other_ends(configuration: dict, there: Mapping[int, Set[str]]) -> tuple[int, ...]:
    """Return for which lengths there are runs that differ from one in their horizon alone.

    configuration: canonical, of a run. there: names of runs by their lengths.
    """
    if HORIZON not in configuration:
        return ()
    return tuple(
        sorted(
            length
            for length, names in there.items()
            if (end := {unit_of(length): int(length)}) != configuration[HORIZON]
            and run_name({**configuration, HORIZON: end}) in names
        )
    )


def _knows_end(schedule: str | dict) -> bool:
    if is_own(name_of_part(schedule)):  # whose file was looked at when the study was read
        return isinstance(schedule, dict) and NEEDS_END in schedule
    return needs_end(schedule)


def as_configured(schedule: str | dict) -> str | dict:
    """Return a schedule as it stands in a run's configuration."""
    if isinstance(schedule, str):
        return schedule
    plain = {key: value for key, value in schedule.items() if key != NEEDS_END}
    return plain if len(plain) > 1 else str(plain["name"])
