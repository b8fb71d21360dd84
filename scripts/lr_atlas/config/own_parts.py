"""Names of parts in a configuration: ours, or a thing of one's own file or of a package.

Files and packages are looked at only when a configuration is read by a user's command, for which
pydantic's context is given. Jobs take what was found then.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import itertools
import posixpath
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from lr_atlas.common.spelling import did_you_mean, suggestion
from lr_atlas.config.config_values import Number, Strict
from lr_atlas.config.value_ranges import number_axis
from lr_atlas.training.parts import (
    PartError,
    file_and_thing,
    load_part,
    module_and_thing,
    names,
    own_files_folder,
)

LONGEST_SHOWN = 60
_THING = r"[A-Za-z_]\w*"
_OWN_NAME = re.compile(rf"(?!/|~)[^:\s]+\.py:{_THING}|{_THING}(\.{_THING})*:{_THING}")
#: For the JSON schema: whatever has a colon is looked at by the workflow alone.
OWN_PATTERN = r"^[^:]+:[A-Za-z_][A-Za-z_0-9]*$"


def is_own(name: Any) -> bool:
    """Return whether a name is meant for a thing of a file or of a package."""
    return isinstance(name, str) and ":" in name


def _checked_name(kind: str, name: str, info: ValidationInfo) -> str:
    """Return the name of a part. Raises ValueError with what is wrong with it."""
    if not is_own(name):
        if name in names(kind):
            return name
        example = f"or one of your own, as in {kind}s.py:mine"
        shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
        raise ValueError(f"unknown {kind} '{shown}'{suggestion(name, names(kind))}, {example}")
    if not _OWN_NAME.fullmatch(name):
        raise ValueError(
            f"'{name}' names nothing; a thing of your own is written folder/file.py:thing, with "
            "the path from this file's folder, one of a package package.module:thing"
        )
    own = file_and_thing(name)
    if own:
        # So that ./mine.py:loss and mine.py:loss are one thing.
        name = f"{posixpath.normpath(own[0])}:{own[1]}"
    if info.context is not None:
        _look_for(name)
        if kind in ("loss", "schedule"):
            _check_call(kind, name, {})
    return name


def _look_for(name: str) -> None:
    """Raise ValueError if there is no such file or package, or no such thing in the file."""
    own, packaged = file_and_thing(name), module_and_thing(name)
    if own:
        path = own_files_folder() / own[0]
        if not path.is_file():
            raise ValueError(f"there is no file {own[0]} in {own_files_folder()}")
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError as error:
            raise ValueError(
                f"{own[0]}:{error.lineno}: this is not valid Python: {error.msg}"
            ) from None
        found = sorted(_defined(tree))
        if own[1] not in found:
            raise ValueError(f"{own[0]} has no '{own[1]}'{suggestion(own[1], found)}")
    elif packaged:
        top = packaged[0].split(".")[0]
        if importlib.util.find_spec(top) is None:
            raise ValueError(f"no package {top} is installed here; pip install it, or correct this")


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that a module defines at its top."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found |= {(alias.asname or alias.name) for alias in node.names}
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def part_name(kind: str) -> tuple[Any, ...]:
    """Return what makes of a str the name of a part of that kind, a key of parts.FOLDERS."""

    def check(name: str, info: ValidationInfo) -> str:
        return _checked_name(kind, name, info)

    ours = [{"enum": names(kind)}] if names(kind) else []
    schema = {"anyOf": [*ours, {"type": "string", "pattern": OWN_PATTERN}]}
    return AfterValidator(check), WithJsonSchema(schema)


class OwnNetwork(Strict):
    """A network of one's own: a function or class, and its arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Annotated[str, *part_name("model")] = Field(
        description="folder/file.py:thing, or package.module:thing: called with the shape of an "
        "image, the number of classes and the other keys, it returns a torch.nn.Module."
    )

    @model_validator(mode="after")
    def _can_be_called(self, info: ValidationInfo) -> OwnNetwork:
        if info.context is not None:
            _check_call("model", self.name, self.model_extra or {})
        return self


