"""What this machine has and runs, as far as it can be told without importing torch."""

import importlib.metadata
import os
import platform
from pathlib import Path

from lr_atlas.errors import UserError


def has_gpu() -> bool:
    """Whether an NVIDIA GPU is there: its driver makes a device file for the first one."""
    return Path("/dev/nvidia0").exists()


def torch_version() -> str:
    """The version of the torch that is installed here. Raises UserError where none is."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            "recompute.on_new_torch is true, but torch is not installed where Snakemake runs, so "
            "its version is not known; set it to false, or install torch there too"
        ) from None


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
