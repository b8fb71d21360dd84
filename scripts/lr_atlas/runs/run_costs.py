"""Costs of training runs, from the seconds that runs of the same shape took before."""

import csv
import functools
import heapq
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.lengths import Steps, length_name, length_of
from lr_atlas.common.safe_files import read_plain
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.data.image_counts import image_counts
from lr_atlas.runs.checkpoints import NOTHING_TO_TRAIN, Checkpoint
from lr_atlas.runs.run_files import NOT_KNOWN
from lr_atlas.runs.run_folders import RunFolders, row_seconds
from lr_atlas.runs.run_status import Kind, Status
from lr_atlas.runs.training_code import changed_code
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Run
from lr_atlas.studies.run_identity import is_command
from lr_atlas.training.configuration import USUAL, complete_configuration, grouping, is_plain
from lr_atlas.training.course import Course, is_by_steps, steps_of_an_epoch
from lr_atlas.training.steps.precisions import FLOAT32, precision_of

#: An estimate is the median of so many past runs at most.
SAMPLE = 20
#: A job that copies a run from a checkpoint takes so many seconds (measured; it needs no torch).
TAKE_OVER_SECONDS = 0.3


class Shape(NamedTuple):
    """Everything that the seconds of an epoch depend on; the images themselves do not matter."""

    training_images: int
    validation_images: int
    hidden: tuple[int, ...]
    activation: str  # or all of a network that is no plain one
    dropout: bool
    loss: str  # and transforms
    batch_size: int
    threads: int
    device: str  # "cpu" or "cuda"
    optimizer: str
    #: Arguments on or off against the default, such as momentum, and what else a step does.
    arguments: frozenset[str]
    processor: str
    evaluations: float = 1.0  # in an epoch
    accumulate: int = 1  # batches of a step


#: Keys of training that make a step longer.
_IN_STEPS = ("sharpness_aware", "clip", "average")

#: From near to far: what past runs are gone by, and in what they may differ.
_LEVELS = {
    "runs of the same shape": (),
    "runs with other arguments of the optimizer": ("arguments",),
    "runs with other dropout": ("dropout",),
    "runs with another optimizer": ("optimizer", "arguments"),
    "runs with another optimizer and other dropout": ("optimizer", "arguments", "dropout"),
    "runs on another processor": ("processor",),
    "runs with another optimizer on another processor": ("optimizer", "arguments", "processor"),
}
MEASURED = "steps measured just now"
NOTHING = "nothing to go by"

#: A job that trains takes so long to begin if no benchmark tells: Python, torch, images.
USUAL_START_SECONDS = 3.0


@dataclass(frozen=True)
class Cost:
    """Estimate of the time that a run takes."""

    seconds: float | None  # of one job on its threads; None with nothing to go by
    basis: str  # a key of _LEVELS, MEASURED or NOTHING; empty where there is nothing to train


def shape_of(
    canonical: dict, training_images: int, validation_images: int, device: str, processor: str
) -> Shape:
    """Return the shape of a run, from its canonical configuration."""
    if is_command(canonical):
        program = canonical_json([canonical["command"], canonical.get("inputs", [])])
        return Shape(
            *(0, 0, (), program, False, "", 0, canonical.get("threads", 1)),
            *(device.partition(" ")[0], canonical["optimizer"]["name"], frozenset(), processor),
        )
    configuration = complete_configuration(canonical)
    model, optimizer = configuration["model"], configuration["optimizer"]
    usual = defaults(optimizer["name"])
    plain = is_plain(model)
    return Shape(
        training_images,
        validation_images,
        tuple(model["hidden"]) if plain else (),
        model["activation"] if plain else canonical_json(model),
        plain and model["dropout"] > 0,
        canonical_json([configuration["loss"], configuration.get("transforms", [])]),
        configuration["batch_size"],
        configuration["threads"],
        device.partition(" ")[0],
        optimizer["name"],
        frozenset(
            key
            for key, value in optimizer.items()
            if key in usual and key != "lr" and bool(value) != bool(usual[key])
        )
        | _beside_the_optimizer(configuration),
        processor,
        _evaluations(configuration, training_images),
        configuration.get("accumulate", USUAL["accumulate"]),
    )


def _beside_the_optimizer(configuration: dict) -> frozenset[str]:
    """Return the keys of what takes time in steps and evaluations beside the optimizer."""
    set_here = {key for key in _IN_STEPS if configuration.get(key, USUAL[key]) != USUAL[key]}
    groups = grouping(configuration["optimizer"])
    precisions = {precision_of(configuration)} - {FLOAT32}
    return frozenset({*set_here, *groups, *precisions, *configuration.get("dynamics", [])})


def _evaluations(configuration: dict, training_images: int) -> float:
    """Return how often a run is evaluated in an epoch; once where at listed steps, mostly fewer."""
    course = Course.of(configuration, training_images)
    return 1.0 if course.listed else course.steps_per_epoch / course.every


def epochs_in(length: int, shape: Shape) -> float:
    """Return a length of a run, or a part of one, in epochs."""
    if not isinstance(length, Steps):
        return length
    return length / steps_of_an_epoch(shape.training_images, shape.batch_size * shape.accumulate)


def shape_of_run(atlas: Atlas, run: Run, device: str, processor: str) -> Shape:
    """Return the shape of a run of a study, were it trained on that device and processor."""
    if is_command(run.configuration):
        return shape_of(run.configuration, 0, 0, NOT_KNOWN, processor)
    data = atlas.data[run.configuration["dataset"]]
    configuration = complete_configuration(run.configuration)
    counts = image_counts(
        *(configuration["validation"], configuration.get("training_images", "all")),
        *(data.training_images, data.test_images, data.held_out),
    )
    return shape_of(run.configuration, counts.training, counts.validation, device, processor)


