"""Names of parts in a configuration: ours, or a thing of one's own file or of a package.

Files and packages are looked at only when a configuration is read by a user's command, for which
pydantic's context is given. Jobs take what was found then.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import math
import posixpath
import re
import sys
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
from lr_atlas.config.config_values import MOST, Number, Strict, is_one_line
from lr_atlas.config.value_ranges import number_axis
from lr_atlas.training.parts import (
    FOLDERS,
    PartError,
    file_and_thing,
    load_part,
    module_and_thing,
    names,
    own_files_folder,
)
from lr_atlas.training.schedule import handed_over

LONGEST_SHOWN = 60
_THING = r"[A-Za-z_]\w*"
_OWN_NAME = re.compile(rf"(?!/|~)[^:\s]+\.py:{_THING}|{_THING}(\.{_THING})*:{_THING}")
#: For the JSON schema: whatever has a colon is looked at by the workflow alone.
OWN_PATTERN = r"^[^:]+:[A-Za-z_][A-Za-z_0-9]*$"


def is_own(name: Any) -> bool:
    """Return whether a name is meant for a thing of a file or of a package."""
    return isinstance(name, str) and ":" in name


def checked_name(
    kind: str, name: str, info: ValidationInfo, arguments: dict[str, Any] | None = None
) -> str:
    """Return the name of a part. Raises ValueError with what is wrong with it.

    arguments: with which a loss or a transform of one's own is called.
    """
    if not is_own(name):
        if name in names(kind):
            return name
        example = f"or one of your own, as in {FOLDERS[kind]}.py:mine"
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
        look_for_own_part(name)
        if kind in ("loss", "metric", "schedule", "transform"):
            _check_call(kind, name, arguments or {})
    return name


def look_for_own_part(name: str) -> None:
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
            raise ValueError(
                f"no package {top} is installed here; {how_to_install(top, packaged[1])}"
            )


#: Packages of optimizers by what Python imports them as; envs/optimizers.txt has their versions.
PACKAGES = ("heavyball", "prodigyopt", "pytorch_optimizer", "schedulefree")


def how_to_install(package: str, thing: str) -> str:
    """Return what to do where a package is missing, or meant by another name."""
    if (own_files_folder() / f"{package}.py").is_file():
        return f"did you mean {package}.py:{thing}?"
    if package in PACKAGES:
        return ".venv/bin/python -m pip install -r envs/optimizers.txt brings it"
    meant = did_you_mean(package, PACKAGES).removeprefix(": ")
    return f"{meant} pip install it, or correct this".strip()


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
        return checked_name(kind, name, info)

    ours = [{"enum": names(kind)}] if names(kind) else []
    schema = {"anyOf": [*ours, {"type": "string", "pattern": OWN_PATTERN}]}
    return AfterValidator(check), WithJsonSchema(schema)


class OwnNetwork(Strict):
    """A network of one's own that is given images in one row, and its arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    # Networks of ours have a model of their own.
    name: Annotated[
        str, *part_name("model"), WithJsonSchema({"type": "string", "pattern": OWN_PATTERN})
    ] = Field(
        description="folder/file.py:thing, or package.module:thing: called with the shape of an "
        "image, the number of classes and the other keys, it returns a torch.nn.Module."
    )

    @model_validator(mode="after")
    def _can_be_called(self, info: ValidationInfo) -> OwnNetwork:
        arguments = self.model_extra or {}
        if "arguments" in arguments:
            raise ValueError(
                "a network with `arguments` is named under `python`, as in "
                f"model: {{python: {self.name}, arguments: {{…}}}}"
            )
        for key, value in arguments.items():
            refuse_unsuitable(self.name, key, value)
        if info.context is not None:
            _check_call("model", self.name, arguments)
        return self

    def networks(self) -> list[dict[str, Any]]:
        """Return the network as it stands in a run's configuration."""
        return [self.model_dump()]

    @property
    def count(self) -> int:
        """Return how many networks these are."""
        return 1


