"""What this machine has and runs, as far as it can be told without importing torch."""

import importlib.metadata
import json
import os
import platform
import socket
from pathlib import Path

import psutil

from lr_atlas.errors import UserError


def has_gpu() -> bool:
    """Whether an NVIDIA GPU is there: its driver makes a device file for the first one."""
    return Path("/dev/nvidia0").exists()


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def torch_version() -> str:
    """The version of the torch that is installed here. Raises UserError where none is."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            "recompute.on_new_torch is true, but torch is not installed where Snakemake runs, so "
            "its version is not known; set it to false, or install torch there too"
        ) from None


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


def processor() -> str:
    """The processor's name, as runs record it; its architecture where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def core_count() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
