"""Progress of the training of many runs, read from the logs of the jobs that are at it.

Jobs say nothing to Snakemake before they end, and one may train many runs, or wait on another
machine. But each run has a log with a line per epoch, of which the end is read here.
"""

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lr_atlas.common.lengths import unit_of
from lr_atlas.common.safe_files import RefusedError, open_plain
from lr_atlas.common.units import counted, time_text

#: Bytes at the end of a log that hold its last epoch: some forty lines.
_TAIL = 4096
_EPOCH = re.compile(r"(?:epoch|step) +(\d+)[\d.]*/(\d+) .* validation +\S+ +([\d.]+%|\w+ \S+)")
_BEGUN = re.compile(r"going on after (\d+) of (\d+) (?:epoch|step)")
#: The time left means something after so many epochs and seconds of training.
_EPOCHS_TO_JUDGE, _SECONDS_TO_JUDGE = 3, 5

Key = tuple[str, int]  # a run's name and its length, in epochs or steps, as all that counts below


@dataclass(frozen=True)
class AskedRun:
    """A run that is asked for and not finished."""

    key: Key
    title: str  # for reading
    done: int  # epochs that were there at the start
    epoch_seconds: float  # a guess; only the proportions between runs matter
    log: Path  # with a line per epoch
    ends: tuple[Path, ...]  # files of which any says that the run is finished


class RunningRun(NamedTuple):
    """A run that is being trained."""

    title: str
    epoch: int  # complete ones
    epochs: int
    validation: str  # such as "87.25 %" or "rmse 0.635"; empty before the first epoch has ended


@dataclass(frozen=True)
class Snapshot:
    """Progress of everything at one moment."""

    epochs: int
    epochs_asked: int
    runs: int
    runs_asked: int
    seconds_left: float | None  # None as long as it would be a mere guess
    running: tuple[RunningRun, ...]
    starting: int  # jobs that will train, and have not come to a run yet
    units: tuple[str, ...] = ("epochs",)  # in which the lengths of the runs are

    @property
    def is_finished(self) -> bool:
        """Return whether all runs that are asked for so far are finished."""
        return self.runs == self.runs_asked

    @property
    def counts(self) -> str:
        """Return such as "412 of 985 epochs, 23 of 57 runs"."""
        return (
            f"{self.epochs} of {self.asked_text}, {self.runs} of {counted(self.runs_asked, 'run')}"
        )

    @property
    def asked_text(self) -> str:
        """Return such as "985 epochs" or "3985 epochs and steps"."""
        if len(self.units) == 1:
            return counted(self.epochs_asked, self.units[0][:-1])
        return f"{self.epochs_asked} {' and '.join(self.units)}"

    @property
    def left(self) -> str:
        """Return such as "about 4 min left"; empty where that is not known, or nothing is left."""
        if not self.seconds_left:
            return ""
        # Coarse, so that it does not jump from one look to the next.
        seconds = max(10, 10 * round(self.seconds_left / 10))
        return f"about {time_text(seconds)} left"


@dataclass
class _State:
    """Knowledge of a run so far."""

    asked: AskedRun
    epoch: int
    validation: str = ""
    has_ended: bool = False
    offset: int = 0  # where in its log the job that runs now began
    has_begun: bool = False  # in a job that runs now


