"""Hugging Face's `trainer_state.json`, in the folder of a run or in its checkpoints.

The arguments of its training lie in a pickle, which is never opened; a model card beside it
(README.md) says them too.
"""

import json
import re
from pathlib import Path
from typing import Any

from lr_atlas.studies.imported.content import ForeignFileError, start_of
from lr_atlas.studies.imported.formats._history import measured_in
from lr_atlas.studies.imported.formats._runs import ForeignRun, flat, format_of_runs
from lr_atlas.studies.imported.formats._small_files import folders_in, text_of

_STATE, _CARD = "trainer_state.json", "README.md"
_MOST = 2**28
_OPENING = re.compile(rb'\s*\{\s*"')
#: A card describes the training by lines such as "- learning_rate: 5e-05".
_HEADING = "### Training hyperparameters"
_ITEM = re.compile(r"- ([A-Za-z_][A-Za-z0-9_]{0,60}): (.{1,500})")
#: Parameters that a state says itself.
_SAID = ("train_batch_size", "num_train_epochs")


def recognises(path: Path) -> bool:
    """Return whether a file has a state's log, or a folder such a file or checkpoints with one."""
    if path.is_dir():
        return bool(_states(path))
    start = start_of(path)
    return bool(_OPENING.match(start)) and b'"log_history"' in start and b'"global_step"' in start


def _states(folder: Path) -> list[Path]:
    """Return the state of a folder, or else those of its checkpoints."""
    own = folder / _STATE
    if own.is_file() and not own.is_symlink():
        return [own]
    inside = [each / _STATE for each in folders_in(folder) if each.name.startswith("checkpoint-")]
    return [path for path in inside if path.is_file() and not path.is_symlink()]


def _runs(path: Path, _: list[str]) -> list[ForeignRun]:
    """Return the run, of checkpoints the latest. Raises ForeignFileError."""
    folder = path if path.is_dir() else path.parent
    states = [(file, _state(file)) for file in (_states(path) if path.is_dir() else [path])]
    file, state = max(states, key=lambda each: each[1]["global_step"])
    said = {name: state[name] for name in _SAID if state.get(name) is not None}
    tried = state.get("trial_params")
    run = ForeignRun(str(folder), file, said | _card(folder))
    run.parameters |= flat(tried, file) if isinstance(tried, dict) else {}
    for record in state["log_history"]:
        step = record.get("step") if isinstance(record, dict) else None
        if not isinstance(step, int):
            raise ForeignFileError(file, f"log_history: {str(record)[:60]} has no step")
        values = measured_in(record, ("step", "epoch"))
        epoch = record.get("epoch")
        if values:
            run.measure_together(
                step, values | ({"epoch": float(epoch)} if epoch is not None else {})
            )
    return [run]


def _state(path: Path) -> dict[str, Any]:
    text = text_of(path, _MOST)
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ForeignFileError(path, f"no JSON: {getattr(error, 'msg', error)}", line) from None
    if (
        not isinstance(state, dict)
        or not isinstance(state.get("log_history"), list)
        or not isinstance(state.get("global_step"), int)
    ):
        raise ForeignFileError(
            path, "it has no log_history and global_step, as a trainer writes them"
        )
    return state


def _card(folder: Path) -> dict[str, str]:
    card = folder / _CARD
    if not card.is_file() or card.is_symlink():
        return {}
    told = text_of(card).partition(_HEADING)[2].partition("\n#")[0]
    items = (_ITEM.fullmatch(line.strip()) for line in told.splitlines())
    return {item[1]: item[2] for item in items if item}


FORMAT = format_of_runs("trainer_state", "Hugging Face's trainer_state.json", recognises, _runs)
