"""Optimizers of a package or a file: their names, their arguments, and whether they train here."""

from __future__ import annotations

import inspect
import itertools
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from lr_atlas.common.spelling import did_you_mean
from lr_atlas.config.own_parts import (
    OWN_PATTERN,
    Numbers,
    checked_name,
    is_own,
    loaded,
    refuse_unsuitable,
    unsuitable,
    values_of,
)
from lr_atlas.training.parts import load_part, names

#: Combinations of an optimizer's arguments that are tried when a configuration is read: made, and
#: of the first ones steps taken.
_MOST_TRIED, _MOST_STEPPED = 200, 8
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
#: Torch's own have names of their own here.
_OF_TORCH = ("torch", "optim")


def is_own_optimizer(name: Any) -> bool:
    """Return whether a name is meant for a class of a package or of a file."""
    return is_own(name) or _is_dotted(name) or name in names("optimizer")


def _is_dotted(name: Any) -> bool:
    is_name = isinstance(name, str) and _DOTTED.fullmatch(name) is not None
    return is_name and name.partition(".")[0] not in _OF_TORCH and not name.endswith(".py")


def _checked(name: str, info: ValidationInfo) -> str:
    """Return the name of an optimizer: package.Class is another spelling of package:Class."""
    if _is_dotted(name):
        package, _, thing = name.rpartition(".")
        name = f"{package}:{thing}"
    if not is_own(name) and name not in names("optimizer"):
        raise ValueError(
            f"'{name}' names no class; one of a package is written package.Class, one of your own "
            "folder/file.py:Class, with the path from this file's folder"
        )
    return checked_name("optimizer", name, info)


OwnOptimizer = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": OWN_PATTERN},
                {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"},
            ]
        }
    ),
]


def with_its_name_under_python(schema: dict[str, Any]) -> None:
    """Let the JSON schema of an entry take `python` in the place of `name`."""
    schema["properties"]["python"] = schema["properties"]["name"]
    schema["required"] = [key for key in schema["required"] if key != "name"]
    schema["anyOf"] = [{"required": ["name"]}, {"required": ["python"]}]


_NAME = TypeAdapter(OwnOptimizer)


def own_name(name: Any, context: Any) -> str:
    """Return the name of an optimizer of one's own. Raises ValueError with what is wrong."""
    if not isinstance(name, str):
        raise ValueError("a class belongs here, as package.Class or folder/file.py:Class")
    try:
        return _NAME.validate_python(name, context=context)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise PydanticCustomError("one_of_two", "{message}", {"message": message}) from None


def own_arguments(name: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of all arguments of an optimizer of one's own, its defaults among them.

    given: what its entry says of them. Raises ValueError if the class has no such argument, or
    lacks one.
    """
    found = signature(name)
    unknown = next((key for key in given if key not in found), None)
    if unknown:
        meant = did_you_mean(unknown, found) or ";"
        raise ValueError(f"{name} has no argument '{unknown}'{meant} it has {', '.join(found)}")
    if "lr" not in found:
        raise ValueError(f"{name} has no argument 'lr', which every optimizer here has")
    for key, value in given.items():
        refuse_unsuitable(name, key, value)
    axes = {key: values_of(given[key], found[key]) for key in given}
    for key, default in found.items():
        if key not in axes and default is inspect.Parameter.empty:
            raise ValueError(f"{name} needs a value for '{key}'")
        # A default that is no plain value cannot be written down, and stays as the class has it.
        is_plain = isinstance(default, bool | int | float | str | tuple | None)
        if key not in axes and is_plain and not unsuitable(default):
            axes[key] = [list(default) if isinstance(default, tuple) else default]
    if axes.get("lr") in (None, [None]):
        raise ValueError(f"{name} needs a value for 'lr'")
    # A whole one too becomes what the rates of all other optimizers are.
    axes["lr"] = Numbers.validate_python(axes["lr"])
    return axes


def signature(name: str) -> dict[str, Any]:
    """Return the default of every argument of an optimizer's class but the parameters.

    inspect.Parameter.empty stands for one that has none. Raises ValueError if it cannot be loaded,
    or is no class of optimizers.
    """
    import torch

    chosen, base = loaded("optimizer", name), torch.optim.Optimizer
    if not (inspect.isclass(chosen) and issubclass(chosen, base)) or chosen.step is base.step:
        raise ValueError(
            f"{name} is no class of optimizers: one like those of torch.optim belongs here, a "
            "subclass of torch.optim.Optimizer with a step() of its own"
        )
    parameters = list(inspect.signature(chosen).parameters.values())[1:]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each.default for each in parameters if each.kind in kinds}


def refuse_what_does_not_train(name: str, axes: dict[str, list[Any]], groups: dict) -> None:
    """Raise ValueError if a class refuses a combination of its arguments, or cannot train here.

    axes: the values of its arguments. groups: one combination of what is said of groups.
    """
    combinations = itertools.islice(itertools.product(*axes.values()), _MOST_TRIED)
    for number, values in enumerate(combinations):
        arguments = dict(zip(axes, values, strict=True))
        why = _refusal(name, arguments)
        if why:
            raise ValueError(f"{name} refuses its arguments: {why}")
        if number < _MOST_STEPPED:
            from lr_atlas.config.optimizer_trial import trial

            trial({"name": name, **arguments, **groups})


def needs_rest(name: str) -> str:
    """Return what is said of a method of matrices that stands alone."""
    return (
        f"{name} takes matrices alone; say what trains the rest of a network (biases, norms, the "
        "first and the last layer), as in rest: {name: adamw, lr: 0.001}"
    )


def _refusal(name: str, arguments: dict[str, Any]) -> str:
    """Return why an optimizer's class refuses its arguments; empty if it takes them."""
    import torch

    from lr_atlas.training.optimizer_needs import marks

    values = {key: tuple(v) if isinstance(v, list) else v for key, v in arguments.items()}
    chosen, parameters = load_part("optimizer", name), [torch.nn.Parameter(torch.zeros(2, 2))]
    mark = marks(chosen, values)
    try:
        chosen([{"params": parameters, **mark}] if mark else parameters, **values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
