"""Reading `config.yaml`: from a file to validated studies, or one message that says what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from lr_atlas.claim_models import KINDS
from lr_atlas.config_values import MOST
from lr_atlas.errors import UserError
from lr_atlas.optimizers import OPTIMIZERS
from lr_atlas.spelling import suggestion
from lr_atlas.study_models import STUDY_NAME, Configuration

_MOST_ERRORS = 10

#: What belongs at a place, by pydantic's name for what is wrong there.
_BELONGS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list of numbers",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "finite_number": "a finite number",
}

_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}

#: Keys of a study that take one value there, but a list in an optimizer entry.
_AXES_IN_ENTRIES = ("epochs", "batch_size", "loss", "activation", "dropout")


class ConfigError(UserError):
    """The configuration cannot be used; the message says where, why, and what is allowed."""


@dataclass(frozen=True)
class ConfigFile:
    """A validated configuration, and the documents that it was read from."""

    configuration: Configuration
    documents: tuple

    def error(self, keys: tuple, text: str) -> ConfigError:
        """A ConfigError for the place `keys` (from the top), with file and line."""
        return ConfigError(_place(self.documents, keys) + text)


def load_configuration(
    paths: Iterable[Path], overrides: Mapping | None = None, origin: str = "--config"
) -> ConfigFile:
    """Read, merge and validate configuration files.

    paths: YAML files, later ones over earlier ones. overrides: dict laid over the files' content,
    whose texts are read as YAML, since a command line has no other types. origin: where they come
    from, for messages.
    Returns a ConfigFile. Relative folders are made absolute, from the file that names them.
    Raises ConfigError with one message that lists what is wrong, each with file, line, key, what
    was found and what is allowed.
    """
    documents = tuple((Path(path), _read_yaml(Path(path))) for path in paths)
    merged = {}
    for path, document in documents:
        merged = _merge(merged, _with_absolute_folders(document, path))
    given = _typed(overrides or {})
    merged = _merge(merged, given)
    documents += ((origin, given),)
    try:
        file = ConfigFile(Configuration.model_validate(merged), documents)
    except ValidationError as error:
        found = [_describe(item, merged, documents) for item in error.errors()]
        raise ConfigError(_one_message(found)) from None
    taken = {}
    for name in file.configuration.studies:
        other = taken.setdefault(name.lower(), name)
        if other != name:
            raise file.error(
                ("studies", name),
                f"'{name}' and '{other}' differ in case alone, and some disks would take them for "
                "one folder; rename one of them",
            )
        if not STUDY_NAME.fullmatch(name):
            raise file.error(
                ("studies", name),
                f"'{name}' cannot be a study's name, since it names a folder. Allowed: letters, "
                "digits, '-', '_' and '.', beginning with a letter or a digit",
            )
    return file


def _with_absolute_folders(document: dict, path: Path) -> dict:
    """The document, with the folders that it names taken from where the document lies."""
    document = _plain(document)
    sources = document.get("datasets")
    datasets = list(sources.values()) if isinstance(sources, dict) else []
    for source in [*datasets, document.get("cache")]:
        if isinstance(source, dict) and isinstance(source.get("directory"), str):
            source["directory"] = str(path.resolve().parent / source["directory"])
    return document


def _read_yaml(path: Path) -> dict:
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        document = YAML(typ="rt", pure=True).load(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as text: {error}") from None
    except DuplicateKeyError as error:
        problem = error.problem.split(" with value")[0].replace("found duplicate key", "the key")
        line = error.problem_mark.line + 1
        raise ConfigError(f"{path}:{line}: {problem} stands here twice; keep one") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark else f"{path}"
        raise ConfigError(f"{where}: this is not valid YAML: {error.problem}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{path}:{line}: a character in it cannot be read: U+{error.character:04X}; remove it"
        ) from None
    except (YAMLError, ValueError) as error:  # such as a date that there is not
        raise ConfigError(f"{path}: a value in it cannot be read: {error}") from None
    if document is None:
        raise ConfigError(f"{path}: the file is empty; it must hold at least `studies:`")
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: the file must hold keys and values, beginning with `studies:`")
    return document


def _merge(below: Mapping, above: Mapping) -> dict:
    """Plain dictionaries with the values of `above` over those of `below`, mapping by mapping."""
    merged = {key: _plain(value) for key, value in below.items()}
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        else:
            merged[key] = _plain(value)
    return merged


def _plain(value: Any) -> Any:
    """The reader's own mappings, lists and scalars as Python's."""
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _typed(value: Any) -> Any:
    """The value with every text in it read as YAML: "1e-3" as a number, "[0, 1]" as a list."""
    if isinstance(value, dict):
        return {key: _typed(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(element) for element in value]
    if not isinstance(value, str):
        return value
    try:
        read = YAML(typ="safe", pure=True).load(value)
    except (YAMLError, ValueError):
        return value
    # "a: b" was meant as a text, and "in 1 # of 3 runs" as the whole of it.
    return value if isinstance(read, dict | str) else read


def _one_message(found: list[str]) -> str:
    shown = list(dict.fromkeys(found))
    rest = len(shown) - _MOST_ERRORS
    if rest > 0:
        shown = [*shown[:_MOST_ERRORS], f"and {rest} more"]
    return "\n".join(shown)


def _describe(error: dict, merged: dict, documents: tuple) -> str:
    """One line for one of pydantic's errors."""
    keys = _keys_in(merged, error["loc"])
    context = error.get("ctx", {})
    if error["type"] == "unknown_key":
        keys = (*keys, context["key"])
    return _place(documents, keys) + _what_is_wrong(error, keys)


