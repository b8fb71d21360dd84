"""Systems on which LR Atlas does not run."""

import sys

WINDOWS = (
    "LR Atlas does not run on Windows, which lacks the locks of files (fcntl) that keep its jobs "
    "apart. It runs on Linux; the Windows Subsystem for Linux has not been tried."
)


def refuse_windows(system: str = sys.platform) -> None:
    """End the process with one sentence on a system that lacks what cannot be done without."""
    if system == "win32":
        sys.exit(WINDOWS)
