"""SQLite files of others: read alone, nothing in them run, in bounded time."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from lr_atlas.studies.imported.content import ForeignFileError, start_of

_MAGIC = b"SQLite format 3\x00"
#: The longest that reading a file may take, and how many of SQLite's steps pass between looks.
_MOST_SECONDS = 120.0
_STEPS = 100_000
_LONGEST_VALUE = 2**24
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)


def has_tables(path: Path, tables: Mapping[str, set[str]]) -> bool:
    """Return whether a file is of SQLite and has these tables, each with these columns.

    Raises ForeignFileError for a damaged file of SQLite.
    """
    if path.is_dir() or not start_of(path).startswith(_MAGIC):
        return False
    with opened(path) as base:
        found = "SELECT name FROM sqlite_master WHERE type = 'table'"
        there = {name for (name,) in base.execute(found)}
        return set(tables) <= there and all(
            columns <= {cell[0] for cell in base.execute(f"SELECT * FROM {name}").description}
            for name, columns in tables.items()
        )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading. Raises ForeignFileError for all that goes wrong meanwhile."""
    # Otherwise files appear beside it. Of one that is being written, some stands in another.
    waiting = Path(f"{path}-wal")
    is_written = waiting.exists() and os.stat(waiting).st_size > 0
    ways = "mode=ro" if is_written else "mode=ro&immutable=1"
    end = time.monotonic() + _MOST_SECONDS
    try:
        base = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{ways}", uri=True)
    except sqlite3.Error as error:
        raise ForeignFileError(path, f"a SQLite file that cannot be opened: {error}") from None
    try:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        base.execute("PRAGMA trusted_schema = OFF")
        base.set_authorizer(_authorized)
        base.set_progress_handler(lambda: int(time.monotonic() > end), _STEPS)
        yield base
    except sqlite3.Error as error:
        raise ForeignFileError(path, f"a damaged SQLite file: {error}") from None
    finally:
        base.close()


def _authorized(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
