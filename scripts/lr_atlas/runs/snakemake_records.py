"""Snakemake's record of what it has made, which it reads without knowing what to do with damage."""

import base64
import json
import os
from pathlib import Path

from lr_atlas.common.safe_files import RefusedError, read_plain


def remove_damaged(folder: Path) -> int:
    """Remove the records in a folder that Snakemake cannot read, and return how many they were.

    folder: .snakemake/metadata, while no Snakemake works there. What was made without a record is
    made once more where it is asked for. A folder that is not there has none. Raises OSError.
    """
    removed = 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if not _is_record(path):
                path.unlink()
                removed += 1
    return removed


def job_times(folder: Path, path: str) -> tuple[float, float] | None:
    """Return when the job that made a file began and ended, in seconds since 1970; None if unknown.

    folder: .snakemake/metadata. path: of the file, as the rules have it. Nothing is known of files
    that were copied here, or whose names are too long for the name of a record.
    """
    name = base64.b64encode(path.encode(), b"-_").decode()
    try:
        told = json.loads(read_plain(folder / name))
        return float(told["starttime"]), float(told["endtime"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_record(path: Path) -> bool:
    """Return whether Snakemake can read a file, or knows what to do with one cut off."""
    try:
        content = read_plain(path)
        content.decode("utf-8")
    # A FIFO, a link that leads nowhere, or bytes that are no text.
    except (RefusedError, FileNotFoundError, UnicodeDecodeError):
        return False
    return content.startswith(b"{")
