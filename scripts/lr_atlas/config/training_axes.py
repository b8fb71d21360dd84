"""Keys of training that a study sets and an optimizer's entry overrides; lists are axes.

A key more is a field here, a default in training/configuration.py, and what training does with it.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from lr_atlas.config.config_values import AboveZero, Strict, axis
from lr_atlas.config.schedule_values import Schedule
from lr_atlas.config.step_models import Accumulate, AnyAverage, Clip


def _to_radius(value: Any) -> Any:
    """Return a radius as a number, and "none" as it is."""
    wrong = ValueError("none or a radius above 0 belongs here, as in sharpness_aware: 0.05")
    if value == "none":
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong
    try:
        radius = float(value)
    except (ValueError, OverflowError):
        raise wrong from None
    if not 0 < radius < math.inf:
        raise wrong
    return radius


Radius = Annotated[
    Literal["none"] | float,
    BeforeValidator(_to_radius, json_schema_input_type=Literal["none"] | AboveZero),
]


class TrainingAxes(Strict):
    """Hold the keys of training that stand in a study or in an entry; None where in neither."""

    model_config = ConfigDict(defer_build=True)

    schedule: Annotated[list[Schedule], *axis(Schedule)] | None = Field(
        None,
        description="How the learning rate goes over the steps: constant (the default), another "
        "of docs/schedules.md, or one of your own as folder/file.py:thing; with arguments as in "
        "{name: cosine, warmup: 0.05}. A list is an axis. An entry overrides the study.",
    )
    momentum_schedule: Annotated[list[Schedule], *axis(Schedule)] | None = Field(
        None,
        description="How the momentum goes over the steps, of Adam and its like the first beta: "
        "as `schedule`.",
    )
    weight_decay_schedule: Annotated[list[Schedule], *axis(Schedule)] | None = Field(
        None, description="How the weight decay goes over the steps: as `schedule`."
    )
    sharpness_aware: Annotated[list[Radius], *axis(Radius)] | None = Field(
        None,
        description="The radius of sharpness-aware steps (SAM), such as 0.05, or none (the "
        "default): the gradient is taken where the loss is highest nearby; a list is an axis.",
    )
    clip: Annotated[list[Clip], *axis(Clip)] | None = Field(
        None,
        description="To what gradients are clipped: none (the default), the norm of all of them "
        "as 1.0 or {norm: 1.0}, or {value: 0.5} for each number; a list is an axis.",
    )
    accumulate: Annotated[list[Accumulate], *axis(Accumulate)] | None = Field(
        None,
        description="Batches of a step, whose gradients are averaged: 1 by default; a list is an "
        "axis.",
    )
    average: Annotated[list[AnyAverage], *axis(AnyAverage)] | None = Field(
        None,
        description="Which average of the weights is evaluated and kept: none (the default), ema, "
        "swa or tail, or a mapping such as {name: ema, decay: 0.99}; a list is an axis.",
    )
