"""Studies of any program: `command` in the place of a data set and a network.

Everything else is as in every study. What the program reads is its own affair, and so are its
optimizers: their names and arguments are free, and reach it by the placeholders of the command.
"""

from __future__ import annotations

import posixpath
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from lr_atlas.common.command_words import ARGUMENTS, command_words, placeholders
from lr_atlas.common.spelling import suggestion
from lr_atlas.common.units import shortened
from lr_atlas.config.config_values import (
    MOST,
    Epochs,
    Folder,
    Number,
    Strict,
    axis,
    is_one_line,
)
from lr_atlas.config.metric_models import MetricOfProgram, name_of
from lr_atlas.config.own_data_models import COMMAND
from lr_atlas.config.program import Program
from lr_atlas.config.study_models import Study
from lr_atlas.config.value_ranges import number_axis
from lr_atlas.training.parts import names

#: Each run gives these to its command, beside the arguments of its entry.
GIVEN = ("lr", "optimizer", "seed", "epochs", "history", "checkpoint", ARGUMENTS)
#: Keys of a study that say something of every program.
_APPLIES = (
    *("title", "description", "language", "optimizers", "seeds", "epochs", "confirm", "target"),
    *("margin", "matters", "score", "reference", "claims", "metric", "select_by", "runs"),
    "columns",
)
#: Keys that only a study of a program has.
_OWN = ("command", "inputs", "chance")
#: Columns of tables, which an argument would take the place of.
_COLUMNS = (
    *("study", "run", "setting", "dataset", "optimizer", "learning_rate", "seed", "epoch"),
    *("epochs", "status", "reason", "chance", "images", "device", "torch", "python", "blas"),
    *("processor", "history", "checkpoint", "name"),
)
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}")
_WITH_EXPONENT = re.compile(r"[+-]?\d+\.?\d*[eE][+-]?\d+")
_Numbers = TypeAdapter(Annotated[list[Number], *number_axis(Number)])


def _in_words(message: str) -> PydanticCustomError:
    """Return an error that says by itself what was found, as those of claims."""
    return PydanticCustomError("one_of_two", "{message}", {"message": message})


def _plain_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name of at most 40 letters, digits and _ . + - belongs here")
    return name