def _what_is_wrong(error: dict, keys: tuple) -> str:
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    if kind in ("unknown_key", "one_of_two"):
        return context["message"]
    if error["loc"][-1] == "[key]":
        return f"a name must be text; put {_shown(found)} in quotes"
    if kind == "missing":
        missing = error["loc"][-1]
        if isinstance(missing, int):
            return f"more values belong here, found {_shown(found)}"
        return f"'{missing}' is missing"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _what_is_wrong_with_the_tag(context)
    if kind == "literal_error":
        allowed = [
            word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")
        ]
        if isinstance(found, list | dict):
            return (
                f"one of {', '.join(allowed)} belongs here, found {found}{_axis_hint(found, keys)}"
            )
        return f"unknown value {_shown(found)}{suggestion(found, allowed)}"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{_shown(found)} is not allowed; it must be {words} {_limit(context[key])}"
    if kind == "too_short" and not found:
        return "nothing is given here; at least one value is needed"
    if kind in ("too_short", "too_long"):
        needed = context.get("min_length") or context.get("max_length")
        return f"{needed} values belong here, found {_shown(found)}"
    if kind in _BELONGS:
        return f"{_BELONGS[kind]} belongs here, found {_shown(found)}{_axis_hint(found, keys)}"
    text = error["msg"].removeprefix("Value error, ")
    return f"{text}; found {_shown(found)}{_axis_hint(found, keys)}"


def _what_is_wrong_with_the_tag(context: dict) -> str:
    """Of an optimizer's entry or a claim: the key that says which kind it is."""
    is_claim = context["discriminator"] == "'claim'"
    known, thing = (KINDS, "claim") if is_claim else (OPTIMIZERS, "optimizer")
    if "tag" in context:
        return f"unknown {thing} '{context['tag']}'{suggestion(context['tag'], known)}"
    key = "claim" if is_claim else "name"
    return f"the entry has no '{key}'{suggestion('', known)}"


def _shown(value: Any) -> str:
    """A value as it would stand in the file."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _limit(bound: float) -> str:
    """A bound as it would stand in the file, with all digits of a whole number."""
    if bound == MOST:
        return f"{MOST} (2^63 - 1)"
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _axis_hint(found: Any, keys: tuple) -> str:
    """A list where the study takes one value was probably meant as an axis."""
    if isinstance(found, list) and keys and keys[-1] in _AXES_IN_ENTRIES:
        return f". For an axis of the grid, put '{keys[-1]}' into an entry under `optimizers`"
    return ""


def _keys_in(data: Any, location: tuple) -> tuple:
    """The part of pydantic's location that stands in the file: without its own tags and indices."""
    keys = []
    for part in location:
        in_mapping = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_mapping or in_list:
            data = data[part]
            keys.append(part)
    return tuple(keys)


def _place(documents: tuple, keys: tuple) -> str:
    """File, line and key, as in "config.yaml:12: studies.a.epochs: "; the last file that has it."""
    name = ""
    for key in keys:
        name += f"[{key}]" if isinstance(key, int) else f".{key}" if name else str(key)
    where = f"{documents[0][0]}: " if documents else ""
    for path, document in documents:
        line = _line_of(document, keys)
        if line is not None:
            where = f"{path}:{line}: " if line else f"{path}: "
    return f"{where}{name}: " if name else where


def _line_of(document: Any, keys: tuple) -> int | None:
    """The line, from 1, on which the value at `keys` stands; 0 if unknown, None if it does not."""
    line = None
    for key in keys:
        try:
            value = document[key]
        except (KeyError, IndexError, TypeError):
            return None
        positions = getattr(document, "lc", None)
        if positions is None:
            line = 0
        else:
            find = positions.key if isinstance(document, dict) else positions.item
            line = find(key)[0] + 1
        document = value
    return line
