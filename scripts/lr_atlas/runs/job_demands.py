"""Demands of the training jobs of a configuration: memory and time, from its runs and past ones."""

import math
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from lr_atlas.common.machine import processor
from lr_atlas.data.datasets import shape_and_classes
from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.job_resources import guessed_seconds, memory_mb, minutes, weights_of_model
from lr_atlas.runs.run_costs import PastRuns, Shape, shape_of_run
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.training.configuration import complete_configuration


class JobDemands:
    """Know the memory and the time of the runs of a configuration on this machine."""

    def __init__(self, atlas: Atlas, results: Path, code: dict[str, str]) -> None:
        """Take the results folder and the present digests of the training code."""
        self._atlas = atlas
        self._results = results
        self._code = code

    def memory(self, runs: Iterable[Run], attempt: int) -> int:
        """Return MB for a job that trains these runs, one after the other."""
        runs = list(runs)
        sources = [self._atlas.data[run.configuration["dataset"]] for run in runs]
        images = max(source.training_images + source.test_images for source in sources)
        shapes = [shape_and_classes(run.configuration["dataset"])[0] for run in runs]
        pixels = max(map(math.prod, shapes))
        return memory_mb(images, pixels, max(map(_weights, runs)), attempt)

    def minutes(self, runs: Iterable[Run], attempt: int) -> int:
        """Return the minutes for a job that trains these runs."""
        return minutes([self.expected_seconds(run) for run in runs], attempt)

    def guessed_seconds(self, run: Run) -> float:
        """Return the seconds of a run where no past run tells."""
        shape = self._shape(run)
        epoch = guessed_seconds(shape.training_images, shape.batch_size, _weights(run))
        return run.epochs * epoch

    def expected_seconds(self, run: Run) -> float:
        """Return the seconds of a run, by what past runs took where there are any."""
        seconds, _ = self._past_runs.seconds_per_epoch(self._shape(run))
        return self.guessed_seconds(run) if seconds is None else run.epochs * seconds

    def _shape(self, run: Run) -> Shape:
        device = "cuda" if uses_gpu(self._atlas.configuration.compute.device) else "cpu"
        return shape_of_run(self._atlas, run, device, processor())

    @cached_property
    def _past_runs(self) -> PastRuns:
        return PastRuns(self._results, RunFolders(self._results / "runs"), self._code)


def _weights(run: Run) -> int:
    shape, classes = shape_and_classes(run.configuration["dataset"])
    return weights_of_model(complete_configuration(run.configuration)["model"], shape, classes)