class CommandEntry(Strict):
    """An optimizer of a program: a free name, lr, and any other arguments as axes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Annotated[str, AfterValidator(_plain_name)] = Field(
        description="Any name; the command gets it as {optimizer}."
    )
    epochs: Annotated[list[Epochs], *axis(Epochs)] | None = Field(
        None, description="Overrides the study's epochs for this entry; a list is an axis."
    )

    @model_validator(mode="before")
    @classmethod
    def _arguments_as_axes(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = {key: each for key, each in value.items() if key not in cls.model_fields}
        if "lr" not in given:
            raise _in_words("the entry has no 'lr', which every optimizer here has")
        for key in given:
            if not isinstance(key, str) or not _ARGUMENT.fullmatch(key) or key in _COLUMNS:
                raise _in_words(
                    f"'{key}' cannot be the name of an argument; letters, digits and _ make up "
                    "one, and the names of the tables' columns are taken"
                )
        return {**value, **{key: _axis_of(key, each) for key, each in given.items()}}

    @property
    def arguments(self) -> dict[str, list]:
        """Return the values of each argument, lr included."""
        return dict(self.model_extra or {})

    @property
    def steps(self) -> None:
        """Return that a program is told of epochs alone."""

    @property
    def lr_rule(self) -> None:
        """Return that its lr is what it is told."""

    @property
    def batch_size(self) -> None:
        """Return that the study has no batches; the program may have some of its own."""

    @property
    def model(self) -> None:
        """Return that the study has no network."""

    @property
    def loss(self) -> None:
        """Return that the study has no loss."""


def _axis_of(key: str, value: Any) -> list[Any]:
    """Return the values of an argument. Raises ValueError for what is no plain value."""
    try:
        if key == "lr" or isinstance(value, dict):
            return _Numbers.validate_python(value)
    except ValueError:
        raise _in_words(
            f"'{key}': a number, a list of numbers or a range belongs here, such as "
            f"{{log: [1e-5, 1], points: 12}}; found {value!r}"
        ) from None
    values = value if isinstance(value, list) else [value]
    if not values:
        raise _in_words(f"'{key}': nothing is given here; at least one value is needed")
    return [_plain_value(key, each) for each in values]


def _plain_value(key: str, value: Any) -> Any:
    if isinstance(value, str) and _WITH_EXPONENT.fullmatch(value):
        value = float(value)  # which YAML 1.1 readers leave as text
    is_text = isinstance(value, str) and is_one_line(value)
    is_number = isinstance(value, bool | int | float) and abs(value) <= MOST
    if not is_text and not is_number:
        raise _in_words(
            f"'{key}': a number, a line of text, true or false belongs here, found {value!r}"
        )
    return value


class CommandStudy(Study):
    """One question about a program: what it does with a grid of optimizers and learning rates."""

    model_config = ConfigDict(defer_build=True)

    dataset: Literal["command"] = COMMAND  # type: ignore[assignment]
    command: str = Field(
        description="The program with its arguments, split into words as by a shell, but run "
        "without one, in the folder of the configuration that is run. In braces: {lr}, "
        "{optimizer}, {seed}, {epochs}, any argument of the entries, {arguments} for all that are "
        "named nowhere else (--name value); {history}, the table that the program has to write "
        "(CSV or JSON lines, a row per epoch); {checkpoint}, a folder that stays between attempts."
    )
    inputs: list[Folder] = Field(
        [],
        description="Files and folders that the program is made of and reads, from that "
        "folder. Other content is another run.",
    )
    chance: Number = Field(
        description="The value of the metric that guessing reaches, such as 0.1 with ten classes "
        "of one size: a run that diverged counts as that."
    )
    metric: MetricOfProgram | None = Field(  # type: ignore[assignment]
        None,
        description="The metric of curves, tables, findings, claims and the answer: the program "
        "has to write it as validation_<metric>. One of ours by its name, or any other as "
        '{name: perplexity, better: lower, unit: ""}. Default: accuracy.',
    )
    select_by: str | None = Field(
        None,
        description="The metric that chooses the setting of each optimizer, which the program has "
        "to write too: that of the study (the default), or one of ours, such as loss.",
    )
    optimizers: Annotated[list[CommandEntry], Field(min_length=1)] = Field(  # type: ignore[assignment]
        description="The grid: an entry per optimizer, whose lists are multiplied out."
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Leave out what does not apply."""
        found = handler.resolve_ref_schema(handler(schema))
        keys = (*_APPLIES, *_OWN)
        properties = found["properties"]
        found["properties"] = {key: properties[key] for key in properties if key in keys}
        found["required"] = [key for key in found.get("required", ()) if key in keys]
        return found

    @model_validator(mode="before")
    @classmethod
    def _only_what_applies(cls, value: Any) -> Any:
        keys = (*_APPLIES, *_OWN)
        others = [key for key in value if key in Study.model_fields and key not in keys]
        if others:
            raise _in_words(
                f"{shortened(others)} cannot be set beside `command`: data, network and training "
                "are the program's own. What it should be told of them goes into the command"
            )
        return value

    @field_validator("command")
    @classmethod
    def _splits_into_words(cls, text: str) -> str:
        command_words(text)
        return text

    @model_validator(mode="after")
    def _chance_of_a_share(self) -> CommandStudy:
        if self.metric in (None, "accuracy") and not 0 < self.chance <= 1:
            raise _in_words(
                f"chance: guessing reaches a share above 0, to 1, not {self.chance:g}, as 0.1 with "
                "ten classes of one size"
            )
        return self

    @model_validator(mode="after")
    def _chosen_by_a_known_metric(self) -> CommandStudy:
        known = dict.fromkeys([name_of(self.metric or "accuracy"), *names("metric")])
        if self.select_by is not None and self.select_by not in known:
            raise _in_words(
                f"select_by: unknown metric '{self.select_by}'{suggestion(self.select_by, known)}"
            )
        return self

    @field_validator("inputs")
    @classmethod
    def _inputs_once(cls, inputs: list[str]) -> list[str]:
        names = [posixpath.normpath(name) for name in inputs]
        return sorted(dict.fromkeys(names))

    @model_validator(mode="after")
    def _placeholders_fit(self) -> CommandStudy:
        """Refuse a placeholder without a value, and a value that the program would not get."""
        named = placeholders(command_words(self.command))
        entries: list[Any] = list(self.optimizers)
        for entry in entries:
            lacking = [name for name in named if name not in (*GIVEN, *entry.arguments)]
            if lacking:
                raise _in_words(
                    f"the command names {{{lacking[0]}}}, for which the entry {entry.name} gives "
                    f"no value; known are {', '.join(dict.fromkeys([*GIVEN, *entry.arguments]))}"
                )
            unused = [name for name in entry.arguments if name not in named]
            if unused and ARGUMENTS not in named:
                raise _in_words(
                    f"the command gets nothing of '{unused[0]}' of the entry {entry.name}: write "
                    f"{{{unused[0]}}} where it belongs, or {{{ARGUMENTS}}} for all that are named "
                    f"nowhere else, as in --{unused[0]} 0.9"
                )
        needed = {
            "history": "the table that it has to write",
            **({"seed": "several seeds are asked for"} if self._has_seeds() else {}),
            **({"optimizer": "several are asked for"} if self._has_optimizers() else {}),
        }
        for name, why in needed.items():
            if name not in named:
                raise _in_words(f"the command has no {{{name}}}: {why}")
        return self

    @property
    def program(self) -> Program:
        """Return the program, with what the study says of it."""
        return Program(self.command, self.inputs, self.chance)

    @property
    def trains(self) -> bool:
        """Return that the program does."""
        return False

    def _has_seeds(self) -> bool:
        return len(self.seeds) > 1 or self.confirm > 0

    def _has_optimizers(self) -> bool:
        return len({entry.name for entry in self.optimizers}) > 1
