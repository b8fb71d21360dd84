"""One run to its end: taken from where it was finished before, or trained."""

import contextlib
import functools
import importlib.metadata
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lr_atlas.common.digests import file_digest
from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import refuse_changes
from lr_atlas.common.lengths import length_of, length_text
from lr_atlas.runs.checkpoints import (
    NOTHING_TO_TRAIN,
    Origin,
    find_end,
    finished_run,
)
from lr_atlas.runs.command_run import finished_program, run_command
from lr_atlas.runs.numba_settings import refuse_numba_settings
from lr_atlas.runs.own_faults import own_faults_told
from lr_atlas.runs.run_files import FinishedProgram, FinishedRun, write_run
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.runs.training_code import Stamps, training_code
from lr_atlas.studies.run_identity import is_command, run_name
from lr_atlas.training.configuration import complete_configuration

LOGGER = logging.getLogger(__name__)

#: Remembers the digests of images, which do not change while a job trains several runs on them.
image_digest = functools.cache(file_digest)


@dataclass(frozen=True)
class Task:
    """A run that is to be brought to its end."""

    configuration: dict  # canonical (run_identity)
    epochs: int  # steps, where the run's budget is one of steps
    #: The training images; then those of the validation, if they are others.
    images: Sequence[Path]
    folder: Path  # where its files are written

    @property
    def name(self) -> str:
        """Return the name of the run."""
        return run_name(self.configuration)


@dataclass(frozen=True)
class Conditions:
    """Circumstances of a job, whichever run it trains."""

    code: dict[str, str]  # as `training_code` gave it for all runs
    device: str  # "auto", "cpu" or "cuda"
    #: Folders to look for checkpoints in; new ones are kept in the first. May be empty.
    checkpoints: Sequence[Path]
    on_new_torch: str  # "keep" or "recompute": whether a run that another torch finished is taken


def complete_run(task: Task, conditions: Conditions, may_train: bool = True) -> None:
    """Bring a run to its end, as a checkpoint in the first folder and as files of its own.

    may_train: where False, a run that has not come to its end raises UserError.

    Raises UserError, and SystemExit when a signal ends the work early.
    """
    checkpoints = conditions.checkpoints
    way = _Program if is_command(task.configuration) else Training
    work: Work = way(task, conditions)
    LOGGER.info("%s, %s", task.name, length_text(length_of(task.configuration, task.epochs)))
    alone = only_one_works(checkpoints[0], task.name) if checkpoints else contextlib.nullcontext()
    with alone:
        run = work.finished_before()
        if run is None and not may_train:
            raise UserError(f"{task.name} was not trained to its end by the job of its pack")
        run = run or work.done()
        # A job that has outlived its Snakemake may want to write the same folder.
        write_run(task.folder, run)
    LOGGER.info("%s", ": ".join(filter(None, (run.description[k] for k in ("status", "reason")))))


class Work(Protocol):
    """The way from a task to a finished run: by training here, or by a program."""

    def __init__(self, task: Task, conditions: Conditions) -> None: ...

    def finished_before(self) -> FinishedRun | FinishedProgram | None:
        """Return the run where it came to its end before; None if it has not."""

    def done(self) -> FinishedRun | FinishedProgram:
        """Do the work, from where an earlier attempt has left it, and return the run."""


class Training:
    """Training by this project, with its checkpoints."""

    def __init__(self, task: Task, conditions: Conditions) -> None:
        self.task, self._conditions = task, conditions
        self.origin = Origin(
            configuration=task.configuration,
            code=conditions.code,
            data={path.name: image_digest(path) for path in task.images},
            torch=importlib.metadata.version("torch"),
        )

    def finished_before(self) -> FinishedRun | None:
        """Return the run where a checkpoint is its end; None without one."""
        any_torch = self._conditions.on_new_torch == "keep"
        checkpoints, epochs = self._conditions.checkpoints, self.task.epochs
        end = find_end(checkpoints, self.origin, epochs, any_torch=any_torch)
        if end is None:
            return None
        LOGGER.info("%s: taken from %s", NOTHING_TO_TRAIN, end.path)
        return finished_run(end, epochs)

    def check_code(self) -> None:
        """Raise CodeError if code behind the run was edited since the workflow started."""
        now = training_code([self.origin.configuration])
        refuse_changes({name: self.origin.code.get(name, "") for name in now}, now)

    def done(self) -> FinishedRun:
        """Train the run, from its furthest checkpoint, and return it."""
        # Only now, since torch takes longer to import than a finished run takes to be copied.
        refuse_numba_settings()
        from lr_atlas.runs.training_job import train_run

        self.check_code()
        with own_faults_told(complete_configuration(self.origin.configuration)):
            return train_run(
                *(self.origin, self.task.epochs, self.task.images),
                *(self._conditions.device, self._conditions.checkpoints),
            )


class _Program:
    """A program that the configuration names, with a folder that stays between attempts."""

    def __init__(self, task: Task, conditions: Conditions) -> None:
        self._task, self._conditions = task, conditions

    def finished_before(self) -> FinishedProgram | None:
        run = finished_program(self._task.folder, Stamps(self._conditions.code))
        if run:
            LOGGER.info("%s: taken from %s", NOTHING_TO_TRAIN, self._task.folder)
        return run

    def done(self) -> FinishedProgram:
        kept = self._conditions.checkpoints[-1:]
        with contextlib.ExitStack() as stack:
            root = kept[0] if kept else Path(stack.enter_context(tempfile.TemporaryDirectory()))
            return run_command(self._task.configuration, self._task.epochs, root)
