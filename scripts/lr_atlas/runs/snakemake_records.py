"""Snakemake's record of what it has made, which it reads without knowing what to do with damage."""

import os
from pathlib import Path


def remove_damaged(folder: Path) -> int:
    """Remove the records in a folder that Snakemake cannot read, and return how many they were.

    folder: .snakemake/metadata, while no Snakemake works there. What was made without a record is
    made once more where it is asked for. A folder that is not there has none. Raises OSError.
    """
    removed = 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not _is_record(path):
                os.unlink(path)
                removed += 1
    return removed


def _is_record(path: str) -> bool:
    """Return whether Snakemake can read a file, or knows what to do with one cut off."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return content.startswith(b"{")