Numbers = TypeAdapter(Annotated[list[Number], *number_axis(Number)])


def loaded(kind: str, name: str) -> Any:
    """Return a thing of one's own. Raises ValueError with why it cannot be loaded or called."""
    try:
        thing = load_part(kind, name)
        inspect.signature(thing)
    # A user's file may raise anything when it is imported, or end the process.
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, PartError) else f"{type(error).__name__}: {error}"
        raise ValueError(_nearest_in_package(name) or f"{name} cannot be used: {reason}") from None
    return thing


def _nearest_in_package(name: str) -> str:
    """Return what is meant by a name that a package does not have; empty if it has it, or fails."""
    packaged = module_and_thing(name)
    module = sys.modules.get(packaged[0]) if packaged else None
    if not packaged or module is None or hasattr(module, packaged[1]):
        return ""
    known = [key for key, each in vars(module).items() if inspect.isclass(each)]
    return f"{packaged[0]} has no '{packaged[1]}'{did_you_mean(packaged[1], known)}"


def _check_call(kind: str, name: str, arguments: dict[str, Any]) -> None:
    """Raise ValueError unless a thing can be called as training calls it."""
    signature = inspect.signature(loaded(kind, name))
    offered = [key for key in _OFFERED.get(kind, ()) if key in signature.parameters]
    if kind == "schedule":
        offered = handed_over(signature.parameters)
    try:
        signature.bind(*_CALLED_WITH[kind], **dict.fromkeys(offered), **arguments)
    except TypeError as error:
        what = ", ".join([*_CALLED_WITH[kind], *offered, *arguments])
        raise ValueError(f"{name} cannot be called with ({what}): {error}") from None


#: Training hands these to a thing of each kind.
_CALLED_WITH = {
    "model": ("shape", "classes"),
    "loss": ("logits", "labels"),
    "metric": ("outputs", "targets"),
    "schedule": ("step",),
    "transform": ("images",),
}
#: It hands these over too where a signature asks for them.
_OFFERED = {"loss": ("class_counts",), "transform": ("labels", "random", "black")}


def values_of(value: Any, default: Any) -> list[Any]:
    """Return the values of an argument, for which one, a list or a range is given.

    default: that of the argument, which tells where a list is one value.
    """
    if isinstance(value, dict):
        return Numbers.validate_python(value)
    is_tuple = isinstance(default, tuple | list)
    is_axis = isinstance(value, list) and (not is_tuple or any(isinstance(v, list) for v in value))
    values = value if is_axis else [value]
    is_number = isinstance(default, float) or default is inspect.Parameter.empty
    if is_number and not any(isinstance(each, bool) for each in values):
        return Numbers.validate_python(values)
    if not values:
        raise ValueError("nothing is given here; at least one value is needed")
    return values


def refuse_unsuitable(name: str, key: str, value: Any) -> None:
    """Raise ValueError for an argument of a thing of one's own that cannot be written down."""
    reason = unsuitable(value)
    if reason:
        raise ValueError(f"{name}: '{key}' holds {reason}")


def unsuitable(value: Any) -> str:
    """Return why a value cannot stand in run.json and in a table as it is; empty if it can."""
    if isinstance(value, dict):
        keys = (f"a key that is no text, {key!r}" for key in value if not isinstance(key, str))
        return next(keys, "") or unsuitable(list(value.values()))
    if isinstance(value, list | tuple):
        return next(filter(None, map(unsuitable, value)), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}; a number has to be finite"
    if isinstance(value, int) and abs(value) > MOST:
        return f"{value}; a whole number is at most {MOST}"
    if isinstance(value, str) and not is_one_line(value):
        return "a text with a line end or control character"
    if not isinstance(value, bool | int | float | str | None):
        return f"{value}, which is no number, text, true, false, null or list of these"
    return ""
