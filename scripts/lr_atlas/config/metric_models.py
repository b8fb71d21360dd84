"""The metric of a study as it stands in `config.yaml`: one of ours by its name, or one's own.

One's own is a function, or, in a study of a program, a name in the columns that it writes.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_values import Strict, is_one_line
from lr_atlas.config.own_parts import is_own, part_name
from lr_atlas.training.parts import names, short_name

_LONGEST_UNIT = 20
_LONGEST_NAME = 40
_NAME = "[A-Za-z][A-Za-z0-9_]*"
#: Ends of columns that hold something else than a metric.
_OTHER_ENDS = ("seconds", "loss_rise", "epoch", "chance")


def _known(name: str) -> str:
    if is_own(name):
        raise ValueError(
            "a metric of your own says which way it is better: "
            f"{{python: {name}, better: higher}}, or lower"
        )
    if name not in names("metric"):
        raise ValueError(f"unknown metric '{name}'{suggestion(name, names('metric'))}")
    return name


def _own(name: str) -> str:
    if not is_own(name):
        raise ValueError(f"'{name}' is no function of your own; write metrics.py:{name or 'mine'}")
    return _free(name)


def _free(name: str) -> str:
    taken = (*names("metric"), *_OTHER_ENDS)
    if short_name(name) in taken:
        raise ValueError(f"call it something else: {', '.join(taken)} are names of columns here")
    return name


def _known_or_told(name: str) -> str:
    if name not in names("metric"):
        raise ValueError(
            f"unknown metric '{name}'{suggestion(name, names('metric'))}, or one that the program "
            "measures, as in {name: perplexity, better: lower}"
        )
    return name


def _told(name: str) -> str:
    if not re.fullmatch(_NAME, name) or len(name) > _LONGEST_NAME:
        raise ValueError(f"a name of at most {_LONGEST_NAME} letters, digits and _ belongs here")
    if name in names("metric"):
        raise ValueError(f"{name} is known here, so its name is enough: metric: {name}")
    return _free(name)


class _Read(Strict):
    """Keys that say how the values of a metric that is not ours are read."""

    better: Literal["higher", "lower"] = Field(
        description="Whether higher or lower values are better."
    )
    unit: Annotated[str, Field(max_length=_LONGEST_UNIT)] = Field(
        "", description="The unit of its values; `%` shows shares, 0..1, in per cent."
    )

    @field_validator("unit")
    @classmethod
    def _of_one_line(cls, unit: str) -> str:
        if not is_one_line(unit):
            raise ValueError("a unit is one line of letters, digits and signs")
        return unit.strip()


class OwnMetric(_Read):
    """A metric of one's own: a function of outputs and targets, and how to read its values."""

    python: Annotated[str, *part_name("metric"), AfterValidator(_own)] = Field(
        description="folder/file.py:thing, or package.module:thing: called with the outputs and "
        "the targets of all inputs, it returns a number."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and "name" in value and "python" not in value:
            _say(
                "a name alone is for a study with `command`, whose program measures it; elsewhere "
                "a metric of your own is a function, as in "
                "{python: metrics.py:mine, better: higher}"
            )
        return value


class ToldMetric(_Read):
    """A metric that a program measures: its name in the columns, and how to read its values."""

    name: Annotated[
        str,
        AfterValidator(_told),
        WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$", "maxLength": _LONGEST_NAME}),
    ] = Field(
        description="It ends the columns of the program's table, as in validation_perplexity."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_function(cls, value: Any) -> Any:
        if isinstance(value, dict) and "python" in value:
            _say(
                "a program measures its metric itself: write its name in the columns, as in "
                "{name: perplexity, better: lower}, in the place of `python`"
            )
        return value


def _say(message: str) -> None:
    raise PydanticCustomError("one_of_two", "{message}", {"message": message})


def _kind(value: Any) -> str:
    return "own" if isinstance(value, dict | _Read) else "ours"


_OURS = WithJsonSchema({"enum": names("metric")})
AnyMetric = Annotated[
    Annotated[str, AfterValidator(_known), _OURS, Tag("ours")] | Annotated[OwnMetric, Tag("own")],
    Discriminator(_kind),
]
#: The metric in a study of a program.
MetricOfProgram = Annotated[
    Annotated[str, AfterValidator(_known_or_told), _OURS, Tag("ours")]
    | Annotated[ToldMetric, Tag("own")],
    Discriminator(_kind),
]


def name_of(metric: str | OwnMetric | ToldMetric) -> str:
    """Return the name of a metric, such as accuracy, metrics.py:cost or perplexity."""
    if isinstance(metric, str):
        return metric
    return metric.python if isinstance(metric, OwnMetric) else metric.name
