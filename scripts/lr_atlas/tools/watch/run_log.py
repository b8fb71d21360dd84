"""The log of a run while it grows: how far the run is, its curve so far, and how it ended."""

import re
import time
from collections import deque
from enum import StrEnum
from pathlib import Path

from lr_atlas.tools.watch.growing_file import GrowingFile

#: {place in epochs or steps: {column of the history: value}}
Points = dict[float, dict[str, float]]

_TIME = r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) "
_BEGUN = re.compile(_TIME + r"INFO \S+, \d+ (?:epoch|step)s?$")
_GOING_ON = re.compile(r" INFO going on after (\d+) of .*, from (.+)$")
_ROW = re.compile(
    r" INFO (?:epoch|step) +([\d.e+]+)/\d+  during (.+?)  after (.+?)  validation (.+?)"
    r"  [\d.]+ s \+ [\d.]+ s$"
)
_DONE = re.compile(r" INFO (?:finished|diverged|collapsed)(?:: .*)?$")
_STOPPED = re.compile(r" WARNING stopped by SIG\w+ ")
_FAILED = re.compile(_TIME + r"ERROR |^Traceback \(most recent call last\)|MemoryError")
#: So many of its last lines are shown.
_LAST_LINES = 20
_LONGEST_LINE = 400


class End(StrEnum):
    """Name how the last attempt at a run ended, as far as its log says."""

    NONE = ""
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class RunLog:
    """Follows the log of a run through all attempts at it."""

    def __init__(self, path: Path) -> None:
        """Take the path of the log, which may not be there yet."""
        self.path = path
        self._file = GrowingFile(path)
        self._forget()
        self.points: Points = {}

    def _forget(self) -> None:
        self.begun: float | None = None  # the last attempt, in seconds since 1970
        self.after = 0  # epochs or steps that were there then
        self.start = ""  # the checkpoint that it goes on from
        self.end = End.NONE
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._earlier: Points = {}

    def look(self) -> bool:
        """Read what is new, and return whether there was anything."""
        is_new, lines = self._file.new_lines()
        if is_new:
            earlier = self.points
            self._forget()
            self.points, self._earlier = {}, earlier
        for line in lines:
            self._take(line)
        return is_new or bool(lines)

    @property
    def reached(self) -> float:
        """Return how many epochs or steps are complete."""
        return max(self.points, default=self.after)

    def _take(self, line: str) -> None:
        self.last_lines.append(line[:_LONGEST_LINE])
        if row := _ROW.search(line):
            self.points[float(row[1])] = _values(row[2], row[3], row[4])
            self.end = End.NONE
        elif begun := _BEGUN.search(line):
            earlier = {**self._earlier, **self.points}
            lines = [line[:_LONGEST_LINE]]
            self._forget()
            self.points, self._earlier = {}, earlier
            self.last_lines.extend(lines)
            self.begun = _seconds(begun[1])
        elif going_on := _GOING_ON.search(line):
            self.after, self.start = int(going_on[1]), going_on[2]
            self.points = {at: row for at, row in self._earlier.items() if at <= self.after}
        elif _DONE.search(line):
            self.end = End.DONE
        elif _STOPPED.search(line):
            self.end = End.STOPPED
        elif _FAILED.search(line):
            self.end = End.FAILED


def _values(*texts: str) -> dict[str, float]:
    """Return the values of a line by column, from such as "0.4031  87.25%" or "0.4  rmse 0.6"."""
    found = {}
    for series, text in zip(("running", "train", "validation"), texts, strict=True):
        loss, *other = text.split()
        for name, value in (("loss", loss), *_other(other)):
            try:
                share = value.endswith("%")
                found[f"{series}_{name}"] = float(value.rstrip("%")) / (100 if share else 1)
            except ValueError:
                continue
    return found


def _other(words: list[str]) -> list[tuple[str, str]]:
    if not words:
        return []
    return [("accuracy", words[0]) if len(words) == 1 else (words[0], words[1])]


def _seconds(text: str) -> float | None:
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return None
