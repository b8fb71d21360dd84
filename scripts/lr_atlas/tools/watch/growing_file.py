"""A text file that another process writes to: only its new lines are read."""

import os
from pathlib import Path
from typing import BinaryIO

from lr_atlas.common.safe_files import RefusedError, open_plain

#: So many bytes before the place that is read to tell whether it is still the same file.
_REMEMBERED = 64
#: So many bytes at a time; more is left for the next look.
_MOST = 4_000_000


class GrowingFile:
    """Reads a file from where it was left; one that was written anew from its beginning."""

    def __init__(self, path: Path) -> None:
        """Take a path at which there may be no file yet."""
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._offset = 0
        self._before = b""

    def new_lines(self) -> tuple[bool, list[str]]:
        """Return (whether the file was begun anew, its new complete lines).

        There are none in a file that is not there, may not be read or has not changed.
        """
        try:
            found = os.stat(self.path)
        except OSError:
            return False, []
        now = (found.st_ino, found.st_size, found.st_mtime_ns)
        if now == self._seen:
            return False, []
        try:
            with open_plain(self.path) as file:
                is_same = self._goes_on(file)
                if not is_same:
                    self._offset, self._before = 0, b""
                file.seek(self._offset)
                content = file.read(_MOST)
        except (OSError, RefusedError):
            return False, []
        # A line that is not complete is read when it is.
        complete = content[: content.rfind(b"\n") + 1]
        self._offset += len(complete)
        self._before = (self._before + complete)[-_REMEMBERED:]
        self._seen = now if len(content) < _MOST else None
        return not is_same, complete.decode(errors="replace").splitlines()

    def _goes_on(self, file: BinaryIO) -> bool:
        """Return whether what was read before still stands before the place."""
        file.seek(self._offset - len(self._before))
        return file.read(len(self._before)) == self._before
