"""The shape of what is kept as JSON: which keys have to be there, with values of which types.

A checksum says that a file is as it was written, not that it was written by this project. Without
pydantic, since training jobs read such files too: importing it takes a tenth of a second, and a
finished run is taken over in three.
"""

from types import UnionType
from typing import Any

Shape = dict | list | type | UnionType

_NUMBER = int | float
_METRICS = {"loss": _NUMBER}
_PARTS = [{"from_epoch": int, "processor": str}]

#: run.json, as far as something else is made from it.
DESCRIPTION_SHAPE = {
    "canonical_configuration": dict,
    "epochs": int,
    "epochs_completed": int,
    "status": str,
    "reason": str,
    "diverged_epoch": int | None,
    "diverged_step": int | None,
    "device": str,
    "threads": int,
    "gradients": str,
    "versions": {"python": str, "torch": str, "blas": str},
    "machine": {"processor": str, "system": str},
    "trained_in": _PARTS,
    "code": dict,
    "data": dict,
    "validation_chance": _NUMBER | None,  # None: not known, of a program
}

_STATE_SHAPE = {
    "origin": {"configuration": dict, "code": dict, "data": dict, "torch": str, "device": str},
    "progress": {
        "records": [
            {
                "epoch": _NUMBER,
                "step": int,
                "running": _METRICS,
                "train": _METRICS,
                "validation": _METRICS,
                "train_seconds": _NUMBER,
                "evaluate_seconds": _NUMBER,
            }
        ],
        "only_one_class": bool,
        "first_loss": _NUMBER | None,
        "first_epoch": {"pieces": [{"step": int, "loss": str}], "pending": [_NUMBER]},
        "step": int,
        "epochs": int,
        "images": int,
        "seen": int,
        "loss_sum": _NUMBER,
        "correct": int,
        "seconds": _NUMBER,
    },
    "parts": _PARTS,
}


#: The progress has it too, but not in states of earlier versions.
_DYNAMICS_SHAPE = {"layers": [str], "rows": [str]}


def has_shape(value: Any, shape: Shape) -> bool:
    """Return whether a value, as JSON gives it, has a shape.

    shape: a dict for one with these keys and maybe more, a list of one shape for a list of such
    values, else a type.
    """
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            key in value and has_shape(value[key], inner) for key, inner in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(has_shape(each, shape[0]) for each in value)
    return isinstance(value, shape)


def is_state(value: Any) -> bool:
    """Return whether a value has the shape of a checkpoint's state.json."""
    if not has_shape(value, _STATE_SHAPE):
        return False
    progress = value["progress"]
    if "dynamics" in progress and not has_shape(progress["dynamics"], _DYNAMICS_SHAPE):
        return False
    end = value.get("description")
    if end is None:
        return True
    return has_shape(end, DESCRIPTION_SHAPE) and (
        (end["status"] == "diverged") == (end["diverged_epoch"] is not None)
    )
