"""The files of one run, read and held against each other and against the run's plan."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import DESCRIPTION_SHAPE, has_shape
from lr_atlas.common.lengths import length_of, length_text
from lr_atlas.common.units import counted
from lr_atlas.runs.run_files import DESCRIPTION, HISTORY, TIMING, columns_of, step_column
from lr_atlas.runs.run_folders import read_description
from lr_atlas.studies.grid import Run
from lr_atlas.studies.measured_values import impossible_chance
from lr_atlas.studies.run_identity import is_command
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.run_numbers import read_history, read_numbers
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.course import Course, is_by_steps
from lr_atlas.training.records import STEP

#: Every collected run has these files.
FILES = (HISTORY, TIMING, DESCRIPTION)
#: Ends the messages that ask for a run's folder to be deleted.
AGAIN = (
    "start again: the run is taken over from its checkpoint, or trained again where there is none"
)
_SECONDS = ("train_seconds", "evaluate_seconds")
#: The ways in which a run can end, see training.Ending.
_STATUSES = ("finished", "diverged", "collapsed")


class CollectError(UserError):
    """The files of a study's runs are not complete or do not agree."""


class DamagedRunError(CollectError):
    """The files of one run cannot be used; `folder` and `problem` say which and why."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder, self.problem = folder, problem
        super().__init__(f"{problem}. Delete the folder {folder} and {AGAIN}")


def epoch_columns(columns: Sequence[str], by_steps: bool = False) -> list[str]:
    """Return what is read of each evaluation, at which these metrics were measured."""
    return ["epoch", *((STEP,) if by_steps else ()), *columns, *_SECONDS]


def read_run(folder: Path, run: Run, metric: StudyMetric | None = None) -> tuple[dict, np.ndarray]:
    """Return (content of run.json, history.csv and timing.csv side by side).

    The latter is float64 [epochs, columns], see `epoch_columns`; NaN in those that a program has
    not measured. metric: of the study for which the run is read; None where it is no matter, then
    the run says what was measured. Raises DamagedRunError unless the files are readable, those of
    this run, complete, agree, and hold numbers that can be.
    """
    try:
        description = read_description(folder)
        if not has_shape(description, DESCRIPTION_SHAPE):
            raise ValueError(f"{DESCRIPTION} is not what a training job writes")
        steps = step_column(run.configuration)
        columns = (*steps, *metric.columns) if metric else columns_of(description)
        history = read_history(folder / HISTORY, columns, is_command(run.configuration))
        timing = read_numbers(folder / TIMING, (*(steps or ("epoch",)), *_SECONDS))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedRunError(folder, f"{folder}: its files cannot be read: {error}") from None
    problems = _problems(run, description, history, timing)
    chance = chance_of(description, metric) if metric else None
    reason = impossible_chance(metric, chance) if metric and chance is not None else ""
    if reason:
        problems.append(f"{DESCRIPTION}: validation_chance is {chance}; {reason}")
    if problems:
        raise DamagedRunError(folder, f"{folder}: {'; '.join(problems)}")
    return description, np.hstack([history, timing[:, 1:]])


def _problems(run: Run, description: dict, history: np.ndarray, timing: np.ndarray) -> list[str]:
    """Return in what the files are not those of this run, complete; sentences without full stop."""
    problems = []
    completed, status = len(history), description["status"]
    there = counted(completed, "epoch")
    if description["canonical_configuration"] != run.configuration:
        problems.append(f"{DESCRIPTION} describes another configuration than {run.name}")
    if description["epochs"] != run.epochs:
        found = length_text(length_of(run.configuration, description["epochs"]))
        problems.append(f"{DESCRIPTION} is of {found}, not of {int(run.epochs)}")
    if len(timing) != completed:
        problems.append(
            f"{HISTORY} has {there} and {TIMING} {len(timing)}; they were not written by the same "
            "job"
        )
    if status not in _STATUSES:
        problems.append(f"{DESCRIPTION} says status {status}, which is none of {_STATUSES}")
    diverged = description["diverged_epoch"], description["diverged_step"]
    if status != "diverged" and diverged != (None, None):
        problems.append(f"{DESCRIPTION} says that it diverged, and status {status}")
    if is_by_steps(run.configuration):
        problems += _problems_of_steps(run, description, history)
    else:
        problems += _problems_of_epochs(run, description, completed)
    return problems


def _problems_of_epochs(run: Run, description: dict, completed: int) -> list[str]:
    """Return in what the rows of a run that is evaluated after each epoch are not its own."""
    problems = []
    there = counted(completed, "epoch")
    if description["epochs_completed"] != completed:
        problems.append(
            f"{HISTORY} has {there}, {DESCRIPTION} says {description['epochs_completed']}"
        )
    if description["status"] == "diverged":
        # A run that diverged ends early: in the epoch after the last one that is complete.
        diverged = description["diverged_epoch"], description["diverged_step"]
        if completed >= run.epochs:
            problems.append(f"a run that diverged has all of its {run.epochs} epochs")
        if diverged[0] != completed + 1 or diverged[1] is None or diverged[1] < 1:
            problems.append(
                f"{DESCRIPTION} says that it diverged in epoch {diverged[0]}, step {diverged[1]}, "
                f"after {there}"
            )
    elif completed != run.epochs:
        problems.append(f"{there} where {run.epochs} were asked for")
    return problems


def _problems_of_steps(run: Run, description: dict, history: np.ndarray) -> list[str]:
    """Return in what the rows of a run that is evaluated by steps are not its own."""
    images = description.get("training_images")
    if not isinstance(images, int):
        return [f"{DESCRIPTION} does not say how many training images there were"]
    course = Course.of(complete_configuration(run.configuration), images)
    end, steps = course.end(run.epochs), history[:, 1].astype(int).tolist()
    if description["status"] == "diverged":
        # The steps of the epochs before it, and its own.
        end = course.steps_per_epoch * ((description["diverged_epoch"] or 1) - 1)
        end += description["diverged_step"] or 1
    wanted, step = [], course.next_evaluation(0, end)
    while step < end:
        wanted.append(step)
        step = course.next_evaluation(step, end)
    wanted += [] if description["status"] == "diverged" else [end]
    if steps != wanted:
        return [
            f"{HISTORY} has {counted(len(steps), 'row')} up to step {max(steps, default=0)}, where "
            f"{len(wanted)} up to step {max(wanted, default=0)} belong"
        ]
    return []


def chance_of(description: dict, metric: StudyMetric) -> float | None:
    """Return what guessing gives in the study's metric; None where a program does not tell.

    Runs of a classification of earlier versions tell it of accuracy alone.
    """
    return description.get("chances", {}).get(metric.name, description["validation_chance"])
