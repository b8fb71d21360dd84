"""A schedule as it stands in `config.yaml`: its name, or its name with arguments.

One of one's own is a function of (step, total), (step, steps_per_epoch) or (step). That such a
one has to know its end is written beside it here, where its file is looked at: jobs do not.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from lr_atlas.config.config_values import to_whole
from lr_atlas.config.own_parts import OWN_PATTERN, checked_name, is_own
from lr_atlas.config.part_arguments import (
    arguments_of_ours,
    refuse_unknown,
    with_arguments,
)
from lr_atlas.training.parts import names
from lr_atlas.training.schedule import WARMUP, needs_end
from lr_atlas.training.schedules._units import LENGTH, MOMENT

#: Other names of schedules that many know them by.
_CALLED = {"wsd": "warmup_stable_decay"}
#: Says of a schedule of one's own that it has to know its end; no part of a run's configuration.
NEEDS_END = "needs end"

_LENGTH = (
    "a share of the run below 1, or a number of steps, as in 0.05 or 500; epochs are written "
    "{epochs: 3}"
)


def _schedule(value: Any, info: ValidationInfo) -> Any:
    """Return a schedule in its one spelling: its name, or {"name": str, arguments…}."""
    given = {"name": value} if isinstance(value, str) else value
    called = given.get("name") if isinstance(given, dict) else None
    if not isinstance(called, str):
        raise ValueError(
            "the name of a schedule belongs here, or one with arguments, as in "
            "{name: cosine, warmup: 0.05}"
        )
    name = _CALLED.get(called, called)
    if info.context is None and is_own(name):
        return value
    arguments = {key: each for key, each in given.items() if key not in ("name", WARMUP)}
    warmup = _length(f"{name}: '{WARMUP}'", given[WARMUP]) if given.get(WARMUP, 0) != 0 else 0
    if not is_own(checked_name("schedule", name, info, arguments)):
        _refuse_unknown_to(name, arguments)
        arguments = _with_lengths(name, arguments)
    found = with_arguments("schedule", {"name": name, **arguments}, info)
    found = {"name": found} if isinstance(found, str) else found
    found |= {WARMUP: warmup} if warmup else {}
    if is_own(name) and needs_end(found):
        found |= {NEEDS_END: True}
    return found if len(found) > 1 else found["name"]


def _refuse_unknown_to(name: str, arguments: dict[str, Any]) -> None:
    """Raise ValueError for an argument that a schedule of ours does not have."""
    refuse_unknown(name, arguments, [*arguments_of_ours("schedule", name), WARMUP])


def _with_lengths(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments, lengths and moments in their one spelling."""
    known = arguments_of_ours("schedule", name)
    found = dict(arguments)
    for key, value in arguments.items():
        where = f"{name}: '{key}'"
        if known[key].unit not in (LENGTH, MOMENT):
            continue
        if not isinstance(known[key].default, list):
            found[key] = _length(where, value)
        elif isinstance(value, list) and value:
            found[key] = [_length(where, each) for each in value]
        else:
            raise ValueError(f"{where} takes a list, each {_LENGTH}; found {value!r}")
    return found


def _length(where: str, value: Any) -> Any:
    """Return a length as an int of steps, a float share, or {"epochs": number}."""
    if isinstance(value, dict) and set(value) == {"epochs"}:
        epochs = to_whole(value["epochs"])
        if isinstance(epochs, int | float) and not isinstance(epochs, bool) and epochs > 0:
            return {"epochs": epochs}
    whole = to_whole(value)
    is_number = isinstance(whole, int | float) and not isinstance(whole, bool)
    if is_number and (0 < whole < 1 or (isinstance(whole, int) and whole >= 1)):
        return whole
    raise ValueError(f"{where} takes {_LENGTH}; found {value!r}")


_OURS = {"enum": [*names("schedule"), *_CALLED]}
_OWN = {"type": "string", "pattern": OWN_PATTERN}
_NAMED = {
    "type": "object",
    "properties": {"name": {"anyOf": [_OURS, _OWN]}},
    "required": ["name"],
}

Schedule = Annotated[
    str | dict[str, Any],
    BeforeValidator(_schedule),
    WithJsonSchema({"anyOf": [_OURS, _OWN, _NAMED]}),
]
