"""The content of files from elsewhere: plain files alone, unpacked where packed, never too much."""

import codecs
import functools
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import RefusedError, open_plain
from lr_atlas.common.units import size_text

#: The most that is read of one file, unpacked.
MOST_BYTES = 2**30
#: The longest line of a text: a table of 10,000 columns with long names.
LONGEST_LINE = 2**20
#: So many bytes of a file tell its format.
START = 2**16
_GZIP = b"\x1f\x8b"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ForeignFileError(UserError):
    """A file from elsewhere that cannot be read, or says something that cannot be."""

    def __init__(self, path: object, problem: str, line: int | None = None) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {problem}")


def start_of(path: Path) -> bytes:
    """Return the first bytes of a plain file, unpacked. Raises ForeignFileError."""
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    return _start_of(path, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _start_of(path: Path, size: int, time: int) -> bytes:
    try:
        with open_unpacked(path) as file:
            return file.read(START)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from None


def open_unpacked(path: Path) -> BinaryIO:
    """Open a plain file for reading, as what it holds if it is packed by gzip.

    Raises ForeignFileError for anything but a plain file of a size that can be read.
    """
    try:
        file = open_plain(path)
    except (OSError, RefusedError) as error:
        raise _unreadable(path, error) from None
    size = os.fstat(file.fileno()).st_size
    if size > MOST_BYTES:
        file.close()
        raise ForeignFileError(
            path, f"its size is {size_text(size)}; at most {size_text(MOST_BYTES)} are read"
        )
    if file.peek(2)[:2] != _GZIP:
        return file
    return io.BufferedReader(_Owned(file), START)


class _Owned(gzip.GzipFile):
    """Read a packed file, and close it in the end."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(fileobj=file)
        self._file = file

    def close(self) -> None:
        """Close the packed file too."""
        super().close()
        self._file.close()


def text_of(start: bytes) -> str:
    """Return the first bytes of a text as such; what is none in it is replaced."""
    return start.decode("utf-16" if start[:2] in UTF16 else "utf-8-sig", errors="replace")


def is_text(start: bytes) -> bool:
    """Return whether these bytes begin a text in UTF-8, or in UTF-16 with its mark."""
    if start[:2] in UTF16:
        return True
    if b"\x00" in start:
        return False
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


#: {first bytes: what has them}; none of these is ever opened as what it is.
_KNOWN = {
    b"\x80\x02": "a pickle, which could run programs",
    b"\x80\x03": "a pickle, which could run programs",
    b"\x80\x04": "a pickle, which could run programs",
    b"\x80\x05": "a pickle, which could run programs",
    b"PK\x03\x04": "a ZIP archive, a spreadsheet or a file of torch; save its table as CSV",
    b"\x93NUMPY": "an array of NumPy",
    b"\x89HDF": "HDF5",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"BZh": "packed by bzip2; unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed by xz; unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed by zstd; unpack it, or pack it with gzip",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}
_SHOWN = 40


def description(path: Path) -> str:
    """Return what a file seems to be that is of no format, after "it is"."""
    start = start_of(path)
    if not start.strip():
        return "empty"
    known = next((what for begin, what in _KNOWN.items() if start.startswith(begin)), None)
    if known:
        return known
    if start.startswith(b"version https://git-lfs"):
        return "a pointer to a file in Git LFS; fetch the file itself (git lfs pull)"
    if not is_text(start):
        return f"{_no_text(start)}, and of no other known form"
    line = text_of(start).strip().splitlines()[0]
    return f"text without a table of numbers; it begins with {line[:_SHOWN]!r}"


def _no_text(start: bytes) -> str:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        number = start.count(b"\n", 0, error.start) + 1
        return f"no text in UTF-8 (byte {start[error.start]:#04x} in line {number})"
    return "no text"


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a text with their ends. Raises ForeignFileError with the line."""
    encoding = "utf-16" if start_of(path)[:2] in UTF16 else "utf-8-sig"
    number = read = 0
    try:
        with open_unpacked(path) as file:
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            while line := text.readline(LONGEST_LINE + 1):
                number += 1
                read += len(line)
                _check_line(path, line, number, read)
                yield line
    except UnicodeDecodeError as error:
        # Counted in the piece that was being decoded, which follows the lines so far.
        place = number + error.object.count(b"\n", 0, error.start) + 1
        problem = f"no text in UTF-8 (byte {error.object[error.start]:#04x}); save it as UTF-8"
        raise ForeignFileError(path, problem, place) from None
    except (OSError, EOFError, zlib.error) as error:
        raise ForeignFileError(path, f"damaged: {error}", number + 1) from None


def _check_line(path: Path, line: str, number: int, read: int) -> None:
    if len(line) > LONGEST_LINE:
        most = size_text(LONGEST_LINE)
        raise ForeignFileError(
            path, f"the line is longer than {most}, which no table needs", number
        )
    if "\x00" in line:
        raise ForeignFileError(path, "a NUL character, which no text has; damaged?", number)
    if read > MOST_BYTES:
        most = size_text(MOST_BYTES)
        raise ForeignFileError(path, f"unpacked it is larger than {most}", number)


def _unreadable(path: Path, error: Exception) -> UserError:
    if isinstance(error, RefusedError):
        return ForeignFileError(path, f"it is {error.found}; a plain file or a folder belongs here")
    if isinstance(error, FileNotFoundError):
        return ForeignFileError(path, "there is no such file")
    if isinstance(error, ForeignFileError):
        return error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ForeignFileError(path, f"it cannot be read: {reason}")
