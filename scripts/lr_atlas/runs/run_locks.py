"""Locks of runs: one process at a time works on a run, in all folders that share a cache.

A lock ends with its process, however that ends.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.atomic import is_abandoned
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import RefusedError, make_folder, open_folder, open_lock

LOGGER = logging.getLogger(__name__)

#: The file in the folder of a run that whoever works on the run has locked.
LOCK = "lock"


@contextlib.contextmanager
def only_one_works(directory: Path, name: str) -> Iterator[None]:
    """Wait until no other process works on the run `name`, and let no other begin meanwhile.

    Where the file system knows no locks, nothing is waited for: two processes then write the same
    bytes, each file complete. Raises UserError where no lock can be had.
    """
    path = directory / name / LOCK
    with contextlib.ExitStack() as stack:
        with writable_or_explained():
            make_folder(directory)
            folder = stack.enter_context(open_folder(directory, name, make=True))
            file = stack.enter_context(open_lock(path, folder, make=True))
        try:
            _lock(file, path)
        except OSError as error:
            LOGGER.warning("%s cannot be locked: %s", path, error.strerror)
        else:
            _remove_abandoned(folder)
        yield


def is_worked_on(directory: Path, name: str) -> bool:
    """Return whether another process works on the run `name` now, as far as can be told."""
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        return not take_lock(directory, name, stack)
    return False


def take_lock(directory: Path, name: str, stack: contextlib.ExitStack) -> bool:
    """Take the lock of a run until the stack is left; returns False if another process has it.

    Where there is no lock that jobs would take, or no locks at all, there is nobody to wait for.
    Raises OSError if the lock may not be opened.
    """
    try:
        folder = stack.enter_context(open_folder(directory, name))
        file = stack.enter_context(open_lock(directory / name / LOCK, folder, make=False))
    except (FileNotFoundError, NotADirectoryError, RefusedError):
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, where jobs take none either
        pass
    return True


@contextlib.contextmanager
def writable_or_explained() -> Iterator[None]:
    """Turn a PermissionError about what is kept of runs into a UserError that says what to do."""
    try:
        yield
    except PermissionError as error:
        raise UserError(
            f"no checkpoint can be kept: {error}. Make that writable for you (for a group that "
            "shares a cache: chmod -R g+w, and no sticky bit), or name another folder as "
            "cache.directory in config.yaml"
        ) from None


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        LOGGER.info("another process works on this run; waiting for it (lock: %s)", path)
        fcntl.flock(file, fcntl.LOCK_EX)


def _remove_abandoned(folder: int) -> None:
    """Remove what killed jobs have left unfinished in the folders of a run's checkpoints.

    Not what is new: a lock may be known on one machine alone, and a job work on another.
    """
    for origin in os.scandir(folder):
        if not origin.is_dir(follow_symlinks=False):
            continue
        # It may belong to somebody else, or be gone meanwhile: then it stays.
        with contextlib.suppress(OSError, UserError):
            inner = os.open(
                origin.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY, dir_fd=folder
            )
            try:
                for entry in os.scandir(inner):
                    if is_abandoned(entry) and not entry.is_dir(follow_symlinks=False):
                        os.unlink(entry.name, dir_fd=inner)
            finally:
                os.close(inner)
