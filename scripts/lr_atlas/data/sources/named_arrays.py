"""Arrays by the names that people give them, such as x_train, sorted into parts."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from lr_atlas.data.data_folders import DataError
from lr_atlas.data.sources.labelled_arrays import Given

_INPUTS = ("x", "images", "inputs", "data", "features")
_TARGETS = ("y", "labels", "targets", "target")
_PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
EXPECTED = "x_train, y_train, x_test, y_test, or images and labels with `test: 0.2`"


def sorted_into_parts(arrays: Mapping[str, Any], where: str) -> dict[str, Given]:
    """Return the parts of arrays that are named x_train, y_train and the like, or images, labels.

    Raises DataError, saying which names were found, if they do not fit.
    """
    by_name = {str(name).lower(): name for name in arrays}
    found = {}
    for part, spellings in _PARTS.items():
        inputs, targets = (
            _named(by_name, [n for word in words for n in _with(word, spellings)])
            for words in (_INPUTS, _TARGETS)
        )
        if inputs and targets:
            found[part] = _pair(arrays, inputs, targets, where)
        elif inputs or targets:
            raise DataError(f"{where} holds {_listed(arrays)}: '{inputs or targets}' stands alone")
    inputs, targets = (_named(by_name, words) for words in (_INPUTS, _TARGETS))
    if not found and inputs and targets:
        found["train"] = _pair(arrays, inputs, targets, where)
    if "train" not in found:
        raise DataError(f"{where} holds {_listed(arrays)}; it should hold {EXPECTED}")
    return found


def parts_of_tuple(arrays: Any, where: str) -> dict[str, Given]:
    """Return the parts of (x_train, y_train, x_test, y_test), (x, y), or pairs of pairs."""
    flat = [
        each
        for item in arrays
        for each in (item if isinstance(item, tuple | list) and len(item) == 2 else [item])
    ]
    names = {2: ("x", "y"), 4: ("x_train", "y_train", "x_test", "y_test")}
    if len(flat) not in names:
        raise DataError(f"{where} gives {len(flat)} arrays; they should be {EXPECTED}")
    return sorted_into_parts(dict(zip(names[len(flat)], flat, strict=True)), where)


def _pair(arrays: Mapping[str, Any], inputs: str, targets: str, where: str) -> Given:
    return Given(_array(arrays[inputs], where), _array(arrays[targets], where), where)


def _with(word: str, spellings: tuple[str, ...]) -> list[str]:
    return [name for each in spellings for name in (f"{word}_{each}", f"{each}_{word}")]


def _named(by_name: Mapping[str, str], wanted: Iterable[str]) -> str | None:
    return next((by_name[name] for name in wanted if name in by_name), None)


def _listed(arrays: Mapping[str, Any]) -> str:
    return ", ".join(map(str, arrays)) or "no arrays"


def _array(value: Any, where: str) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: this is no array: {error}") from None
