"""DeepOBS's JSON files: a run each, with its losses and accuracies per epoch."""

import json
import re
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import MOST_BYTES, ForeignFileError, open_unpacked, start_of
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs

_OPENING = re.compile(rb'\s*\{\s*"(?:train_losses|valid_losses|test_losses|optimizer|testproblem)')
_END, _REST = 2**14, 2**24
_CURVE = re.compile(r"(train|valid|test)_(losses|accuracies)")
_SINGULAR = {"losses": "loss", "accuracies": "accuracy"}
#: A value for each step is of most files nine tenths, and of no use beside values per epoch.
_STEPS = b'"minibatch_train_losses":'
_HYPERPARAMETERS = ("hyperparams", "optimizer_hyperparams", "optimizer_hyperparameters")
_LEFT_OUT = ("train_log_interval", "print_train_iter", "tb_log", "tb_log_dir", "no_logs")


def recognises(path: Path) -> bool:
    """Return whether a file begins and ends as DeepOBS's do, with curves and a test problem."""
    if path.is_dir():
        return False
    start = start_of(path)
    if not _OPENING.match(start):
        return False
    if b'"testproblem"' in start:
        return True
    with open_unpacked(path) as file:
        # In a packed file it is not the end that lies there.
        file.seek(max(0, path.stat().st_size - _END))
        return b'"testproblem"' in file.read(_REST)


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return the run. Raises ForeignFileError."""
    with open_unpacked(path) as file:
        content = file.read(MOST_BYTES + 1)
    told = _value(path, _without_steps(content))
    run = ForeignRun(str(path), path, _parameters(path, told))
    curves = {key: match for key in told if (match := _CURVE.fullmatch(key))}
    for key, match in curves.items():
        name = f"{match[1]}_{_SINGULAR[match[2]]}"
        for epoch, value in enumerate(told[key] or ()):
            if not isinstance(value, int | float):
                raise ForeignFileError(path, f"{key}: '{str(value)[:40]}' is no number")
            run.rows.setdefault((epoch, 0), {})[name] = float(value)
    if not run.rows:
        raise ForeignFileError(path, "there are no losses or accuracies in it")
    return [run]


def _without_steps(content: bytes) -> bytes:
    """Return the content with nothing in place of the list of values per step."""
    begin = content.find(_STEPS)
    opening = content.find(b"[", begin)
    closing = content.find(b"]", opening)
    if begin < 0 or closing < 0 or content[begin + len(_STEPS) : opening].strip():
        return content
    return content[: begin + len(_STEPS)] + b"null" + content[closing + 1 :]


def _value(path: Path, content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ForeignFileError(path, f"no JSON: {str(error)[:80]}") from None
    for key in told:
        if _CURVE.fullmatch(key) and not isinstance(told[key], list | None):
            raise ForeignFileError(path, f"{key}: a list of numbers belongs here")
    return told


def _parameters(path: Path, told: dict[str, Any]) -> dict[str, Any]:
    said = {
        key: value
        for key, value in told.items()
        if not _CURVE.fullmatch(key)
        and key not in (*_HYPERPARAMETERS, *_LEFT_OUT)
        and not key.startswith("minibatch_")
    }
    if "optimizer_name" in said:
        said["optimizer"] = said.pop("optimizer_name")
    for key in _HYPERPARAMETERS:
        inner = told.get(key)
        if isinstance(inner, dict):
            said |= {("learning_rate" if name == "lr" else name): v for name, v in inner.items()}
    return flat(said, path)


FORMAT = format_of_runs("deepobs", "DeepOBS's JSON files", recognises, _runs, at="epoch")
