"""The kinds of values in `config.yaml`: numbers in their spellings, axes of the grid, mappings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lr_atlas.spelling import suggestion


def _to_number(value: Any) -> Any:
    """Numbers as floats; text such as 1e-4, which YAML 1.1 readers leave as text, as a number."""
    if isinstance(value, bool):
        raise ValueError("a number belongs here")
    if not isinstance(value, int | float | str):
        return value
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0
    except (ValueError, OverflowError):
        raise ValueError("a number belongs here") from None


def _to_axis(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _to_axis_of_tuples(value: Any) -> Any:
    is_axis = isinstance(value, list) and any(isinstance(element, list) for element in value)
    return value if is_axis else [value]


def number(**bounds: float) -> Any:
    """A finite number within bounds (gt, ge, lt, le)."""
    inner = Annotated[float, Field(allow_inf_nan=False, **bounds)]
    return Annotated[inner, BeforeValidator(_to_number, json_schema_input_type=inner)]


Number = number()
#: The largest whole number that a column of a table holds.
MOST = 2**63 - 1
Positive = Annotated[StrictInt, Field(ge=1, le=MOST)]
Seed = Annotated[StrictInt, Field(ge=0, le=MOST)]
Share = number(ge=0, lt=1)
Accuracy = number(ge=0, le=1)
Activation = Literal["relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu"]
Loss = Literal["cross_entropy", "mse"]
Hidden = list[Positive]


def axis(of: Any) -> Any:
    """One value or a list of values: always a list once validated."""
    values = Annotated[list[of], Field(min_length=1)]
    return Annotated[values, BeforeValidator(_to_axis, json_schema_input_type=of | values)]


def axis_of_tuples(of: Any) -> Any:
    """One list or a list of lists: always a list of lists once validated."""
    values = Annotated[list[of], Field(min_length=1)]
    return Annotated[
        values, BeforeValidator(_to_axis_of_tuples, json_schema_input_type=of | values)
    ]


class Strict(BaseModel):
    """A mapping in which an unknown key is an error that says which keys there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        for key in value if isinstance(value, dict) else ():
            if key not in cls.model_fields:
                message = cls.unknown_key_message(str(key))
                raise PydanticCustomError(
                    "unknown_key", "{message}", {"message": message, "key": key}
                )
        return value

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """What to say of the unknown key `key`."""
        return f"unknown key '{key}'{suggestion(key, cls.model_fields)}"


# The key is called `from`, as a reader would say it, which a class body of Python cannot.
_From = create_model(
    "_From",
    __base__=Strict,
    **{"from": (str, Field("", description="The figure or section that it comes from."))},
)


class Sourced(_From):
    """A mapping that may say which figure or section it comes from."""

    @property
    def source(self) -> str:
        """The figure or section that it comes from."""
        return getattr(self, "from")
