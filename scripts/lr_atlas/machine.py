"""What this machine has, as far as it can be told without importing torch."""

from pathlib import Path


def has_gpu() -> bool:
    """Whether an NVIDIA GPU is there: its driver makes a device file for the first one."""
    return Path("/dev/nvidia0").exists()
