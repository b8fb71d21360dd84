"""The jobs of the workflow that works in a folder: what they do, and which have failed."""

import os
import re
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.safe_files import RefusedError, open_plain
from lr_atlas.runs.job_words import words_of
from lr_atlas.tools.watch.growing_file import GrowingFile
from lr_atlas.tools.watch.workflow_log import (
    FAILED,
    RUNNING,
    WorkflowJob,
    WorkflowLog,
    log_of_start,
)

_FAILED_IN_PACK = re.compile(r" failed with exit code -?\d+; see (.+)$")
_TRAINING = ("train", "train_pack")
_TAIL, _LAST_LINES, _LONGEST_LINE = 8_000, 20, 400


@dataclass(frozen=True)
class FailedJob:
    """A job that has failed, and what its log says last."""

    title: str
    log: str  # a path within the folder that is watched
    lines: tuple[str, ...]


class LiveJobs:
    """Follows the jobs of one start of the workflow."""

    def __init__(self, directory: Path, since: float) -> None:
        """Take the folder, and when the workflow wrote down what it had started with."""
        self._directory = directory
        path = log_of_start(directory / ".snakemake" / "log", since)
        self._log = WorkflowLog(path) if path else None
        self._packs: dict[str, GrowingFile] = {}
        self._failed_in_packs: dict[Path, float] = {}

    def look(self) -> None:
        """Read what is new."""
        if self._log is None:
            return
        self._log.look()
        for job in self._log.jobs.values():
            if job.rule == "train_pack" and job.log:
                path = self._directory / job.log
                self._look_at_pack(self._packs.setdefault(job.log, GrowingFile(path)))

    @property
    def doing(self) -> list[str]:
        """Return what jobs do that train nothing, in a few words each."""
        return list(filter(None, map(_words, self._of_state(RUNNING))))

    @property
    def training(self) -> set[str]:
        """Return the folders, as run/length, of runs that have a job of their own now."""
        return {
            "{run}/{unit}-{epochs}".format(**job.wildcards)
            for job in self._of_state(RUNNING)
            if job.rule == "train" and {"run", "unit", "epochs"} <= job.wildcards.keys()
        }

    @property
    def failed_logs(self) -> set[Path]:
        """Return the logs of runs whose last job has failed."""
        own = {self._directory / job.log for job in self._of_state(FAILED) if job.rule == "train"}
        # One that has gone on since is tried once more.
        in_packs = {path for path, at in self._failed_in_packs.items() if changed_at(path) <= at}
        return own | in_packs

    @property
    def failed_others(self) -> list[FailedJob]:
        """Return the jobs that have failed, and train nothing."""
        return [
            FailedJob(
                _words(job) or job.rule,
                job.log,
                last_lines(self._directory / job.log) if job.log else (),
            )
            for job in self._of_state(FAILED)
            if job.rule not in _TRAINING
        ]

    def _of_state(self, state: str) -> list[WorkflowJob]:
        return self._log.of_state(state) if self._log else []

    def _look_at_pack(self, log: GrowingFile) -> None:
        for line in log.new_lines()[1]:
            if found := _FAILED_IN_PACK.search(line):
                path = self._directory / found[1]
                self._failed_in_packs[path] = changed_at(path)


def _words(job: WorkflowJob) -> str:
    try:
        return words_of(job.rule, job.wildcards)
    except KeyError:  # a line that was cut off
        return job.rule


def last_lines(path: Path) -> tuple[str, ...]:
    """Return the last lines of a log; none where it cannot be read."""
    try:
        with open_plain(path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            text = file.read(_TAIL).decode(errors="replace")
    except (OSError, RefusedError):
        return ()
    return tuple(line[:_LONGEST_LINE] for line in deque(text.splitlines(), maxlen=_LAST_LINES))


def changed_at(path: Path) -> float:
    """Return when a file was changed last, in seconds since 1970; 0 where there is none."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
