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
            # On the disk before it takes the name: a power cut leaves no empty file under it.
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except OSError as error:
        # An error in writing names no file by itself.
        error.filename = error.filename or str(path)
        raise
    finally:
        unfinished.unlink(missing_ok=True)
