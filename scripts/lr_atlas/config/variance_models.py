"""The key `variance` of a study: how much each source of chance scatters what is chosen."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, field_validator
from pydantic_core import PydanticCustomError

from lr_atlas.config.config_values import Strict, whole

#: Sources of chance, in the order in which they are shown.
INITIALISATION, ORDER, SPLIT, ROUNDING = "initialisation", "order", "split", "rounding"
SOURCES = (INITIALISATION, ORDER, SPLIT, ROUNDING)
_MOST_SEEDS = 1_000
_Source = Literal["initialisation", "order", "split", "rounding"]


class Variance(Strict):
    """Tell which sources of chance are varied alone, and how often."""

    model_config = ConfigDict(frozen=True)

    sources: Annotated[list[_Source], Field(min_length=1)] | None = Field(
        None,
        description="What is varied alone: initialisation (initial weights), order (of the "
        "batches, with dropout and transforms), split (which training images are held out), "
        "rounding (the last bits of the initial weights). Default: all; split only where "
        "`validation` is a number or a share of the training images.",
    )
    seeds: Annotated[StrictInt, *whole(ge=2, le=_MOST_SEEDS)] = Field(
        8,
        description="From how many fresh seeds each source is varied: so many runs in which all "
        "differ, and so many more for each source. Those of `confirm` are used where split is not "
        "varied.",
    )

    @field_validator("sources")
    @classmethod
    def _each_once(cls, sources: list[str] | None) -> list[str] | None:
        return sources and [source for source in SOURCES if source in sources]


def _all_or_none(value: Any) -> Any:
    """Return the mapping that true stands for, and nothing for false."""
    if isinstance(value, bool):
        return {} if value else None
    if not isinstance(value, dict | Variance | None):
        message = (
            "true, false, or what is varied belongs here, as in variance: {sources: "
            f"[initialisation, order], seeds: 8}}; found {value!r}"
        )
        raise PydanticCustomError("one_of_two", "{message}", {"message": message})
    return value


VarianceOrNot = Annotated[
    Variance | None,
    BeforeValidator(_all_or_none, json_schema_input_type=StrictBool | Variance | None),
]
