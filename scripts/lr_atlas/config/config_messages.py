"""Messages about a configuration: where something is wrong, what, and what was probably meant."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from pydantic_core import ErrorDetails

from lr_atlas.common.spelling import nearest, suggestion
from lr_atlas.config.claims import KINDS
from lr_atlas.config.config_notes import (
    FULLY_CONNECTED,
    note_on_number,
    note_on_optimizer,
)
from lr_atlas.config.config_text import ConfigError
from lr_atlas.config.config_values import MOST, Strict
from lr_atlas.config.configuration import Configuration
from lr_atlas.config.dataset_models import wrong_data_set
from lr_atlas.config.own_parts import is_own
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.locale.language_names import code_called

#: The model that each mapping was read by, by the mapping's id.
Models = dict[int, type[Strict]]

_LONGEST_SHOWN = 80
_LONGEST_KEY = 60

#: Says what belongs at a place, by pydantic's name for what is wrong there.
_BELONGS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
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
_AXES_IN_ENTRIES = ("epochs", "steps", "batch_size", "loss", "activation", "dropout")


class Problems:
    """Collects what is wrong with a configuration, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[ConfigError] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Keep for later a ConfigError that is raised within this."""
        try:
            yield
        except ConfigError as error:
            self._found.append(error)

    def tell(self) -> None:
        """Raise one ConfigError of all that were kept, if any."""
        if self._found:
            raise together(self._found)


def together(errors: Iterable[ConfigError], more: int = 0) -> ConfigError:
    """Return one error of several: each line once, in the order of places, ten of them shown.

    more: how many there are beside these.
    """
    lines = [line for error in errors for line in error.lines]
    lines.sort(key=lambda line: line[0])  # those of one place stay in their order
    return ConfigError(lines=list(dict.fromkeys(lines)), more=more)


def error_at(documents: tuple, keys: tuple, text: str) -> ConfigError:
    """Return a ConfigError for the place `keys`, counted from the top, with file and line."""
    where, place = _where(documents, keys)
    name = _name(keys)
    return ConfigError(lines=[(place, f"{where}{name}: {text}" if name else f"{where}{text}")])


def place_of(documents: tuple, keys: tuple) -> str:
    """Return the file and the line on which the value at `keys` stands, such as "mine.yaml:12"."""
    return _where(documents, keys)[0].removesuffix(": ")


def described(error: ErrorDetails, merged: dict, models: Models, documents: tuple) -> ConfigError:
    """Return one of pydantic's errors in words.

    models: the model that each mapping was read by, by the mapping's id.
    """
    keys = _keys_in(merged, error["loc"])
    if error["type"] in ("extra_forbidden", "invalid_key"):
        return _unknown_key(error, keys, merged, models, documents)
    return error_at(documents, keys, _what_is_wrong(error, keys, merged))


def _unknown_key(
    error: ErrorDetails, keys: tuple, merged: dict, models: Models, documents: tuple
) -> ConfigError:
    parents = keys[:-1] if keys and str(keys[-1]) == str(error["loc"][-1]) else keys
    mapping = _at(merged, parents)
    key = next((key for key in mapping if str(key) == str(error["loc"][-1])), error["loc"][-1])
    model = models.get(id(mapping), Configuration)
    text = model.unknown_key_message(_clipped(str(key), _LONGEST_KEY))
    if mapping.get(key, "") is None and _is_leftover(key):
        text = (
            f"'{key}' stands here without a value: a comma ends a value. Decimals are written with "
            "a point (0.01), a range as {log: [1e-5, 1], points: 12}"
        )
    return error_at(documents, (*parents, key), text)


def _is_leftover(key: Any) -> bool:
    """Return whether a key is the end of what was meant as one value, as in `lr: logspace(…)`."""
    return re.fullmatch(r"[-+.eE]*\d[-+.\deE]*\)*", str(key)) is not None


def _what_is_wrong(error: ErrorDetails, keys: tuple, merged: dict) -> str:
    """Return what stands at a place, what belongs there, and what was probably meant."""
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    hint = _hint(found, keys)
    if kind == "own_data":
        return wrong_data_set(str(keys[-1]), found)
    if kind == "one_of_two":
        return context["message"]
    if error["loc"][-1] == "[key]":
        return f"a name must be text; put {_shown(found)} in quotes"
    if kind == "missing":
        missing = error["loc"][-1]
        if isinstance(missing, int):
            return f"more values belong here, found {_shown(found)}"
        return f"'{missing}' is missing"
    if kind == "union_tag_not_found" and not isinstance(found, dict):
        kind = "model_type"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _what_is_wrong_with_the_tag(context)
    if kind == "literal_error":
        allowed = [
            word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")
        ]
        if isinstance(found, list | dict):
            return f"one of {', '.join(allowed)} belongs here, found {_shown(found)}{hint}"
        word = code_called(str(found)) if keys[-1] == "language" else str(found)
        meant = suggestion(word, allowed)
        return f"unknown value {_shown(found)}{meant}"
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        comma = _decimal_comma(found, keys, merged)
        bound = f"{MOST} (2^63 - 1)" if context[key] == MOST else _shown(context[key])
        return f"{_shown(found)} is not allowed; it must be {words} {bound}{comma}"
    if kind == "string_too_long":
        return f"{len(found)} characters are too many; at most {context['max_length']}"
    if kind == "too_short" and not found:
        return "nothing is given here; at least one value is needed"
    if kind in ("too_short", "too_long"):
        return _wrong_count(context, found)
    if kind in _BELONGS:
        return f"{_BELONGS[kind]} belongs here, found {_shown(found)}{hint}"
    text = error["msg"].removeprefix("Value error, ")
    return f"{text}; found {_shown(found)}{hint}"


def _wrong_count(context: dict, found: Any) -> str:
    least, most = context.get("min_length", 0), context.get("max_length", 0)
    if least or most <= 2:
        return f"{least or most} values belong here, found {_shown(found)}"
    return f"{len(found):,} are too many; at most {most:,}"


def _what_is_wrong_with_the_tag(context: dict) -> str:
    """Return what is wrong with the key that says which kind an entry or a claim is."""
    is_claim = context["discriminator"] == "'claim'"
    # One for the rest of another's parameters is none of those with steps of their own.
    expected = context.get("expected_tags", "")
    usable = [name for name in torch_optimizers() if f"'{name}'" in expected or not expected]
    known, key = (KINDS, "claim") if is_claim else (usable, "name")
    if "tag" not in context:
        return f"the entry has no '{key}'{suggestion('', known)}"
    tag = _clipped(str(context["tag"]), _LONGEST_KEY)
    if is_claim:
        return f"unknown claim '{tag}'{suggestion(tag, known)}"
    name = tag.rpartition(".")[2]
    return f"unknown optimizer '{tag}'{suggestion(name, known, note_on_optimizer(name))}"


def _shown(value: Any) -> str:
    """Return a value as it would stand in the file."""
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:.15g}"
    text = str(value).lower() if isinstance(value, bool | date) else repr(value)
    return _clipped(text, _LONGEST_SHOWN)


def _hint(found: Any, keys: tuple) -> str:
    """Return what was probably meant by a value of another kind than belongs at a place."""
    last = keys[-1] if keys else None
    if isinstance(found, list) and last in _AXES_IN_ENTRIES:
        # A list where the study takes one value was probably meant as an axis.
        return f". For an axis of the grid, put '{last}' into an entry under `optimizers`"
    if last == "model" and not isinstance(found, dict):
        return f"; {FULLY_CONNECTED}"
    if last == "hidden" and isinstance(found, int):
        return f"; write [{found}]"
    in_optimizers = "optimizers" in keys[-2:] and not isinstance(found, dict | list)
    if in_optimizers or (last == "optimizers" and isinstance(found, dict)):
        return f"; {_entry_as_meant(found)}"
    return note_on_number(found) if isinstance(found, str) else ""


def _entry_as_meant(found: Any) -> str:
    name = nearest(found, torch_optimizers()) if isinstance(found, str) else None
    if is_own(found):
        name = found
    name = name or "sgd"
    return (
        "each optimizer is an entry with the rates to try, as in "
        f"optimizers: [{{name: {name}, lr: [0.001, 0.01, 0.1]}}]"
    )


def _decimal_comma(found: Any, keys: tuple, merged: dict) -> str:
    """Return a hint where a list looks like numbers with decimal commas, as in [0,01, 0,1]."""
    values = _at(merged, keys[:-1]) if keys and isinstance(keys[-1], int) else ()
    whole = all(isinstance(value, int) for value in values)
    if found != 0 or not values or len(values) % 2 or not whole or keys[-2] == "log":
        return ""
    return ". Decimals are written with a point (0.01): a comma ends a value"


def _keys_in(data: Any, location: tuple) -> tuple:
    """Return the part of pydantic's location that stands in the file, without its own tags."""
    keys = []
    for part in location:
        in_mapping = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_mapping or in_list:
            data = data[part]
            keys.append(part)
    return tuple(keys)


