"""Snakemake's own log while it grows: which of its jobs run, and which have failed."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lr_atlas.tools.watch.growing_file import GrowingFile

_RULE = re.compile(r"^(?:local)?(?:rule|checkpoint) (\S+):$")
_ERROR = re.compile(r"^Error in (?:rule|checkpoint) (\S+?)(?:,.*)?:$")
_ENTRY = re.compile(r"^ {4}(jobid|log|wildcards): (.*)$")
_FINISHED = re.compile(r"^Finished jobid: (\d+)\b")
_WILDCARD = re.compile(r"(\w+)=([^,]*)")
_NAME = "%Y-%m-%dT%H%M%S"

RUNNING, FINISHED, FAILED = "running", "finished", "failed"


@dataclass
class WorkflowJob:
    """A job of Snakemake, as its log tells of it."""

    rule: str
    state: str = RUNNING
    log: str = ""
    wildcards: Mapping[str, str] = field(default_factory=dict)


class WorkflowLog:
    """Follows the log of one start of Snakemake."""

    def __init__(self, path: Path) -> None:
        """Take the path of the log."""
        self._file = GrowingFile(path)
        self._begin()

    def _begin(self) -> None:
        self.jobs: dict[str, WorkflowJob] = {}  # by their numbers
        self._open = WorkflowJob("")  # the one whose lines are read

    def look(self) -> None:
        """Read what is new."""
        is_new, lines = self._file.new_lines()
        if is_new:
            self._begin()
        for line in lines:
            self._take(line)

    def of_state(self, state: str) -> list[WorkflowJob]:
        """Return the jobs that run, that are finished, or that have failed."""
        return [job for job in self.jobs.values() if job.state == state]

    def _take(self, line: str) -> None:
        if begun := _RULE.match(line):
            self._open = WorkflowJob(begun[1])
        elif failed := _ERROR.match(line):
            self._open = WorkflowJob(failed[1], FAILED)
        elif finished := _FINISHED.match(line):
            if finished[1] in self.jobs:
                self.jobs[finished[1]].state = FINISHED
        elif entry := _ENTRY.match(line):
            self._note(entry[1], entry[2])

    def _note(self, name: str, text: str) -> None:
        """Note an entry of the job whose lines are read; its number is that of an earlier one."""
        if name == "log":
            self._open.log = text.partition(" (check ")[0]
        elif name == "wildcards":
            self._open.wildcards = dict(_WILDCARD.findall(text))
        else:
            number = text.split()[0] if text.split() else ""
            known = self.jobs.get(number)
            if known and self._open.state == FAILED:
                known.state = FAILED
                self._open = known
            else:
                self.jobs[number] = self._open


def log_of_start(folder: Path, started: float) -> Path | None:
    """Return Snakemake's log of the start that wrote down at this time what it starts with.

    folder: .snakemake/log. The last log that was begun before: a start that only looks, and the one
    that makes something of what is finished after a failure, have logs of their own.
    """
    try:
        names = [path for path in folder.iterdir() if path.name.endswith(".snakemake.log")]
    except OSError:
        return None
    times = {path: _begun(path.name) for path in names}
    before = [path for path, begun in times.items() if begun is not None and begun <= started]
    return max(before, key=lambda path: times[path] or 0, default=None)


def _begun(name: str) -> float | None:
    """Return when a log was begun, in seconds since 1970, by its name."""
    whole, _, rest = name.partition(".")
    try:
        return time.mktime(time.strptime(whole, _NAME)) + float(f"0.{rest.partition('.')[0]}")
    except (ValueError, OverflowError):
        return None
