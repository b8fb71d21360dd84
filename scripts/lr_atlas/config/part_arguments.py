"""Arguments of parts in a configuration: checked against the signature of what they are for.

Those of ours are read from the source, so that a configuration of them needs no torch.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from lr_atlas.common.spelling import did_you_mean, suggestion
from lr_atlas.config.config_values import Initialisation, to_whole
from lr_atlas.config.own_parts import (
    OWN_PATTERN,
    checked_name,
    is_own,
    loaded,
    refuse_unsuitable,
    unsuitable,
    values_of,
)
from lr_atlas.training.parts import file_stem, names, part_file
from lr_atlas.training.schedules._units import LENGTH, MOMENT

#: Training hands these over by name, so no configuration sets them, though they have a default.
_HANDED_OVER = ("class_counts",)
#: Units of arguments, by the names of their types.
_UNITS = {"Length": LENGTH, "Moment": MOMENT}
#: Training hands these to a network of one's own where its signature asks for them.
OFFERED_TO_NETWORKS = ("shape", "classes", "outputs")


@dataclass(frozen=True)
class Argument:
    """An argument of one of our parts: its default, and the texts that it takes, if only some."""

    default: Any
    choices: tuple[str, ...] = ()
    unit: str = ""  # of a schedule: LENGTH or MOMENT


@functools.cache
def arguments_of_ours(kind: str, name: str) -> dict[str, Argument]:
    """Return the arguments of one of our parts that a configuration may set, in their order.

    Those are what has a default in the signature; every network has `initialisation` too.
    """
    tree = ast.parse(part_file(kind, name).read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    signature = functions[file_stem(name)].args
    plain = signature.args[len(signature.args) - len(signature.defaults) :]
    pairs = [
        *zip(plain, signature.defaults, strict=True),
        *zip(signature.kwonlyargs, signature.kw_defaults, strict=True),
    ]
    found = {
        each.arg: Argument(
            _plain(ast.literal_eval(default)), _choices(each.annotation), _unit(each.annotation)
        )
        for each, default in pairs
        if default is not None and each.arg not in _HANDED_OVER
    }
    if kind == "model":
        found["initialisation"] = Argument("default", get_args(Initialisation))
    return found


def _plain(default: Any) -> Any:
    """Return a default as it stands in a configuration."""
    return list(default) if isinstance(default, tuple) else default


def _choices(annotation: ast.expr | None) -> tuple[str, ...]:
    """Return the texts of a Literal in an annotation."""
    for node in ast.walk(annotation) if annotation else ():
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
            return tuple(
                each.value
                for each in ast.walk(node.slice)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )
    return ()


def _unit(annotation: ast.expr | None) -> str:
    """Return the unit that an annotation names, see training/schedules/_units.py, or ""."""
    named = (
        {each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)}
        if annotation
        else set()
    )
    return next((unit for name, unit in _UNITS.items() if name in named), "")


def axes_of_ours(kind: str, name: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each argument that is given to one of our parts.

    A list is an axis; for an argument that is a list itself, a list of lists is. Raises ValueError
    for an argument that the part does not have, and for a value of another kind.
    """
    known = arguments_of_ours(kind, name)
    refuse_unknown(name, given, known)
    axes = {}
    for key, value in given.items():
        refuse_unsuitable(name, key, value)
        axes[key] = [
            _checked(name, key, known[key], each) for each in values_of(value, known[key].default)
        ]
    return axes


