"""Files that exist complete or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a binary file that takes the name `path` only when the block ends without an error.

    Until then it lies in the same folder under a hidden name, so that a reader never sees half a
    file. If the block ends with an error, nothing is left and an older file at `path` stays.

    Raises OSError if the folder does not exist or cannot be written to.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    # Not `tempfile`, which would leave the finished file readable by its owner alone.
    try:
        with open(unfinished, "wb") as file:
            yield file
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
