"""Names of parts in a configuration: ours, or a thing of one's own file or of a package.

Files and packages are looked at only when a configuration is read by a user's command, for which
pydantic's context is given. Jobs take what was found then.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_values import Strict
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
        own = f"or one of your own, as in {kind}s.py:mine"
        shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
        raise ValueError(f"unknown {kind} '{shown}'{suggestion(name, names(kind))}, {own}")
    if not _OWN_NAME.fullmatch(name):
        raise ValueError(
            f"'{name}' names nothing; a thing of your own is written folder/file.py:thing, with "
            "the path from this file's folder, one of a package package.module:thing"
        )
    if info.context is not None:
        _look_for(name)
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


def signature_defaults(name: str) -> dict[str, Any]:
    """Return the default of every argument of an optimizer's class but the parameters.

    inspect.Parameter.empty stands for one that has none. Raises ValueError if it cannot be loaded.
    """
    try:
        thing = load_part("optimizer", name)
        parameters = list(inspect.signature(thing).parameters.values())[1:]
    except (PartError, ImportError, ValueError, TypeError) as error:
        raise ValueError(f"{name} cannot be used: {error}") from None
    except Exception as error:
        raise ValueError(f"{name} cannot be used: {type(error).__name__}: {error}") from None
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each.default for each in parameters if each.kind in kinds}


def refusal(name: str, arguments: dict[str, Any]) -> str:
    """Return why an optimizer's class refuses its arguments; empty if it takes them.

    It is tried on one small parameter.
    """
    import torch

    values = {key: tuple(v) if isinstance(v, list) else v for key, v in arguments.items()}
    try:
        load_part("optimizer", name)([torch.nn.Parameter(torch.zeros(2, 2))], **values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
