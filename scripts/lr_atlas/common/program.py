"""A program run to its end: its last words are kept, signals reach it, nothing of it lives on."""

import contextlib
import errno
import logging
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from lr_atlas.common.entry_point import ending_signals, leave_if_stopped
from lr_atlas.common.errors import UserError

LOGGER = logging.getLogger(__name__)

#: So many seconds a program has to end by itself after a signal.
GRACE = 10.0
_LINES_KEPT = 3
_LONGEST_LINE = 300
#: Waits so long for the last words of a process that has left the program's group.
_LAST_SECONDS = 2.0
#: Ends the group when this process is gone, however that came: then its end of the pipe closes.
_WATCH = 'read -r _; kill -s KILL -- "-$1" 2> /dev/null'


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int  # its exit code; negative: minus the number of the signal that has ended it
    last_lines: str  # the last that it said, in one line

    @property
    def how(self) -> str:
        """Return how it ended, in words that follow "the program"."""
        if self.code < 0:
            name = signal.Signals(-self.code).name
            memory = ", as for want of memory" if -self.code == signal.SIGKILL else ""
            return f"was killed (by {name}{memory})"
        return f"ended with exit code {self.code}"


def run_program(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a program in a folder, without a shell, and return how it ended.

    What it says goes to stderr. SIGTERM, SIGHUP and SIGINT are passed on to its process group; it
    then has GRACE seconds before it is killed, and SystemExit is raised. When it has ended, or this
    process is gone, the rest of its group is killed.
    Raises UserError if it cannot be started.
    """
    with _passing_on_signals() as passing:
        try:
            process = subprocess.Popen(
                words,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(_why_not_started(words[0], folder, error)) from None
        with _watched(process.pid):
            try:
                passing.to(process.pid)
                assert process.stdout is not None
                last: deque[str] = deque(maxlen=_LINES_KEPT)
                said = threading.Thread(target=_say_on, args=(process.stdout, last), daemon=True)
                said.start()
                process.wait()
            finally:
                _kill_group(process.pid, signal.SIGKILL)
                process.wait()
            said.join(_LAST_SECONDS)
    if passing.number is not None:
        LOGGER.warning("stopped by %s, and so is the program", signal.Signals(passing.number).name)
        raise SystemExit(128 + passing.number)
    return Ended(process.returncode, " | ".join(last))


def _why_not_started(program: str, folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return f"there is no program '{program}' (in PATH, or counted from {folder})"
    if error.errno == errno.ENOEXEC:
        return f"'{program}' is no program: its first line does not name one, such as #!/bin/sh"
    return f"'{program}' cannot be run: {error.strerror}"


@dataclass
class _Passing:
    """Passes signals on to a group of processes, once there is one."""

    number: int | None = None
    group: int | None = None
    timers: list[threading.Timer] = field(default_factory=list)

    def take(self, number: int, _frame: FrameType | None = None) -> None:
        """Take a signal down, and pass it on."""
        self.number = self.number or number
        if self.group is not None:
            _kill_group(self.group, number)
            timer = threading.Timer(GRACE, _kill_group, (self.group, signal.SIGKILL))
            timer.daemon = True
            timer.start()
            self.timers.append(timer)

    def to(self, group: int) -> None:
        """Pass signals on to this group from now on, also one that has come already."""
        self.group = group
        if self.number is not None:
            self.take(self.number)


@contextlib.contextmanager
def _passing_on_signals() -> Iterator[_Passing]:
    passing = _Passing()
    numbers = (*ending_signals(), signal.SIGINT)
    before = {number: signal.signal(number, passing.take) for number in numbers}
    try:
        leave_if_stopped()
        yield passing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for timer in passing.timers:
            timer.cancel()


@contextlib.contextmanager
def _watched(group: int) -> Iterator[None]:
    """Have a group of processes killed when this process is killed."""
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "sh", str(group)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        # Before its pipe closes: the number of the group may be another's by then.
        watcher.kill()
        watcher.wait()
        assert watcher.stdin is not None
        watcher.stdin.close()


def _kill_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _say_on(pipe: IO[bytes], last: deque[str]) -> None:
    """Write what comes from a pipe to stderr, and keep the last lines that say something."""
    with pipe:
        for line in pipe:
            text = line.decode("utf-8", "replace").strip()
            if text:
                last.append(text[:_LONGEST_LINE])
            with contextlib.suppress(OSError):  # a disk that is full takes no more of a log
                os.write(2, line)
