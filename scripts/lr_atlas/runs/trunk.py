"""The trunk of a run as a job meets it: taken as far as it is there, and left for others to take.

Runs of several budgets with one trunk are trained in any order and in any number of jobs: one job
at a time trains the trunk on. It keeps a checkpoint at the last place before its own cool-down
where training can be left, and lets others begin there. A trunk that diverges before that is the
end of all of them: it is kept too, and none trains it again.
"""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from lr_atlas.runs.checkpoints import (
    FOR_TRAINING_ON,
    Checkpoint,
    Origin,
    checkpoint_path,
    difference,
    find_starts,
    readable_checkpoints,
)
from lr_atlas.runs.run_locks import only_one_works
from lr_atlas.studies.run_identity import run_name
from lr_atlas.studies.trunks import shared_steps, steps_of_images, trunk_configuration
from lr_atlas.training.endings import Ending
from lr_atlas.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)

#: The checkpoint of a trunk that diverged, beside those at which runs left it.
_DIVERGED = "diverged.zip"


class Trunk:
    """The trunk of one run in one job."""

    def __init__(self, origin: Origin, directories: Iterable[Path], images: int) -> None:
        """Take where the run comes from, the folders of checkpoints, and its training images."""
        self._directories = list(directories)
        configuration = trunk_configuration(origin.configuration)
        self._origin = dataclasses.replace(origin, configuration=configuration or {})
        self.shared = shared_steps(origin.configuration, images) if self._directories else 0
        self._images = images
        self._configuration = origin.configuration
        self._waiting = contextlib.ExitStack()
        #: The end of the run where its trunk has diverged before.
        self.ending: Ending | None = None

    def begin(self, own: Iterable[Checkpoint], epochs: int) -> list[Checkpoint]:
        """Return the checkpoints to begin from, furthest first, alone with the trunk if need be.

        The first one may be the end of a trunk that diverged. own: those of the run itself. epochs:
        of the run.
        """
        starts = list(own)
        if not self.shared or any(self._steps_of(each) >= self.shared for each in starts):
            self.shared = 0
            return starts
        name = run_name(self._origin.configuration)
        LOGGER.info("the first %d steps are those of the trunk %s", self.shared, name)
        self._waiting.enter_context(only_one_works(self._directories[0], name))
        found = find_starts(self._directories, self._origin, epochs)
        starts += [each for each in found if self._steps_of(each) <= self.shared]
        return [*self._ends(), *sorted(starts, key=self._steps_of, reverse=True)]

    def began(self, start: Checkpoint | None) -> None:
        """Note the checkpoint that the run begins from: there is nothing to train at an end."""
        end = start.description if start else None
        if end and end["status"] == "diverged":
            self.ending = Ending(**{name: end[name] for name in Ending.__annotations__})

    def after_piece(self, trainer: Trainer, keep: Callable[[Path, Origin], None]) -> None:
        """Keep a checkpoint of the trunk, and let others have it, where the run leaves it.

        keep: writes a checkpoint of the trainer's state as one of the origin.
        """
        if not self.shared:
            return
        progress, done = trainer.progress, trainer.progress.step
        if trainer.course.is_scheduled(done) and progress.evaluated < done:  # it is still to come
            return
        left = min(trainer.piece - progress.images % trainer.piece, self._images - progress.images)
        if done + steps_of_images(self._configuration, left) <= self.shared:
            return
        if 0 < done <= self.shared:
            origin = dataclasses.replace(self._origin, steps=trainer.steps.name)
            folder = checkpoint_path(self._directories[0], origin, 0).parent
            path = folder / f"steps-{done}.zip"
            keep(path, origin)
            LOGGER.info("the cool-down forks after %d steps, kept as %s", done, path)
        self.close()

    def keep_end(
        self, trainer: Trainer, description: dict, keep: Callable[[Path, Origin, dict], None]
    ) -> None:
        """Keep the end of a run that diverged in its trunk, for all that have that trunk.

        description: as in run.json. keep: as for `after_piece`, with a description.
        """
        step = self._diverged_step(description)
        # At its own end a run is judged by more than a longer one is there.
        if self.ending or step is None or step > self.shared or step == trainer.total_steps:
            return
        origin = dataclasses.replace(self._origin, steps=trainer.steps.name)
        path = checkpoint_path(self._directories[0], origin, 0).with_name(_DIVERGED)
        keep(path, origin, description)
        LOGGER.info("all runs of this trunk diverge at its step %d, kept as %s", step, path)

    def _ends(self) -> list[Checkpoint]:
        """Return the checkpoint at which the trunk diverged before the cool-down; or none."""
        name = run_name(self._origin.configuration)
        return [
            each
            for each in readable_checkpoints(self._directories, name)
            if not difference(each.origin, self._origin, FOR_TRAINING_ON)
            and (step := self._diverged_step(each.description or {})) is not None
            and step <= self.shared
        ][:1]

    def _diverged_step(self, description: dict) -> int | None:
        """Return at which step of the run it diverged, from 1; None if it did not."""
        if description.get("diverged_epoch") is None:
            return None
        of_epoch = steps_of_images(self._configuration, self._images)
        before: int = (description["diverged_epoch"] - 1) * of_epoch
        return before + description["diverged_step"]

    def close(self) -> None:
        """Let other jobs have the trunk."""
        self.shared = 0
        self._waiting.close()

    def _steps_of(self, checkpoint: Checkpoint) -> int:
        return int(checkpoint.progress["step"])