#: Combinations of an optimizer's arguments that are tried when a configuration is read.
_MOST_TRIED = 200
_Numbers = TypeAdapter(Annotated[list[Number], *number_axis(Number)])


def own_arguments(name: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of all arguments of an optimizer of one's own, its defaults among them.

    given: what its entry says of them. Raises ValueError if the class has no such argument, lacks
    one, or refuses a combination of the values on a small parameter.
    """
    found = _signature(name)
    unknown = next((key for key in given if key not in found), None)
    if unknown:
        meant = did_you_mean(unknown, found) or ";"
        raise ValueError(f"{name} has no argument '{unknown}'{meant} it has {', '.join(found)}")
    if "lr" not in found:
        raise ValueError(f"{name} has no argument 'lr', which every optimizer here has")
    axes = {key: _values(given[key], found[key]) for key in given}
    for key, default in found.items():
        if key not in axes and default is inspect.Parameter.empty:
            raise ValueError(f"{name} needs a value for '{key}'")
        # What is no plain value cannot be written down, and stays as the class has it.
        if key not in axes and isinstance(default, bool | int | float | str | tuple | None):
            axes[key] = [list(default) if isinstance(default, tuple) else default]
    for values in itertools.islice(itertools.product(*axes.values()), _MOST_TRIED):
        why = _refusal(name, dict(zip(axes, values, strict=True)))
        if why:
            raise ValueError(f"{name} refuses its arguments: {why}")
    return axes


def _signature(name: str) -> dict[str, Any]:
    """Return the default of every argument of an optimizer's class but the parameters.

    inspect.Parameter.empty stands for one that has none. Raises ValueError if it cannot be loaded.
    """
    parameters = list(inspect.signature(_loaded("optimizer", name)).parameters.values())[1:]
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each.default for each in parameters if each.kind in kinds}


def _loaded(kind: str, name: str) -> Any:
    """Return a thing of one's own. Raises ValueError with why it cannot be loaded or called."""
    try:
        thing = load_part(kind, name)
        inspect.signature(thing)
    # Whatever a user's file comes up with when it is imported, the end of the process included.
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, PartError) else f"{type(error).__name__}: {error}"
        raise ValueError(f"{name} cannot be used: {reason}") from None
    return thing


def _check_call(kind: str, name: str, arguments: dict[str, Any]) -> None:
    """Raise ValueError unless a thing can be called as training calls it."""
    try:
        inspect.signature(_loaded(kind, name)).bind(*_CALLED_WITH[kind], **arguments)
    except TypeError as error:
        what = ", ".join([*_CALLED_WITH[kind], *arguments])
        raise ValueError(f"{name} cannot be called with ({what}): {error}") from None


#: What training hands to a thing of each kind.
_CALLED_WITH = {
    "model": ("shape", "classes"),
    "loss": ("logits", "labels"),
    "schedule": ("step", "steps_per_epoch"),
}


def _values(value: Any, default: Any) -> list[Any]:
    """Return the values of an argument, for which one, a list or a range is given.

    default: that of the argument, which tells where a list is one value.
    """
    if isinstance(value, dict):
        return _Numbers.validate_python(value)
    is_tuple = isinstance(default, tuple | list)
    is_axis = isinstance(value, list) and (not is_tuple or any(isinstance(v, list) for v in value))
    values = value if is_axis else [value]
    is_number = isinstance(default, float) or default is inspect.Parameter.empty
    if is_number and not any(isinstance(each, bool) for each in values):
        return _Numbers.validate_python(values)
    if not values:
        raise ValueError("nothing is given here; at least one value is needed")
    return values


def _refusal(name: str, arguments: dict[str, Any]) -> str:
    """Return why an optimizer's class refuses its arguments; empty if it takes them."""
    import torch

    values = {key: tuple(v) if isinstance(v, list) else v for key, v in arguments.items()}
    try:
        load_part("optimizer", name)([torch.nn.Parameter(torch.zeros(2, 2))], **values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
