"""Files that exist complete or not at all."""

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.safe_files import as_open_as

_UNFINISHED = re.compile(r"\..*\.unfinished")
#: Seconds after which an unfinished file is no longer taken for one that is being written.
_ABANDONED = 60


@contextlib.contextmanager
def open_atomically(
    path: Path, folder: int | None = None, mode: int | None = None
) -> Iterator[BinaryIO]:
    """Open a binary file that takes the name `path` only when the block ends without an error.

    Until then it lies in the same folder under a hidden name that no other process has, so that a
    reader never sees half a file. If the block ends with an error, nothing is left and an older
    file at `path` stays. A link at `path` gives way to the file; nothing is written through it.

    folder: a descriptor of the folder that `path` lies in; without one it is looked up.
    mode: of the file, which it has whatever the umask says if others may write to it then.
    Raises OSError, which names `path`, if the folder does not exist or cannot be written to.
    """
    hidden, name = (
        (path.with_name(unfinished_name(path.name)), path)
        if folder is None
        else (unfinished_name(path.name), path.name)
    )
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    is_there = False
    # `tempfile` would leave the finished file readable by its owner alone.
    try:
        with as_open_as(mode or 0):
            descriptor = os.open(hidden, flags, 0o666 if mode is None else mode, dir_fd=folder)
        is_there = True
        with os.fdopen(descriptor, "wb") as file:
            yield file
            # The content is on the disk before it takes the name: a power cut leaves no empty file.
            file.flush()
            os.fsync(file.fileno())
        os.replace(hidden, name, src_dir_fd=folder, dst_dir_fd=folder)
        is_there = False
    except OSError as error:
        # An error in writing names no file by itself, and the hidden name says nothing to anybody.
        if error.filename is None or error.filename == os.fspath(hidden):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        if is_there:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(hidden, dir_fd=folder)


def unfinished_name(name: str) -> str:
    """Return a hidden name for what is to become `name`, or was it and is being removed.

    It is drawn by chance: neither another process, of whatever machine, nor anybody who would put
    something in its place has the same.
    """
    return f".{name}.{secrets.token_hex(8)}.unfinished"


def is_abandoned(entry: os.DirEntry) -> bool:
    """Return whether a killed job has left an entry: an unfinished folder, or file that is old."""
    if not _UNFINISHED.fullmatch(entry.name):
        return False
    return entry.is_dir() or time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED
