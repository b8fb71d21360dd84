"""Logs in plain text, whose values the user points out by a regular expression."""

import contextlib
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from lr_atlas.common.errors import UserError
from lr_atlas.common.units import counted
from lr_atlas.studies.imported.by_hand import raw_by_hand
from lr_atlas.studies.imported.content import ForeignFileError, is_text, lines_of, start_of
from lr_atlas.studies.imported.formats._small_files import files_below
from lr_atlas.studies.imported.limits import check_cells, check_names
from lr_atlas.studies.imported.raw import Raw
from lr_atlas.studies.imported.usual_names import USUAL, measured, plain

#: Longer lines hold no values, and some expressions take time that grows by powers of the length.
_LONGEST = 10_000
#: The longest that an expression may take for one file.
_MOST_SECONDS = 20.0
#: The longest expression.
_LONGEST_PATTERN = 2_000
#: So deep may logs lie below a folder.
_DEEPEST = 20
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_Row = dict[str, str | None]


class _NoLineError(ForeignFileError):
    """A log has no line with what the expression looks for."""


class _TakesTooLongError(Exception):
    """The expression has taken the time that it may take."""


def compiled(pattern: str) -> re.Pattern:
    """Return the expression of a pattern. Raises UserError for one that names nothing."""
    if len(pattern) > _LONGEST_PATTERN:
        raise UserError(f"pattern: longer than {_LONGEST_PATTERN:,} characters")
    try:
        found = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UserError(f"pattern: no regular expression: {error}: {pattern}") from None
    if not found.groupindex:
        raise UserError(
            f"pattern: nothing in it has a name: {pattern}. Name what is to be read, as in "
            r"'epoch (?P<epoch>\d+) .* val_loss (?P<val_loss>\S+)'"
        )
    check_names(Path("pattern"), list(found.groupindex))
    return found


def read_logs(paths: Iterable[Path], pattern: str) -> list[Raw]:
    """Read logs, a run each, named or below folders; below them, others are passed over.

    Raises UserError for a pattern that is none, and for a log that was named and does not have it.
    """
    expression = compiled(pattern)
    raws = []
    for path in dict.fromkeys(paths):
        if not path.is_dir():
            raws.append(read_log(path, expression))
            continue
        found = [log for _, log in files_below(path, _DEEPEST) if is_text(start_of(log))]
        logs = []
        for log in found:
            with contextlib.suppress(_NoLineError):
                logs.append(read_log(log, expression))
        if not logs:
            raise _NoLineError(path, f"the pattern is found in no line of its files: {pattern}")
        raws += logs
    return raws


def read_log(path: Path, pattern: re.Pattern) -> Raw:
    """Read a log, of one run: a row per line in which the expression is found.

    Its named groups are the columns; what is said once, such as a seed, holds for the whole run.
    Raises ForeignFileError where no line has it, or it takes too long.
    """
    number, long = 0, 0
    lines: list[int] = []
    rows: list[_Row] = []
    try:
        with _at_most(_MOST_SECONDS):
            for number, line in enumerate(lines_of(path), 1):
                if len(line) > _LONGEST:
                    long += 1
                elif found := pattern.search(_COLOURS.sub("", line).rstrip()):
                    lines.append(number)
                    rows.append(found.groupdict())
                    check_cells(path, len(rows), len(pattern.groupindex))
    except _TakesTooLongError:
        raise ForeignFileError(
            path,
            f"the pattern takes longer than {_MOST_SECONDS:g} seconds; do not repeat what is "
            "repeated already, as in (a+)+",
            max(number, 1),
        ) from None
    if not rows:
        raise _NoLineError(path, f"the pattern is found in no line: {pattern.pattern}")
    lines, rows = _with_said_once(lines, rows)
    table = pd.DataFrame(
        {name: np.array([row[name] for row in rows], dtype=object) for name in pattern.groupindex}
    )
    note = f"{path}: {counted(long, 'line')} longer than {_LONGEST:,} characters passed over"
    return raw_by_hand(path, table, lines, [note] if long else [])


def _with_said_once(lines: list[int], rows: list[_Row]) -> tuple[list[int], list[_Row]]:
    """Return the rows with what is said in one line alone, such as a seed, on each of them.

    A line that says nothing else is then no row. Metrics said once, such as a last test, stay where
    they are.
    """
    counts = Counter(name for row in rows for name, value in row.items() if value is not None)
    once = {name for name, count in counts.items() if count == 1 and not _is_measured(name)}
    heads = [{name for name, value in row.items() if value is not None} <= once for row in rows]
    if all(heads):
        return lines, rows
    said: _Row = {}
    for row, is_head in zip(rows, heads, strict=True):
        said |= {name: value for name, value in row.items() if is_head and value is not None}
    kept = [place for place, is_head in enumerate(heads) if not is_head]
    return [lines[place] for place in kept], [rows[place] | said for place in kept]


def _is_measured(name: str) -> bool:
    return measured(name).known is not None or plain(name) in (*USUAL["epoch"], *USUAL["step"])


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise _TakesTooLongError in what is done within, once it has taken so long.

    Python's expressions look for signals as they search, and for nothing else. Signals reach the
    main thread alone; files are read there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stop(*_: object) -> None:
    raise _TakesTooLongError
