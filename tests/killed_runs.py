"""Runs that are killed: a process that has loaded torch once forks another for each attempt."""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.runs.training_code import training_code

#: A killed process goes on for as many pieces at most, so that it is never at its end before.
_FURTHER = 2


@dataclass(frozen=True)
class Attempt:
    """Hold what a process trains, and where."""

    configuration: dict
    epochs: int
    images: Path
    folder: Path  # of the run's files
    kept: Path  # of its checkpoints
    pieces: int | None = None  # after which it is killed; None for one that comes to its end


@contextlib.contextmanager
def killing_process(warm):
    """Give a function from an Attempt to the steps that are taken when each of its pieces is done.

    warm: attempts that the process makes by itself first, so that what they import is there.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, warm))
    process.start()
    theirs.close()

    def attempted(attempt):
        ours.send(attempt)
        return ours.recv()

    yield attempted
    process.kill()
    process.join()


def _serve(connection, warm):
    """Make attempts until this process is killed."""
    from lr_atlas.runs import training_job
    from lr_atlas.training import trainer

    logging.disable()
    # A checkpoint after each piece, and several pieces an epoch.
    training_job._INTERVAL, trainer._PIECE = 0, 60
    for attempt in warm:
        _train(attempt)
    while True:
        connection.send(_attempted(connection.recv()))


def _attempted(attempt):
    """Train in a process forked from this one, which is killed if the attempt says so."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with _leaving():
            _tell_steps(writing, attempt.pieces)
            _train(attempt)
    os.close(writing)
    steps = []
    with open(reading) as lines:
        for line in lines:
            steps.append(int(line))
            if len(steps) == attempt.pieces:
                os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    wanted = 0 if attempt.pieces is None else -signal.SIGKILL
    assert os.waitstatus_to_exitcode(status) == wanted
    return steps


@contextlib.contextmanager
def _leaving():
    """End this process at the end, whatever happens."""
    try:
        yield
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _tell_steps(writing, pieces):
    """Have the steps that were taken written to a pipe after each piece of a training."""
    from lr_atlas.runs.training_job import CheckpointKeeper

    after_piece = CheckpointKeeper.after_piece
    done = 0

    def told(self):
        nonlocal done
        after_piece(self)
        done += 1
        os.write(writing, f"{self.trainer.progress.step}\n".encode())
        if pieces is not None and done == pieces + _FURTHER:
            signal.pause()

    CheckpointKeeper.after_piece = told


def _train(attempt):
    conditions = Conditions(training_code([attempt.configuration]), "cpu", [attempt.kept], "keep")
    task = Task(attempt.configuration, attempt.epochs, [attempt.images], attempt.folder)
    complete_run(task, conditions)