def _at(data: Any, keys: tuple) -> Any:
    for key in keys:
        data = data[key]
    return data


def _name(keys: tuple) -> str:
    """Return such as "studies.a.optimizers[0]"."""
    name = ""
    for key in keys:
        part = str(key) if isinstance(key, int) else _clipped(str(key), _LONGEST_KEY)
        name += f"[{part}]" if isinstance(key, int) else f".{part}" if name else part
    return name


def _where(documents: tuple, keys: tuple) -> tuple[str, tuple[int, int]]:
    """Return ("config.yaml:12: ", place) of the last file that has the keys; place sorts."""
    where, place = (f"{documents[0][0]}: " if documents else ""), (0, 0)
    for number, (path, document) in enumerate(documents):
        line = _line_of(document, keys)
        if line is not None:
            where, place = (f"{path}:{line}: " if line else f"{path}: "), (number, line)
    return where, place


def _line_of(document: Any, keys: tuple) -> int | None:
    """Return the line, from 1, of the value at `keys`; 0 if unknown, None if there is none."""
    line = None
    for key in keys:
        try:
            value = document[key]
        except (KeyError, IndexError, TypeError):
            return None
        line = _line_of_key(document, key)
        document = value
    return line


def _line_of_key(document: Any, key: Any) -> int:
    positions = getattr(document, "lc", None)
    if positions is None:
        return 0
    if isinstance(document, list):
        return positions.item(key)[0] + 1
    if key in positions.data:
        return positions.key(key)[0] + 1
    # It comes from another mapping, by `<<`.
    return next((_line_of_key(other, key) for other in document.merge if key in other), 0)


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
