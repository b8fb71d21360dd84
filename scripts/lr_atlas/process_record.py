"""Which process works somewhere, written down so that another can tell whether it is gone."""

import json
import os
import socket
from pathlib import Path

import psutil


def remember_process(path: Path) -> None:
    """Write to `path` which process this is."""
    own = {"host": socket.gethostname(), "pid": os.getpid(), "started": _started(os.getpid())}
    path.write_text(json.dumps(own), encoding="utf-8")


def process_has_ended(path: Path) -> bool:
    """Whether the process that `remember_process` wrote down is known to have ended.

    Nothing is known of other machines, nor if nothing was written down.
    """
    try:
        process = json.loads(path.read_text(encoding="utf-8"))
        return process["host"] == socket.gethostname() and (
            _started(process["pid"]) != process["started"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _started(pid: int) -> float | None:
    """When a process began (a number is given to another one some day); None if there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