@dataclass
class Progress:
    """Keeps account of runs; may be told and asked from several threads.

    clock: seconds that only differences are taken of.
    """

    clock: Callable[[], float]
    _states: dict[Key, _State] = field(default_factory=dict)
    _jobs: dict[int, list[Key]] = field(default_factory=dict)
    _spent: float = 0.0  # seconds in which jobs ran, up to when none did
    _began: float = 0.0  # when those began that run now
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask_for(self, runs: Iterable[AskedRun]) -> None:
        """Count these runs too; those that are known stay as they are."""
        with self._lock:
            for run in runs:
                self._states.setdefault(run.key, _State(run, run.done))

    def knows(self, key: Key) -> bool:
        """Return whether a run is counted."""
        return key in self._states

    def job_begins(self, job: int, keys: Iterable[Key], in_one_log: bool) -> None:
        """Look at the logs of these runs from now on.

        in_one_log: whether the job appends to logs that earlier ones have left, instead of making
        new ones.
        """
        with self._lock:
            if not self._jobs:
                self._began = self.clock()
            self._jobs[job] = [key for key in keys if key in self._states]
            for key in self._jobs[job]:
                state = self._states[key]
                state.offset = _size(state.asked.log) if in_one_log else 0
                state.has_begun = False

    def job_ends(self, job: int) -> bool:
        """Look at its runs once more, and at their logs no longer; False if it trained none."""
        with self._lock:
            if job not in self._jobs:
                return False
            for key in self._jobs.pop(job):
                _look(self._states[key])
                self._states[key].has_begun = False
            if not self._jobs:
                self._spent += self.clock() - self._began
            return True

    def snapshot(self) -> Snapshot:
        """Look at what is running, and say how far all is."""
        with self._lock:
            running = [self._states[key] for keys in self._jobs.values() for key in keys]
            for state in running:
                if not state.has_ended:
                    _look(state)
            states = self._states.values()
            starting = sum(
                not any(self._states[key].has_begun for key in keys) for keys in self._jobs.values()
            )
            return Snapshot(
                epochs=sum(_epochs(state) for state in states),
                epochs_asked=sum(state.asked.key[1] for state in states),
                units=tuple(sorted({unit_of(state.asked.key[1]) for state in states}))
                or ("epochs",),
                runs=sum(state.has_ended for state in states),
                runs_asked=len(states),
                seconds_left=self._seconds_left(),
                running=tuple(
                    RunningRun(state.asked.title, state.epoch, state.asked.key[1], state.validation)
                    for state in running
                    if state.has_begun and not state.has_ended
                ),
                starting=starting,
            )

    def _seconds_left(self) -> float | None:
        """Return the seconds left, by what was trained since the first job began.

        Runs are weighted by what they are to cost.
        """
        seconds = self._spent + (self.clock() - self._began if self._jobs else 0)
        trained = work = rest = 0.0
        for state in self._states.values():
            trained += state.epoch - state.asked.done
            work += (state.epoch - state.asked.done) * state.asked.epoch_seconds
            rest += (state.asked.key[1] - _epochs(state)) * state.asked.epoch_seconds
        return seconds * rest / work if enough_to_judge(trained, seconds, work) else None


def enough_to_judge(trained: float, seconds: float, work: float) -> bool:
    """Return whether so many epochs, in so many seconds, tell how long the rest takes.

    work: these epochs, weighted by what they are to cost.
    """
    return trained >= _EPOCHS_TO_JUDGE and seconds >= _SECONDS_TO_JUDGE and work > 0


def _units(states: Iterable[_State]) -> tuple[str, ...]:
    """Return in which units the lengths of the runs are, each once."""
    return tuple(sorted({unit_of(state.asked.key[1]) for state in states})) or ("epochs",)


def _epochs(state: _State) -> int:
    """Return the epochs that need not be trained any more: all, of a run that has diverged."""
    return state.asked.key[1] if state.has_ended else state.epoch


def _look(state: _State) -> None:
    """Bring what is known of a run up to date."""
    text = _tail(state.asked.log, state.offset)
    state.has_begun = state.has_begun or bool(text)
    for line in reversed(text.splitlines()):
        if match := _EPOCH.search(line):
            state.epoch, state.validation = int(match[1]), match[3].replace("%", " %")
            break
        if match := _BEGUN.search(line):
            state.epoch = int(match[1])
            break
    state.has_ended = state.has_ended or any(path.exists() for path in state.asked.ends)


def _tail(path: Path, offset: int) -> str:
    """Return the last lines of a file, from `offset` on at most; empty without a file."""
    try:
        with open_plain(path) as file:
            file.seek(max(offset, _size(path) - _TAIL))
            return file.read(_TAIL).decode(errors="replace")
    except (OSError, RefusedError):
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
