"""The key `find` of a study: range tests, to be held against what its grid measures."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, field_validator
from pydantic_core import PydanticCustomError

from lr_atlas.config.config_values import Strict, number, whole

_MOST_STEPS = 100_000
_MOST_SEEDS = 1_000
#: Above it a weight of 32 bits overflows at once.
_Rate = Annotated[float, *number(gt=0, le=1e30)]


class Find(Strict):
    """The rise of the learning rate in a range test, and the number of tests."""

    model_config = ConfigDict(frozen=True)

    lr: Annotated[list[_Rate], Field(min_length=2, max_length=2)] = Field(
        [1e-7, 10.0],
        description="From which learning rate to which it rises, by the same factor at each step.",
    )
    steps: Annotated[StrictInt, *whole(ge=20, le=_MOST_STEPS)] = Field(
        100, description="Training steps, a batch each."
    )
    seeds: Annotated[StrictInt, *whole(ge=1, le=_MOST_SEEDS)] = Field(
        3, description="How often, from other initial weights and in another order of the images."
    )

    @field_validator("lr")
    @classmethod
    def _rising(cls, rates: list[float]) -> list[float]:
        if rates[0] >= rates[1]:
            raise ValueError("the first learning rate must be below the second, as in [1e-7, 10]")
        return rates


def _all_or_none(value: Any) -> Any:
    """Return the mapping that true stands for, and nothing for false."""
    if isinstance(value, bool):
        return {} if value else None
    if not isinstance(value, dict | Find | None):
        raise PydanticCustomError("one_of_two", "{message}", {"message": _belongs(value)})
    return value


def _belongs(found: Any) -> str:
    return (
        "true, false, or how the tests are made belongs here, as in find: {steps: 100}; found "
        f"{found!r}"
    )


FindOrNot = Annotated[
    Find | None, BeforeValidator(_all_or_none, json_schema_input_type=StrictBool | Find | None)
]
