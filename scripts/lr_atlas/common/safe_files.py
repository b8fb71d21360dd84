"""Files and folders in places that others may write to as well, such as a shared cache.

Below a folder that the user has named no link is followed, and nothing but plain files is opened: a
FIFO would be waited for without end. What is made gets its mode when it is made, and as that of a
shared folder if it lies in one; the mode of what was there before is never changed. Folders are
held open while something is done in them, so that nobody can put a link in their place meanwhile.
"""

import contextlib
import errno
import io
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.errors import UserError

_ALWAYS = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFREG: "a file",
}
#: Errors of the system at a link that is not to be followed, or where another kind of file lies.
_OTHER_KIND = {errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR, errno.ENOTDIR}


class RefusedError(UserError):
    """Something else lies where a plain file, or a folder, belongs."""

    def __init__(self, path: Path, wanted: str) -> None:
        try:
            found = _KINDS.get(stat.S_IFMT(os.lstat(path).st_mode), "something else")
        except OSError:
            found = "something else"
        followed = ", and links are not followed there" if found == "a link" else ""
        #: The kind of thing that lies there, such as "a FIFO".
        self.found = found
        super().__init__(
            f"{path} is {found} where {wanted} belongs{followed}. Nothing was read from it or "
            "written to it; see who has put it there, remove it, and start again"
        )


def open_plain(path: Path, folder: int | None = None) -> io.BufferedReader:
    """Open a plain file for reading.

    folder: a descriptor of the folder that it lies in (`open_folder`); a link is then not followed.
    Raises OSError if it cannot be opened, RefusedError if it is anything but a plain file.
    """
    flags = os.O_RDONLY if folder is None else os.O_RDONLY | os.O_NOFOLLOW
    return os.fdopen(_open(path, flags, folder), "rb")


def read_plain(path: Path) -> bytes:
    """Return the content of a plain file. Raises as `open_plain`."""
    with open_plain(path) as file:
        return file.read()


def open_to_append(path: Path) -> BinaryIO:
    """Open a plain file for appending; made where there is none, with its folder.

    No link is followed, be it the file or its folder. A file that has another name elsewhere (a
    hard link) is left alone, and a new one takes its name. Raises OSError and RefusedError.
    """
    make_folder(path.parent.parent)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    with open_folder(path.parent.parent, path.parent.name, make=True) as folder:
        file = _open(path, flags, folder)
        if os.fstat(file).st_nlink > 1:
            os.close(file)
            os.unlink(path.name, dir_fd=folder)
            file = _open(path, flags | os.O_EXCL, folder)
    return os.fdopen(file, "ab")


def open_lock(path: Path, folder: int, make: bool) -> BinaryIO:
    """Open a file that is there to be locked, for writing where that is allowed: NFS wants that.

    folder: a descriptor of the folder that it lies in; a new file is as open as a shared one.
    Raises OSError and RefusedError.
    """
    # The second for a folder with the sticky bit, in which O_CREAT opens no file of someone else.
    ways = (os.O_RDWR | os.O_CREAT, os.O_RDWR, os.O_RDONLY)
    refused: PermissionError | None = None
    for flags in ways if make else ways[1:]:
        try:
            with as_open_as(file_mode(folder)):
                lock = _open(path, flags | os.O_NOFOLLOW, folder, file_mode(folder))
            return os.fdopen(lock, "rb")
        except PermissionError as error:
            refused = refused or error
        except FileNotFoundError as error:
            raise refused or error from None
    assert refused is not None
    raise refused


def make_empty(path: Path, folder: int) -> None:
    """Make an empty file in an open folder, unless there is a file of that name."""
    os.close(_open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, folder))


@contextlib.contextmanager
def open_folder(root: Path, *names: str, make: bool = False) -> Iterator[int]:
    """Give a descriptor of root/names…; links are followed up to `root`, and not below it.

    make: whether folders below `root` are made where they are missing, each as open as a shared one
    that it lies in. Raises OSError, and RefusedError where something else than a folder lies.
    """
    path = Path(root)
    folder = os.open(path, _FOLDER)
    try:
        for name in names:
            path /= name
            if make:
                _make_inside(path, folder)
            try:
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            except OSError as error:
                raise _explained(error, path, "a folder") from None
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def make_folder(path: Path) -> None:
    """Make a folder that the user has named, and those above it.

    Each is as open as a shared one that it lies in. Raises OSError.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    mode = stat.S_IMODE(path.parent.stat().st_mode)
    with contextlib.suppress(FileExistsError), as_open_as(mode):
        path.mkdir(mode)


def remove_folder(root: Path, *names: str) -> None:
    """Remove the folder root/names… and all that is in it; no link below `root` is followed.

    Raises OSError and RefusedError.
    """
    with open_folder(root, *names[:-1]) as folder:
        shutil.rmtree(names[-1], dir_fd=folder)


def file_mode(folder: int) -> int:
    """Return the mode of a file that is as open as the folder with this descriptor."""
    return os.fstat(folder).st_mode & 0o666


@contextlib.contextmanager
def as_open_as(folder_mode: int) -> Iterator[None]:
    """Give the mode asked for to what is made in a folder that others may write to.

    In any other folder the umask decides. So no mode has to be changed afterwards, when another
    user may already have come upon the file.
    """
    before = os.umask(0)
    if not folder_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.umask(before)
    try:
        yield
    finally:
        os.umask(before)


def _make_inside(path: Path, folder: int) -> None:
    mode = stat.S_IMODE(os.fstat(folder).st_mode)
    try:
        with as_open_as(mode):
            os.mkdir(path.name, mode, dir_fd=folder)
    except FileExistsError:
        pass
    except OSError as error:
        error.filename = str(path)
        raise


def _open(path: Path, flags: int, folder: int | None, mode: int = 0o666) -> int:
    """Give a descriptor of a plain file; `path` is named in errors."""
    name = path if folder is None else path.name
    try:
        file = os.open(name, flags | _ALWAYS, mode, dir_fd=folder)
    except OSError as error:
        raise _explained(error, path, "a plain file") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise RefusedError(path, "a plain file")
    return file


def _explained(error: OSError, path: Path, wanted: str) -> Exception:
    if error.errno in _OTHER_KIND:
        return RefusedError(path, wanted)
    error.filename = str(path)
    return error
