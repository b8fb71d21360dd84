"""Trunks in a plan: how far runs find theirs trained, by checkpoints and by runs before them."""

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from lr_atlas.common.lengths import Steps
from lr_atlas.runs.checkpoints import Checkpoint, checkpoint_files, read_checkpoint
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.studies.run_identity import run_name
from lr_atlas.studies.trunks import shared_steps, steps_of_images, trunk_configuration


class TrunkPlan:
    """Know the trunks of the runs of a plan, which come in the order in which they are trained."""

    def __init__(self, atlas: Atlas, directories: Iterable[Path]) -> None:
        """Take the studies, and the folders in which jobs look for checkpoints."""
        self._atlas = atlas
        self._directories = list(directories)
        #: The steps to which runs of the plan will have trained each trunk.
        self._to_come: dict[str, set[int]] = {}

    def epochs_there(self, run: Run, is_usable: Callable[[Checkpoint, Run], bool]) -> int:
        """Return how many whole epochs, or steps, of a run its trunk spares it; 0 without one.

        is_usable: of a checkpoint, and the trunk as a run.
        """
        configuration = trunk_configuration(run.configuration)
        if configuration is None:
            return 0
        trunk = dataclasses.replace(run, name=run_name(configuration), configuration=configuration)
        of_epoch, shared = self._steps(run)
        steps = {*self._to_come.get(trunk.name, ())}
        for path in checkpoint_files(self._directories, trunk.name):
            try:
                checkpoint = read_checkpoint(path)
            except ValueError:
                continue
            if is_usable(checkpoint, trunk):
                steps.add(checkpoint.progress["step"])
        spared = max((each for each in steps if each <= shared), default=0)
        return spared if isinstance(run.epochs, Steps) else spared // of_epoch

    def will_train(self, run: Run) -> None:
        """Note that a run is trained before those that are asked about from now on."""
        configuration = trunk_configuration(run.configuration)
        if configuration is not None:
            self._to_come.setdefault(run_name(configuration), set()).add(self._steps(run)[1])

    def _steps(self, run: Run) -> tuple[int, int]:
        """Return the steps of an epoch of a run, and those that are of its trunk."""
        images = self._atlas.images_trained_on(run)
        configuration = run.configuration
        return steps_of_images(configuration, images), shared_steps(configuration, images)
