"""Ranges of numbers in place of lists: `lr: {log: [1e-5, 1], points: 12}`.

A range is read as the list of its values, so that nothing else knows of it: settings, runs and
their names are those of the list.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictInt, ValidationInfo, model_validator

from lr_atlas.common.spelling import did_you_mean
from lr_atlas.config.config_values import AboveZero, Number, Strict, whole

MOST_POINTS = 1_000
#: Digits of the values between the ends, unless it takes more to tell them apart.
_DIGITS = 3
_EXACT_DIGITS = 17
EXAMPLE = "{log: [1e-5, 1], points: 12}"


class ValueRange(Strict):
    """Numbers between two ends, on a logarithmic or a linear scale."""

    log: Annotated[list[AboveZero], Field(min_length=2, max_length=2)] | None = Field(
        None, description="The lowest and the highest value; evenly spaced in their logarithm."
    )
    linear: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Instead of `log`: the lowest and the highest value, evenly spaced."
    )
    points: Annotated[StrictInt, *whole(ge=2, le=MOST_POINTS)] = Field(
        description="The number of values, both ends included."
    )

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Show what a range looks like."""
        meant = did_you_mean(key, cls.model_fields) or ";"
        return f"unknown key '{key}'{meant} a range is written {EXAMPLE}, or with `linear`"

    @model_validator(mode="after")
    def _two_ends(self) -> ValueRange:
        if (self.log is None) == (self.linear is None):
            raise ValueError(f"a range has either `log` or `linear`, as in {EXAMPLE}")
        low, high = self._ends
        if low >= high:
            raise ValueError("the first end of a range must be below the second")
        if not math.isfinite(high - low):
            raise ValueError("the ends of this range are too far apart")
        return self

    @property
    def _ends(self) -> list[float]:
        return self.log or self.linear or []

    @property
    def values(self) -> list[float]:
        """Return the values, rising; the ends as given, those between rounded to read well."""
        low, high = self._ends
        if self.log:
            return _between(low, high, self.points, math.log10, lambda power: 10.0**power)
        return _between(low, high, self.points, float, float)


def _between(
    low: float, high: float, points: int, scale: Callable, unscale: Callable
) -> list[float]:
    first, last = scale(low), scale(high)
    steps = [index / (points - 1) for index in range(1, points - 1)]
    exact = [unscale(first + (last - first) * step) for step in steps]
    for digits in range(_DIGITS, _EXACT_DIGITS + 1):
        # Python's own text of a rounded number is the same on every machine.
        values = [low, *(float(f"{value:.{digits}g}") + 0.0 for value in exact), high]
        if all(before < after for before, after in itertools.pairwise(values)):
            return values
    raise ValueError(f"there are no {points} different numbers between {low:g} and {high:g}")


def _to_axis(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        if not value.keys() & ValueRange.model_fields.keys():
            raise ValueError(f"a number, a list of numbers or a range belongs here: {EXAMPLE}")
        return ValueRange.model_validate(value, context=info.context).values
    return value if isinstance(value, list) else [value]


def number_axis(of: Any) -> tuple[Any, ...]:
    """Return what makes of a list[of] an axis: one number, a list of them or a range."""
    some = Field(min_length=1)
    values = Annotated[list[of], some]
    return some, BeforeValidator(_to_axis, json_schema_input_type=of | values | ValueRange)