def without_defaults(kind: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of one of our parts that are not what it has anyway."""
    known = arguments_of_ours(kind, name)
    return {key: value for key, value in arguments.items() if value != known[key].default}


def axes_of_own_network(name: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of all arguments of a network of one's own, its defaults among them.

    given: what the configuration says of them, as for an optimizer of one's own. Raises ValueError
    if its signature has no such argument, or lacks a value for one.
    """
    parameters = inspect.signature(loaded("model", name)).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = {each.name: each.default for each in parameters if each.kind in named}
    own = [key for key in known if key not in OFFERED_TO_NETWORKS]
    if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        refuse_unknown(name, given, [*own, *(key for key in known if key in given)])
    axes = {}
    for key, value in given.items():
        refuse_unsuitable(name, key, value)
        axes[key] = values_of(value, known.get(key, inspect.Parameter.empty))
    for key in own:
        default = known[key]
        if key in given:
            continue
        if default is inspect.Parameter.empty:
            raise ValueError(f"{name} needs a value for '{key}'")
        # A value that is not plain cannot be written down, and stays as the network has it.
        if isinstance(default, bool | int | float | str | tuple | list | None):
            value = _plain(default)
            axes |= {} if unsuitable(value) else {key: [value]}
    return axes


def refuse_unknown(name: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValueError for an argument that a part does not have."""
    known = list(dict.fromkeys(known))
    unknown = next((key for key in given if key not in known), None)
    if unknown is None:
        return
    if not known:
        raise ValueError(f"{name} has no argument '{unknown}'; it has none")
    meant = did_you_mean(unknown, known) or ";"
    raise ValueError(f"{name} has no argument '{unknown}'{meant} it has {', '.join(known)}")


def _checked(name: str, key: str, argument: Argument, value: Any) -> Any:
    """Return a value as an argument takes it. Raises ValueError for one of another kind."""
    default = argument.default
    if argument.unit:  # checked by schedule_values
        return value
    if isinstance(value, str) and argument.choices:
        if value not in argument.choices:
            meant = suggestion(value, argument.choices)
            raise ValueError(f"{name}: unknown value '{value}' of '{key}'{meant}")
        return value
    if default is None and argument.choices and not _are_numbers(value):
        choices = " or ".join(argument.choices)
        raise ValueError(f"{name}: '{key}' takes {choices}, or a list of numbers; found {value!r}")
    wanted, found = _as(default, value)
    if wanted:
        raise ValueError(f"{name}: '{key}' takes {wanted}, found {value!r}")
    return found


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in value
    )


def _as(default: Any, value: Any) -> tuple[str, Any]:
    """Return (what an argument of this default takes, if the value is none of that; the value)."""
    if isinstance(default, bool):
        return ("" if isinstance(value, bool) else "true or false"), value
    if isinstance(default, int):
        whole = to_whole(value)
        is_whole = isinstance(whole, int) and not isinstance(whole, bool)
        return ("" if is_whole else "a whole number"), whole
    if isinstance(default, float):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return ("" if is_number else "a number"), (float(value) if is_number else value)
    if isinstance(default, list):
        if not isinstance(value, list):
            return "a list", value
        pairs = [_as(default[0], each) for each in value] if default else []
        wrong = next((wanted for wanted, _ in pairs if wanted), "")
        return (f"a list, each {wrong}" if wrong else ""), [each for _, each in pairs]
    if isinstance(default, str):
        return ("" if isinstance(value, str) else "a text"), value
    return "", value


def with_arguments(kind: str, value: dict[str, Any], info: ValidationInfo) -> Any:
    """Return a part with those of its arguments that are no default, or its name alone."""
    given = {key: each for key, each in value.items() if key != "name"}
    name = checked_name(kind, str(value["name"]), info, given)
    for key, each in given.items():
        refuse_unsuitable(name, key, each)
    if not is_own(name):
        known = arguments_of_ours(kind, name)
        refuse_unknown(name, given, known)
        checked = {key: _checked(name, key, known[key], each) for key, each in given.items()}
        given = without_defaults(kind, name, checked)
    return {"name": name, **given} if given else name


def _loss(value: Any, info: ValidationInfo) -> Any:
    """Return a loss in its one spelling: its name, or {"name": str, arguments…}."""
    if isinstance(value, dict) and "name" in value:
        return with_arguments("loss", value, info)
    if not isinstance(value, str):
        raise ValueError(
            "the name of a loss belongs here, or one with arguments, as in "
            "{name: cross_entropy, label_smoothing: 0.1}"
        )
    return checked_name("loss", value, info)


def _transform(value: Any, info: ValidationInfo) -> Any:
    """Return a transform in its one spelling, see `_loss`; `{crop: 4}` is its first argument."""
    if isinstance(value, str):
        return checked_name("transform", value, info)
    if isinstance(value, dict) and "name" in value:
        return with_arguments("transform", value, info)
    if not isinstance(value, dict) or len(value) != 1:
        raise ValueError(
            "the name of a transform belongs here, or one with arguments, as in {crop: 4} or "
            "{name: crop, padding: 4}"
        )
    ((name, argument),) = value.items()
    if isinstance(argument, dict):
        return with_arguments("transform", {**argument, "name": name}, info)
    own = is_own(name)
    name = checked_name("transform", str(name), info, {}) if not own else name
    known = [] if own else list(arguments_of_ours("transform", name))
    if not known:
        raise ValueError(
            f"{name} takes no single value"
            + (f"; write {{name: {name}, …}} with its arguments" if own else "")
        )
    return with_arguments("transform", {"name": name, known[0]: argument}, info)


def _schema(kind: str, more: dict[str, Any]) -> dict[str, Any]:
    names_here = {"enum": names(kind)}
    own = {"type": "string", "pattern": OWN_PATTERN}
    named = {
        "type": "object",
        "properties": {"name": {"anyOf": [names_here, own]}},
        "required": ["name"],
    }
    return {"anyOf": [names_here, own, named, *([more] if more else [])]}


Loss = Annotated[
    str | dict[str, Any],
    BeforeValidator(_loss),
    WithJsonSchema(_schema("loss", {})),
]
Transform = Annotated[
    str | dict[str, Any],
    BeforeValidator(_transform),
    WithJsonSchema(_schema("transform", {"type": "object", "maxProperties": 1})),
]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Transforms = Annotated[
    list[Transform],
    BeforeValidator(_as_list, json_schema_input_type=Transform | list[Transform]),
]
