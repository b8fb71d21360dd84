"""Arrays as a source gives them, made into the form of the store, or refused in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lr_atlas.data.data_folders import DataError
from lr_atlas.data.dataset import CLASSIFICATION, REGRESSION
from lr_atlas.data.sources.class_counts import check_counts
from lr_atlas.data.sources.parts import Parts
from lr_atlas.data.sources.shares import kept_for_tests

#: Whole numbers of more values than that are no classes, if they stand as fractions or in a table.
FEW = 20
_COLOURS = (1, 3, 4)


@dataclass(frozen=True)
class Given:
    """Inputs [n, …] and targets [n, …] of one part, and where they come from."""

    inputs: np.ndarray
    targets: np.ndarray
    where: str


@dataclass(frozen=True)
class Reading:
    """Say how targets are to be read.

    Attributes:
        task: "classification" or "regression"; None to go by the targets.
        labels_from: The first label.
        any_values: Whether classes may have any numbers, in the order of which they are counted.
        test: The share that is kept for tests where no part is; None if none is asked for.
        test_seed: The seed that decides which part of the data that share is.
    """

    task: str | None = None
    labels_from: int = 0
    any_values: bool = False
    test: float | None = None
    test_seed: int = 0


def parts_of(given: Mapping[str, Given], reading: Reading) -> Parts:
    """Return the arrays in the form of the store.

    given: "train", and perhaps "validation" and "test". Raises DataError for what cannot be used.
    """
    inputs = {part: _inputs(each) for part, each in given.items()}
    _check_alike(given, inputs)
    notes = []
    task = reading.task
    if task != REGRESSION:
        _refuse_one_hot(given["train"])
    if task is None:
        task = _task(given["train"].targets, reading.any_values)
        notes.append(f"taken as {task}, by its targets; `task:` says otherwise")
    names: Sequence[str] = ()
    if task == CLASSIFICATION:
        names, targets = _labels(given, reading)
    else:
        targets = {part: _numbers(each) for part, each in given.items()}
        _check_targets(given, targets)
    where = {part: each.where for part, each in given.items()}
    _keep_share_for_tests(inputs, targets, reading, where)
    if task == CLASSIFICATION:
        counts = {part: np.bincount(each, minlength=len(names)) for part, each in targets.items()}
        check_counts(counts, names, where)
    held_out = None
    if "validation" in given:
        held_out = np.repeat([False, True], (len(inputs["train"]), len(inputs["validation"])))
        for values in (inputs, targets):
            values["train"] = np.concatenate([values["train"], values["validation"]])
    return Parts(
        np.ascontiguousarray(inputs["train"]),
        targets["train"],
        np.ascontiguousarray(inputs["test"]),
        targets["test"],
        held_out,
        tuple(names),
        tuple(notes),
    )


def _keep_share_for_tests(
    inputs: dict[str, np.ndarray],
    targets: dict[str, np.ndarray],
    reading: Reading,
    where: Mapping[str, str],
) -> None:
    """Move a share from "train" to "test", where the data brings no such part."""
    if "test" in inputs:
        if reading.test is not None:
            raise DataError(f"{where['test']}: the data brings a test part; leave out `test`")
        return
    if reading.test is None:
        raise DataError(
            f"{where['train']}: the data brings no test part; say which share is kept for tests, "
            "as in `test: 0.2`"
        )
    labels = targets["train"] if targets["train"].dtype == np.int64 else None
    count = len(inputs["train"])
    if count < 2:
        raise DataError(f"{where['train']} holds one row; at least two are needed")
    chosen = kept_for_tests(labels, count, reading.test, reading.test_seed)
    for values in (inputs, targets):
        values["train"], values["test"] = values["train"][~chosen], values["train"][chosen]


def _inputs(given: Given) -> np.ndarray:
    """Return inputs as uint8 or float32 [n, …], channels first."""
    array, where = given.inputs, given.where
    if array.ndim == 0 or len(array) == 0:
        raise DataError(f"{where} holds no rows; at least one is needed")
    if array.dtype.kind not in "biuf":
        raise DataError(f"{where}: the inputs are {array.dtype}; they should be numbers")
    if given.targets.ndim == 0 or len(array) != len(given.targets):
        count = len(given.targets) if given.targets.ndim else 0
        raise DataError(f"{where}: {len(array):,} inputs and {count:,} targets")
    if array[0].size == 0:
        raise DataError(f"{where}: an input of the shape {_shape(array)} holds no number")
    if array.dtype != np.uint8:
        array = as_float32(array)
        _refuse_infinite(array, where, "input")
    if array.ndim == 1:
        return array[:, None]
    if array.ndim == 3:
        return array[:, None]
    if array.ndim == 4 and array.shape[1] not in _COLOURS and array.shape[3] in _COLOURS:
        return np.moveaxis(array, 3, 1)
    return array


def as_float32(numbers: np.ndarray) -> np.ndarray:
    """Return numbers as float32; infinite where they are too large for that."""
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)


def _refuse_infinite(array: np.ndarray, where: str, what: str) -> None:
    if array.dtype.kind != "f":
        return
    finite = np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{where}: {what} {int(finite.argmin())} (counted from 0) holds a value that is no "
            f"finite number of 32 bits, as {int((~finite).sum()):,} of {len(array):,} do"
        )


def _check_alike(given: Mapping[str, Given], inputs: Mapping[str, np.ndarray]) -> None:
    first = inputs["train"]
    for part, each in inputs.items():
        if each.shape[1:] != first.shape[1:]:
            raise DataError(
                f"{given[part].where}: one input of the {part} part is {_shape(each)}, of the "
                f"train part {_shape(first)}; they should be equal"
            )
        if each.dtype != first.dtype:
            raise DataError(
                f"{given[part].where}: the inputs of the {part} part are {each.dtype}, those of "
                f"the train part {first.dtype}; they should be equal"
            )


def _check_targets(given: Mapping[str, Given], targets: Mapping[str, np.ndarray]) -> None:
    first = targets["train"]
    if (first == first[0]).all():
        raise DataError(f"{given['train'].where}: all targets are equal; there is nothing to tell")
    for part, each in targets.items():
        if each.shape[1:] != first.shape[1:]:
            raise DataError(
                f"{given[part].where}: one target of the {part} part is {_shape(each)}, of the "
                f"train part {_shape(first)}; they should be equal"
            )


def _shape(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape[1:])) or "one number"


def _refuse_one_hot(given: Given) -> None:
    """Raise DataError for classes that stand as columns, which would be numbers to predict."""
    targets = given.targets
    if targets.ndim != 2 or targets.shape[1] < 2 or targets.dtype.kind not in "biuf":
        return
    if np.isin(targets, (0, 1)).all() and (targets.sum(axis=1) == 1).all():
        raise DataError(
            f"{given.where}: the labels look one-hot, a single 1 in each row of "
            f"{targets.shape[1]} columns; give the number of the class for each input, as "
            "labels.argmax(axis=1) does, or say `task: regression` to predict the columns"
        )


def _task(targets: np.ndarray, any_values: bool) -> str:
    kind = targets.dtype.kind
    if kind == "f" or (any_values and kind in "iu"):
        few = targets.ndim == 1 and len(np.unique(targets)) <= FEW
        whole = few and bool((targets == np.floor(targets)).all())
        return CLASSIFICATION if whole else REGRESSION
    return CLASSIFICATION


def _numbers(given: Given) -> np.ndarray:
    targets = given.targets
    if targets.dtype.kind not in "biuf" or targets.ndim > 2:
        raise DataError(
            f"{given.where}: the targets of a regression are numbers, one or a row for each input; "
            f"these are {targets.dtype} {list(targets.shape)}"
        )
    targets = as_float32(targets)
    _refuse_infinite(targets, given.where, "target")
    return targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets


def _labels(
    given: Mapping[str, Given], reading: Reading
) -> tuple[Sequence[str], dict[str, np.ndarray]]:
    """Return the names of the classes, and the labels (int64 [n]) of each part."""
    found = {part: _one_each(each) for part, each in given.items()}
    if any(each.dtype.kind in "USO" for each in found.values()):
        return _named({part: each.astype(str) for part, each in found.items()})
    if reading.any_values:
        names, labels = _named(
            {part: _whole(each, given[part].where) for part, each in found.items()}
        )
        return [str(name) for name in names], labels
    labels = {
        part: _whole(each, given[part].where) - reading.labels_from for part, each in found.items()
    }
    highest = max(int(each.max()) for each in labels.values())
    for part, each in labels.items():
        lowest = int(each.min())
        if lowest < 0:
            begin = reading.labels_from
            hint = "; `labels_from: 1` counts them from 1" if lowest + begin == 1 else ""
            raise DataError(
                f"{given[part].where}: the labels are {lowest + begin} to "
                f"{int(each.max()) + begin}; they should be whole numbers from {begin} on{hint}"
            )
    seen = np.unique(np.concatenate([*labels.values()]))
    if len(seen) != highest + 1:
        lacking = next(label for label in range(highest + 1) if label not in seen)
        first = reading.labels_from
        hint = "; `labels_from: 1` counts them from 1" if lacking == 0 and not first else ""
        raise DataError(
            f"{given['train'].where}: the labels run to {highest + first}, and none is "
            f"{lacking + first}; those of n classes should be {first} to "
            f"{'n' if first else 'n - 1'}{hint}"
        )
    return [str(label + reading.labels_from) for label in range(highest + 1)], labels


def _one_each(given: Given) -> np.ndarray:
    targets = given.targets
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if targets.ndim != 1:
        raise DataError(
            f"{given.where}: labels are one whole number or text for each input; these are "
            f"{targets.dtype} {list(targets.shape)}"
        )
    return targets


def _whole(labels: np.ndarray, where: str) -> np.ndarray:
    if labels.dtype.kind == "f":
        _refuse_infinite(labels, where, "label")
        if (labels != np.floor(labels)).any():
            broken = labels[labels != np.floor(labels)][0]
            raise DataError(f"{where}: the label {broken} is no whole number")
    if labels.dtype.kind not in "biuf":
        raise DataError(f"{where}: labels are {labels.dtype}; they should be whole numbers or text")
    return labels.astype(np.int64)


def _named(labels: Mapping[str, np.ndarray]) -> tuple[list, dict[str, np.ndarray]]:
    """Return the different values in order, and the place of each label among them."""
    names = np.unique(np.concatenate([*labels.values()]))
    return names.tolist(), {
        part: np.searchsorted(names, each).astype(np.int64) for part, each in labels.items()
    }
