"""Keys of a step beside its optimizer: clipped gradients, several batches, averaged weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    StrictInt,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_values import AboveZero, PartOfAll, Share, Strict, whole

#: More batches in a step are slips of the keyboard.
_MOST_BATCHES = 1_000_000

Accumulate = Annotated[StrictInt, *whole(ge=1, le=_MOST_BATCHES)]


class Limits(Strict):
    """Hold the highest norm of a gradient, or the highest of its values."""

    norm: AboveZero | None = Field(
        None, description="Of the gradients of all parameters taken together."
    )
    value: AboveZero | None = Field(None, description="Of each number by itself.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Limits:
        if (self.norm is None) == (self.value is None):
            _say("clip says one of both: {norm: 1.0} or {value: 0.5}; a number alone is a norm")
        return self


class Exponential(Strict):
    """Say how the weights of all steps are averaged, the later ones counting for more."""

    name: Literal["ema"]
    decay: PartOfAll = Field(0.999, description="What the weights of each step back count.")
    debias: bool = Field(
        True,
        description="Whether weights count by their age alone. Without it those of the first step "
        "count for too much at first, as in torch.optim.swa_utils.",
    )


class Stochastic(Strict):
    """Say how the weights at the ends of epochs are averaged (stochastic weight averaging)."""

    name: Literal["swa"]
    start: Share = Field(0.75, description="The share of the run after which it begins.")


class Tail(Strict):
    """Say how the weights of the last steps are averaged."""

    name: Literal["tail"]
    share: PartOfAll = Field(0.1, description="The last share of the run's steps.")


_AVERAGES: dict[str, type[Strict]] = {"ema": Exponential, "swa": Stochastic, "tail": Tail}


def _say(message: str) -> NoReturn:
    raise PydanticCustomError("one_of_two", "{message}", {"message": message})


def _to_limits(value: Any) -> Any:
    """Return a norm as the mapping that says so; a text may be a number such as 1e-4."""
    if isinstance(value, str) and not any(letter.isdigit() for letter in value):
        return value
    return value if isinstance(value, dict | Limits) else {"norm": value}


def _kind_of_clip(value: Any) -> str:
    return "none" if isinstance(value, str) else "limits"


def _is_none(value: str) -> str:
    if value != "none":
        _say(
            f"'{value}' does not belong here: none, a norm such as 1.0, {{norm: 1.0}} or "
            "{value: 0.5}"
        )
    return value


def _to_average(value: Any) -> Any:
    """Return an average that is given by its name alone as the mapping that names it."""
    known = ["none", *_AVERAGES]
    name = value.get("name") if isinstance(value, dict) else value
    if isinstance(value, Strict) or value == "none":
        return value
    if not isinstance(name, str):
        _say(f"an average is one of {', '.join(known)}, or a mapping as {{name: ema, decay: 0.99}}")
    if name not in _AVERAGES:
        _say(f"unknown average '{name}'{suggestion(name, known)}")
    return value if isinstance(value, dict) else {"name": value}


def _kind_of_average(value: Any) -> str:
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", value)
    return str(name)


def _plain(model: Strict) -> dict[str, Any]:
    """Return a mapping as it stands in a run's configuration: what goes without saying left out."""
    values = model.model_dump(exclude_none=True)
    return {key: value for key, value in values.items() if (key, value) != ("debias", True)}


def _as_it_is(value: Any) -> Any:
    """Return a value that is plain since it was read, where its type names a model."""
    return value


_NONE = Annotated[str, AfterValidator(_is_none), Tag("none")]
Clip = Annotated[
    _NONE | Annotated[Limits, AfterValidator(_plain), Tag("limits")],
    Discriminator(_kind_of_clip),
    PlainSerializer(_as_it_is),
    BeforeValidator(_to_limits, json_schema_input_type=Literal["none"] | float | Limits),
]
AnyAverage = Annotated[
    _NONE
    | Annotated[Exponential, AfterValidator(_plain), Tag("ema")]
    | Annotated[Stochastic, AfterValidator(_plain), Tag("swa")]
    | Annotated[Tail, AfterValidator(_plain), Tag("tail")],
    Discriminator(_kind_of_average),
    PlainSerializer(_as_it_is),
    BeforeValidator(
        _to_average,
        json_schema_input_type=Literal["none", "ema", "swa", "tail"]
        | Exponential
        | Stochastic
        | Tail,
    ),
]