class PastRuns:
    """Seconds that past runs took. One that diverged is no example: its numbers are others."""

    def __init__(self, results: Path, folders: RunFolders, code: dict[str, str]) -> None:
        """Know the runs that have folders.

        results: the results folder, with the benchmarks and logs of the training jobs.
        code: the present digests; runs made by other code count only where these have made none.
        """
        self._results = results
        self._folders = folders
        #: By whether it is the present code: keys of folders, or the seconds themselves.
        self._of_shape: dict[Shape, dict[bool, list]] = {}
        self._in_one_go = []
        self._code = code
        for key in folders.files:
            description = folders.description(key)
            if not description or description["status"] == "diverged":
                continue
            shape = self._shape(description)
            by_code = self._of_shape.setdefault(shape, {True: [], False: []})
            by_code[not changed_code(description["code"] or {}, code)].append(key)
            if len(description["trained_in"]) == 1:
                self._in_one_go.append(key)

    def add_checkpoint(self, checkpoint: Checkpoint, shape: Shape) -> None:
        """Know what a run took so far that is not finished, and has no folder yet.

        shape: of that run; the processor is that of the checkpoint.
        """
        records = checkpoint.progress["records"]
        seconds = [each["train_seconds"] + each["evaluate_seconds"] for each in records]
        if seconds:
            if is_by_steps(checkpoint.origin["configuration"]):
                seconds = [sum(seconds) / records[-1]["epoch"]]
            processors = [part.get("processor", shape.processor) for part in checkpoint.parts]
            shape = shape._replace(processor=(processors or [shape.processor])[-1])
            by_code = self._of_shape.setdefault(shape, {True: [], False: []})
            by_code[not changed_code(checkpoint.origin["code"], self._code)].append(seconds)

    @functools.cache  # noqa: B019, there is one object, which lives as long as the process
    def seconds_per_epoch(self, shape: Shape) -> tuple[float | None, str]:
        """Return (median seconds of an epoch with its evaluation, what that was taken from)."""
        for basis, ignored in _LEVELS.items():
            alike = [
                by_code
                for other, by_code in self._of_shape.items()
                if _without(other, ignored) == _without(shape, ignored)
            ]
            for present in (True, False):
                keys = [key for by_code in alike for key in by_code[present]]
                epochs = [self._seconds(key) for key in _sample(keys)]
                medians = [statistics.median(seconds) for seconds in epochs if seconds]
                if medians:
                    return statistics.median(medians), basis
        return None, NOTHING

    def _seconds(self, key: tuple[str, int] | list[float]) -> list[float]:
        """Return the seconds of each epoch; of a run whose rows are no epochs their mean."""
        if isinstance(key, list):
            return key
        seconds = row_seconds(self._folders.path(key))
        description = self._folders.description(key)
        assert description
        configuration = description["canonical_configuration"]
        if not seconds or not is_by_steps(configuration):
            return seconds
        shape = self._shape(description)
        return [sum(seconds) / epochs_in(length_of(configuration, key[1]), shape)]

    def _shape(self, description: dict) -> Shape:
        return shape_of(
            description["canonical_configuration"],
            description["training_images"],
            description["validation_images"],
            description["device"],
            description["machine"]["processor"],
        )

    @functools.cached_property
    def start_seconds(self) -> float | None:
        """Return the median seconds that a job takes beside its epochs; None without benchmarks."""
        starts = [self._start(key) for key in _sample(self._in_one_go)]
        found = [seconds for seconds in starts if seconds is not None]
        return statistics.median(found) if found else None

    def _start(self, key: tuple[str, int]) -> float | None:
        place = f"train/{key[0]}/{length_name(key[1])}"
        try:
            log = read_plain(self._results / "logs" / f"{place}.log").decode("utf-8")
            rows = read_plain(self._results / "benchmarks" / f"{place}.tsv").decode("utf-8")
            seconds = float(next(csv.DictReader(rows.splitlines(), delimiter="\t"))["s"])
        except (OSError, StopIteration, KeyError, ValueError):
            return None
        # The last job of this run may have copied it, which is not what trained it.
        beside = seconds - sum(row_seconds(self._folders.path(key)))
        return None if NOTHING_TO_TRAIN in log or not 0 <= beside < math.inf else beside


def cost_of(status: Status, shape: Shape, epoch: tuple[float | None, str], start: float) -> Cost:
    """Return what the job of a run is estimated to take.

    epoch: (seconds of an epoch, what that was taken from). start: seconds of the job's start.
    """
    if status.kind == Kind.CACHED:
        return Cost(0.0, "")
    if status.kind == Kind.TAKE_OVER:
        return Cost(TAKE_OVER_SECONDS, "")
    seconds, basis = epoch
    if seconds is None:
        return Cost(None, basis)
    return Cost(epochs_in(status.expected, shape) * seconds + start, basis)


def wall_seconds(jobs: Iterable[float], slots: int) -> float:
    """Return how long jobs of so many seconds take, each begun when a slot is free."""
    free = [0.0] * slots
    for seconds in jobs:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


def _without(shape: Shape, ignored: Sequence[str]) -> Shape:
    nothing: dict[str, Any] = dict.fromkeys(ignored)
    return shape._replace(**nothing)


def _sample(keys: Sequence) -> Sequence:
    """Return at most SAMPLE of them, from all over the list."""
    return keys[:: -(-len(keys) // SAMPLE) or 1]
