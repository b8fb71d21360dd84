"""Demands of the training jobs of a configuration: memory and time, from its runs and past ones."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from lr_atlas.common.machine import processor
from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.job_resources import (
    PROGRAM_SECONDS,
    guessed_seconds,
    memory_mb,
    minutes,
    program_memory_mb,
    size_of_model,
)
from lr_atlas.runs.run_costs import PastRuns, Shape, epochs_in, shape_of_run
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.studies.network_probe import Size
from lr_atlas.studies.run_identity import is_command
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
        if any(is_command(run.configuration) for run in runs):  # all, since packs are of a study
            return program_memory_mb(attempt)
        sources = [self._atlas.data[run.configuration["dataset"]] for run in runs]
        values = max(
            (source.training_images + source.test_images) * source.form.values for source in sources
        )
        sizes = [self._size(run) for run in runs]
        batches = [complete_configuration(run.configuration)["batch_size"] for run in runs]
        activations = max(
            size.activations * batch for size, batch in zip(sizes, batches, strict=True)
        )
        return memory_mb(values, max(size.weights for size in sizes), activations, attempt)

    def minutes(self, runs: Iterable[Run], attempt: int) -> int:
        """Return the minutes for a job that trains these runs."""
        return minutes([self.expected_seconds(run) for run in runs], attempt)

    def guessed_seconds(self, run: Run) -> float:
        """Return the seconds of a run where no past run tells."""
        shape = self._shape(run)
        if is_command(run.configuration):
            return run.epochs * PROGRAM_SECONDS
        epoch = guessed_seconds(shape.training_images, shape.batch_size, self._size(run).products)
        return epochs_in(run.epochs, shape) * epoch

    def weights(self, runs: Iterable[Run]) -> dict[tuple[str, int], float]:
        """Return what an epoch of each run counts for beside those of others, by (name, epochs).

        The seconds that are expected; where nothing is known of a program among the runs of this
        configuration, every epoch counts alike, since the limit of its jobs tells nothing.
        """
        if any(map(self._is_unknown, self._atlas.possible_runs.values())):
            return {(run.name, run.epochs): 1.0 for run in runs}
        return {(run.name, run.epochs): self.expected_seconds(run) / run.epochs for run in runs}

    def _is_unknown(self, run: Run) -> bool:
        if not is_command(run.configuration):
            return False
        return self._past_runs.seconds_per_epoch(self._shape(run))[0] is None

    def expected_seconds(self, run: Run) -> float:
        """Return the seconds of a run, by what past runs took where there are any."""
        shape = self._shape(run)
        seconds, _ = self._past_runs.seconds_per_epoch(shape)
        return (
            self.guessed_seconds(run) if seconds is None else epochs_in(run.epochs, shape) * seconds
        )

    def _size(self, run: Run) -> Size:
        model = complete_configuration(run.configuration)["model"]
        return size_of_model(model, self._atlas.data[run.configuration["dataset"]].form)

    def _shape(self, run: Run) -> Shape:
        device = "cuda" if uses_gpu(self._atlas.configuration.compute.device) else "cpu"
        return shape_of_run(self._atlas, run, device, processor())

    @cached_property
    def _past_runs(self) -> PastRuns:
        return PastRuns(self._results, RunFolders(self._results / "runs"), self._code)
