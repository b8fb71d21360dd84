"""The terminal's view of a workflow: how far the training is, and what needs attention.

In a terminal a few lines at its foot are kept up to date. Without one, as in a log file, there is a
line now and then. Snakemake's paragraphs about each job stay in its own log, .snakemake/log.
"""

import atexit
import contextlib
import copy
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lr_atlas.common.lengths import unit_of
from lr_atlas.common.units import counted, time_text
from lr_atlas.runs.progress import AskedRun, Key, Progress, Snapshot

#: The name that Snakemake gives to the handler that writes its own lines.
_SNAKEMAKES_OWN = "DefaultStreamHandler"
#: Seconds between two lines where there is no terminal.
_MINUTE = 60
#: Lines in a terminal that are not for jobs: the bar, the counts, how many others there are, room.
_OTHER_LINES = 5
_MOST_JOBS = 12

#: Events of Snakemake that are about single jobs, or about itself.
_LEFT_TO_THE_LOG = frozenset(
    {
        *("workflow_started", "resources_info", "run_info", "job_info", "job_started"),
        *("job_finished", "shellcmd", "progress", "group_info", "rulegraph", "debug_dag"),
    }
)
#: Other lines of that kind, by how they begin.
_CHATTER = (
    *("Building DAG", "Using shell", "Conda environments: ignored", "Select jobs to execute"),
    *("Removing temporary output", "Would remove temporary output", "DAG of jobs will be updated"),
    *("Updating checkpoint", "Reasons:", "Some jobs were triggered by provenance"),
    *("Shutting down", "Will exit after finishing", "Complete log"),
    *("Workflow finished", "Exiting because a job execution failed", "Group jobs: inactive"),
    *("Elapsed time", "Singularity containers: ignored", "Assuming unrestricted"),
)
#: In errors: a shell command with its exit code, of which the error of its job says why; and that
#: some job failed, of which the workflow says more (rules/failure.smk).
_SAID_ELSEWHERE = ("CalledProcessError", "At least one job did not complete successfully")


@dataclass(frozen=True)
class Jobs:
    """Meaning of Snakemake's jobs, as functions of a rule's name and a job's wildcards."""

    #: The runs that a job trains, and whether it appends to their logs.
    runs: Callable[[str, Mapping[str, str]], tuple[list[Key], bool]]
    #: Return in words what a job does that trains nothing; empty if it is not worth a word.
    words: Callable[[str, Mapping[str, str]], str]
    #: All runs that are to be trained, as of now.
    asked: Callable[[], Iterable[AskedRun]]


def take_over(logger: logging.Logger, jobs: Jobs, is_dry_run: bool) -> "Terminal | None":
    """Write to the terminal in place of Snakemake; None where it does not write there itself."""
    for handler in logger.handlers:
        if handler.name == _SNAKEMAKES_OWN:
            terminal = Terminal(handler, jobs, is_dry_run)
            logger.removeHandler(handler)
            logger.addHandler(terminal)
            return terminal
    return None


