"""Torch's own optimizers: their arguments, defaults and the values that they take.

The installed torch is asked for them (torch_probe.py), by a process of its own, since importing it
takes more than a second. The answer is remembered in the environment that torch lies in, for this
version of torch and this way to ask, so that only the first reading of a configuration waits.
"""

import functools
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lr_atlas.common.digests import file_digest
from lr_atlas.common.environment_memory import PLACE, recall, remember
from lr_atlas.common.errors import UserError
from lr_atlas.common.machine import torch_version

#: name -> {"class": name in torch.optim, "arguments": {argument: {"kind", "default", range}}}
Optimizers = dict[str, dict[str, Any]]

_PROBE = Path(__file__).with_name("torch_probe.py")
_DIGEST_LENGTH = 12
#: The optimizers that another process has told this one of; None if none has. Their list is empty
#: where a study has none of torch's.
_told: Optimizers | None = None


@functools.cache
def torch_optimizers() -> Optimizers:
    """Return the optimizers of torch that a study may name, by name.

    Raises UserError if torch is not installed, or cannot be imported.
    """
    return remembered_optimizers(PLACE) if _told is None else _told


def defaults(name: str) -> dict[str, Any]:
    """Return the default of every argument of the optimizer `name`; tuples are lists.

    Of one's own there are none: its arguments are all written out when a configuration is read.
    """
    optimizers = torch_optimizers()
    arguments = optimizers[name]["arguments"] if name in optimizers else {}
    return {key: value["default"] for key, value in arguments.items()}


def tell_optimizers(optimizers: Mapping[str, dict[str, Any]]) -> None:
    """Let this process know what another one has asked torch, so that it needs no torch itself.

    What is known already stays.
    """
    global _told
    _told = {**optimizers, **(_told or {})}


def remembered_optimizers(place: Path) -> Optimizers:
    """Return the optimizers as they are remembered in the folder `place`; else torch is asked.

    Raises as `torch_optimizers`.
    """
    name = f"torch-{torch_version()}-{file_digest(_PROBE)[:_DIGEST_LENGTH]}.json"
    optimizers = recall(name, place)
    if optimizers is None:
        optimizers = _ask_torch()
        remember(name, optimizers, place)
    return optimizers


def _ask_torch() -> Optimizers:
    """Return what the probe prints. Raises UserError with the last that it says if it fails."""
    # Without the probe's folder on the search path (-P), where other modules of the project lie.
    command = [sys.executable, "-P", str(_PROBE)]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        reason = answer.stderr.strip().rpartition("\n")[2] or f"exit code {answer.returncode}"
        raise UserError(f"torch is installed, but its optimizers cannot be told: {reason}")
    return json.loads(answer.stdout)
