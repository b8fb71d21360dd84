"""The state of the workflow in a folder, told without standing in its way."""

import fcntl
import json
import os
import socket
from enum import StrEnum
from pathlib import Path


class Phase(StrEnum):
    """Name what a workflow does in a folder."""

    NONE = "none"  # nothing
    STARTING = "starting"  # it reads what it is asked for
    RUNNING = "running"


def phase_of(directory: Path) -> Phase:
    """Return what a workflow does in the folder in which `.snakemake` lies.

    Snakemake holds locks from its start to its end. Those of one that was killed stay; then the
    lock on its record, which the system takes back, says so. One on another machine counts as
    running.
    """
    snakemake = directory / ".snakemake"
    locked = _newest(snakemake / "locks")
    if locked is None:
        return Phase.NONE
    record = snakemake / "lr-atlas" / "process.json"
    try:
        is_written = record.stat().st_mtime >= locked
    except OSError:
        is_written = False
    if not is_written:
        return Phase.STARTING
    return Phase.NONE if _is_gone(record) else Phase.RUNNING


def _newest(folder: Path) -> float | None:
    """Return when the newest file in a folder was written; None if there is none."""
    try:
        return max((entry.stat().st_mtime for entry in os.scandir(folder)), default=None)
    except OSError:
        return None


def _is_gone(record: Path) -> bool:
    """Return whether the process that wrote a record holds its lock no longer.

    Asked for with a shared lock, which is given back at once.
    """
    try:
        with open(record, "rb") as file:
            if json.loads(file.read(1000)) != {"host": socket.gethostname()}:
                return False
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (OSError, ValueError):
        return False
    return True
