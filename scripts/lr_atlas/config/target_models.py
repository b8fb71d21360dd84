"""The key `target` of a study: a value of its metric, or of another that its runs measure."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from lr_atlas.config.config_values import Number

#: A value of the study's metric, or {name of a metric: its value}.
AnyTarget = float | dict[str, float]


def metric_of_target(target: AnyTarget | None) -> str | None:
    """Return the name of the metric that a target names, None for that of its study."""
    return next(iter(target)) if isinstance(target, dict) else None


def value_of_target(target: AnyTarget | None) -> float | None:
    """Return the value that is to be reached, None where there is no target."""
    return next(iter(target.values())) if isinstance(target, dict) else target


def _to_target(given: Any) -> Any:
    """Return a target with its value as a number."""
    if given is None:
        return None
    if not isinstance(given, dict):
        return _number(given)
    if len(given) != 1 or not all(isinstance(name, str) for name in given):
        raise ValueError("one metric and its value belong here, as in target: {loss: 0.3}")
    return {name: _number(value) for name, value in given.items()}


def _number(given: Any) -> float:
    wrong = ValueError("a number belongs here, or a metric and its value, as in {loss: 0.3}")
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise wrong
    try:
        value = float(given) + 0.0  # -0.0 becomes 0.0
    except (ValueError, OverflowError):
        raise wrong from None
    if not math.isfinite(value):
        raise wrong
    return value


Target = Annotated[
    AnyTarget | None,
    BeforeValidator(_to_target, json_schema_input_type=Number | dict[str, Number] | None),
]