class Terminal(logging.Handler):
    """Writes what Snakemake logs as far as a user needs it, and how far the training is."""

    def __init__(self, before: Any, jobs: Jobs, is_dry_run: bool) -> None:
        """Write to the stream of Snakemake's handler `before`, and format messages as it does."""
        super().__init__()
        self.setFormatter(before.formatter)
        for each in before.filters:
            self.addFilter(each)
        self._jobs = jobs
        self._is_dry_run = is_dry_run
        self._has_counted = False  # in a dry run, where the counts of jobs come twice
        self._is_stopped = False
        self._console = Console(file=before.stream, highlight=False, no_color=before.nocolor)
        self._live: Live | None = None
        self._ended = threading.Event()
        self._progress = Progress(time.monotonic)
        self._trained = 0  # runs, when it was last said that all are
        self._doing: dict[int, str] = {}  # by the number of a job
        self._began = time.monotonic()

    # Lines of the workflow

    def begin(self, confirming: int) -> None:
        """Say what will be trained, and show how far that is from now on, until `close`.

        confirming: how many runs will confirm settings that are not chosen yet.
        """
        self._progress.ask_for(self._jobs.asked())
        self._began = time.monotonic()
        self._say(first_line(self._progress.snapshot(), confirming))
        atexit.register(self.close)
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                get_renderable=self._foot,
                console=self._console,
                refresh_per_second=2,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        else:
            threading.Thread(target=self._write_each_minute, daemon=True).start()

    def stop(self) -> None:
        """Count jobs that end from now on as no failures: somebody has stopped the workflow."""
        self._is_stopped = True

    def close(self) -> None:
        """Leave the terminal as it was. To be called again does no harm."""
        self._ended.set()
        live, self._live = self._live, None
        if live:
            with contextlib.suppress(OSError):
                live.stop()
        super().close()

    # Lines of Snakemake

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a message, and write it if it is one for users."""
        try:
            self._take_note(record)
            if self._is_for_users(record):
                self._say(self.format(_shortened(record)), _style(record.levelno))
        except OSError:
            pass  # a terminal that was closed meanwhile
        except Exception:
            self.handleError(record)

    def _take_note(self, record: Any) -> None:
        event = getattr(record, "event", None)
        if event == "job_info" and not self._is_dry_run:
            self._job_begins(record.jobid, record.rule_name, record.wildcards or {})
        elif event == "job_finished":
            self._job_ends(record.job_id)
        elif event == "job_error":
            self._job_ends(record.jobid)

    def _job_begins(self, job: int, rule: str, wildcards: Mapping[str, str]) -> None:
        keys, in_one_log = self._jobs.runs(rule, wildcards)
        if keys:
            if not all(map(self._progress.knows, keys)):
                # Runs that confirm settings, which have just been chosen.
                self._progress.ask_for(self._jobs.asked())
            self._progress.job_begins(job, keys, in_one_log)
            return
        words = self._jobs.words(rule, wildcards)
        if words:
            self._doing[job] = words
            if not self._live:
                self._say(_at_this_time(words))

    def _job_ends(self, job: int) -> None:
        self._doing.pop(job, None)
        if self._progress.job_ends(job):
            now = self._progress.snapshot()
            if now.is_finished and now.runs > self._trained:
                self._trained = now.runs
                after = time_text(round(time.monotonic() - self._began))
                self._say(_at_this_time(f"all {counted(now.runs, 'run')} trained, after {after}"))

    def _is_for_users(self, record: logging.LogRecord) -> bool:
        event, text = getattr(record, "event", None), str(record.msg or "")
        if text.startswith("Terminating processes"):
            record.msg = "Stopping; what is being trained is kept …"
            return True
        if event == "job_error" or text.startswith("Trying to restart job"):
            return not self._is_stopped
        if event == "error" and any(words in text for words in _SAID_ELSEWHERE):
            return False
        if event == "run_info" and self._is_dry_run:
            first, self._has_counted = not self._has_counted, True
            return first
        if event in _LEFT_TO_THE_LOG or not text:
            return False
        return not text.startswith(_CHATTER)

    # Lines for the terminal

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)

    def _write_each_minute(self) -> None:
        while not self._ended.wait(_MINUTE):
            now = self._progress.snapshot()
            if not now.is_finished:
                with contextlib.suppress(OSError):
                    self._say(_at_this_time(minute_line(now)))

    def _foot(self) -> Group:
        if self._is_stopped:
            # The work that is left, and its time, are no longer known.
            return Group()
        return foot(
            self._progress.snapshot(),
            list(self._doing.values()),
            time.monotonic() - self._began,
            self._console.width,
            max(1, min(_MOST_JOBS, self._console.height - _OTHER_LINES)),
        )


def first_line(now: Snapshot, confirming: int) -> str:
    """Say what is to be trained; confirming: how many runs are added later."""
    if not now.runs_asked and not confirming:
        return "Nothing to train; what is not up to date is made."
    text = f"To train: {counted(now.runs_asked, 'run')} with {now.asked_text}"
    # Shorter runs that are to be trained first are no more work either.
    there = f", of which {now.epochs} come from shorter or earlier runs" if now.epochs else ""
    then = f"; then {counted(confirming, 'run')} on fresh seeds" if confirming else ""
    return f"{text}{there}{then}."


def minute_line(now: Snapshot) -> str:
    """Return all about the training in one line."""
    parts = [now.counts, now.left]
    if now.running:
        run = now.running[0]
        validation = f", validation {run.validation}" if run.validation else ""
        parts.append(f"now {run.title}: {_place(run.epoch, run.epochs)}{validation}")
    return "; ".join(filter(None, parts))


def foot(now: Snapshot, doing: list[str], seconds: float, width: int, most: int) -> Group:
    """Return the lines at the foot of a terminal: the training, then one for each job.

    doing: what jobs do that train nothing. seconds: since the start. most: lines for jobs.
    """
    parts: list[RenderableType] = []
    if now.runs_asked:
        bar = ProgressBar(now.epochs_asked, now.epochs, width=max(10, min(40, width - 40)))
        line = Table.grid(padding=(0, 1))
        share = now.epochs / now.epochs_asked
        line.add_row("Training", bar, f"{share:4.0%}", now.left)
        parts += [line, Text(f"{now.counts}; {time_text(round(seconds))} so far")]
    rows = [_row(*run) for run in now.running] + [(words,) for words in doing]
    if now.starting:
        rows.append((f"{counted(now.starting, 'job')} starting, or waiting for a place",))
    parts += map(Text, _aligned(rows[:most], width))
    if len(rows) > most:
        parts.append(Text(f"  and {len(rows) - most} more"))
    return Group(*parts)


def _aligned(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Return rows of one to three cells as lines that fit.

    A long first cell gives way, not the numbers.
    """
    rows = [(*row, "", "")[:3] for row in rows]
    second, third = (max((len(row[n]) for row in rows), default=0) for n in (1, 2))
    room = max(10, width - second - third - 2 * 3)
    first = min(room, max((len(row[0]) for row in rows if row[1]), default=room))
    lines = []
    for title, *numbers in rows:
        # A cell that stands alone may take the whole line.
        cut = first if numbers[0] else width - 2
        title = title if len(title) <= cut else title[: cut - 1] + "…"
        lines.append(f"  {title:<{first}}  {numbers[0]:<{second}}  {numbers[1]}".rstrip())
    return lines


def _row(title: str, epoch: int, epochs: int, validation: str) -> tuple[str, ...]:
    last = f"validation {validation}" if validation else ""
    return title, _place(epoch, epochs), last


def _place(done: int, length: int) -> str:
    return f"{unit_of(length)[:-1]} {done} of {int(length)}"


def _shortened(record: logging.LogRecord) -> logging.LogRecord:
    """Return the same, without the files and the shell command of a failed job.

    Those of a page alone would fill a screen; they are in Snakemake's log.
    """
    if getattr(record, "event", None) != "job_error":
        return record
    record = copy.copy(record)
    # An engine that refuses a job says why, and then with which call.
    said, call, _ = str(getattr(record, "rule_msg", "")).partition(" call:\n")
    record.msg = record.rule_msg = said.rpartition("\n")[0] if call else None
    record.shellcmd = None
    record.input = record.output = ()
    return record


def _style(level: int) -> str:
    if level >= logging.ERROR:
        return "red"
    return "yellow" if level >= logging.WARNING else ""


def _at_this_time(text: str) -> str:
    return f"{time.strftime('%H:%M:%S')} {text}"
