"""Training a run as a job: on the images of two files, with checkpoints, until it is done."""

import contextlib
import dataclasses
import functools
import logging
import os
import platform
import signal
import statistics
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from lr_atlas.common.entry_point import ending_signals, leave_if_stopped
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import Steps, length_text
from lr_atlas.common.machine import kernel_choices, processor
from lr_atlas.common.safe_files import RefusedError
from lr_atlas.data.image_files import load_held_out, load_images
from lr_atlas.data.stored_form import form_of
from lr_atlas.runs.cards import use_one_card
from lr_atlas.runs.checkpoints import (
    OPTIMIZER,
    Checkpoint,
    Origin,
    checkpoint_path,
    find_starts,
    write_checkpoint,
)
from lr_atlas.runs.precision import begun_trainer, use_precision
from lr_atlas.runs.run_files import MODEL, FinishedRun
from lr_atlas.runs.trunk import Trunk
from lr_atlas.studies.run_identity import run_name
from lr_atlas.training.blas import blas_version, use_threads
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.dynamics_file import END
from lr_atlas.training.endings import Ending
from lr_atlas.training.image_sets import ImageSet, TooFewError, image_set, parts_by_mask, split
from lr_atlas.training.loop import train
from lr_atlas.training.random_streams import SPLIT_SEED
from lr_atlas.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)

#: A checkpoint is written when this many times what one takes has gone by, so that all together
#: cost about a hundredth of the training.
_INTERVAL = 100
#: But at the latest after so many seconds, of which a kill costs no more then. On a disk where one
#: takes 0.1 to 1 second this is up to a tenth of the training, which is the better bargain there.
_LONGEST = 10.0
#: A tenth of the training is kept to instead if one takes longer than that.
_SHORTEST_INTERVAL = 10
#: One is taken to cost this at first, in seconds (measured for the networks of the default studies:
#: 4 to 5 ms).
_FIRST_COST = 0.005
#: So many of the last ones say what one takes: their median, since a disk that was busy once, or a
#: process that was stopped meanwhile, says nothing about the next.
_REMEMBERED = 5


def train_run(
    origin: Origin,
    epochs: int,
    images: Sequence[Path],
    device: str,
    checkpoint_directories: Sequence[Path],
) -> FinishedRun:
    """Train a run to its end, from the furthest checkpoint that can be used.

    epochs: how long it is; steps, where its budget is one of steps.
    images: the training images; then those of the validation, if they are others.
    device: "auto", "cpu" or "cuda". Raises UserError if there is no such device.
    checkpoint_directories: where to look for checkpoints; new ones are kept in the first. Without
    any, no checkpoint is kept. Raises SystemExit on SIGTERM, SIGHUP and SIGINT, a checkpoint
    written.
    """
    configuration = complete_configuration(origin.configuration)
    use_threads(configuration["threads"])
    chosen = choose_device(device)
    use_precision(configuration, chosen)
    origin = dataclasses.replace(origin, device=device_name(chosen))
    training_set, validation_set = image_sets(configuration, images, chosen)
    LOGGER.info("%d training images, %d validation images", len(training_set), len(validation_set))
    form = form_of(images[0].parent)
    begun = functools.partial(begun_trainer, configuration, training_set, form)
    sets = training_set, validation_set
    return train_begun(begun, origin, epochs, sets, checkpoint_directories)


def train_begun(
    begun: Callable[[], Trainer],
    origin: Origin,
    epochs: int,
    sets: tuple[ImageSet, ImageSet],
    checkpoint_directories: Sequence[Path],
    *,
    keeping: Callable[..., "CheckpointKeeper"] | None = None,
) -> FinishedRun:
    """Train a run to its end, as `train_run`.

    begun: returns a Trainer at its beginning. origin: with the device. sets: of the training and
    the validation images. keeping: makes what keeps the checkpoints, if not a CheckpointKeeper.
    """
    training_set, validation_set = sets
    trunk = Trunk(origin, checkpoint_directories, len(training_set))
    with contextlib.closing(trunk):
        own = find_starts(checkpoint_directories, origin, epochs)
        trainer, start = begin(begun, trunk.begin(own, epochs), epochs)
        trunk.began(start)
        parts = [
            *(start.parts if start else []),
            {"from_epoch": trainer.progress.epoch, **makers_of_digits()},
        ]
        origin = dataclasses.replace(origin, steps=trainer.steps.name)
        path = None
        if checkpoint_directories:
            path = checkpoint_path(checkpoint_directories[0], origin, epochs)
            if path.is_dir() and not path.is_symlink():  # told before the training, not after it
                raise RefusedError(path, "a plain file")
        keeper = (keeping or CheckpointKeeper)(path, origin, trainer, parts)
        again = begun, checkpoint_directories
        return _trained(keeper, trunk, validation_set, epochs, again)


def _trained(
    keeper: "CheckpointKeeper",
    trunk: Trunk,
    validation_set: ImageSet,
    epochs: int,
    from_start: tuple[Callable[[], Trainer], Sequence[Path]],
) -> FinishedRun:
    """Train a run to its end, from where its trainer is.

    from_start: what makes a Trainer at its beginning, and the folders of checkpoints.
    """
    begun, directories = from_start
    trainer, origin = keeper.trainer, keeper.origin

    def after_piece() -> None:
        trunk.after_piece(trainer, keeper.write)
        keeper.after_piece()

    with keeper.stopping_on_signals():
        ending = trunk.ending or train(trainer, validation_set, epochs, after_piece)
        progress = trainer.progress
        if ending.status == "diverged" and not trunk.ending:
            # The batch from which on the losses were too high; at last one was no number.
            step = progress.dynamics.exploded or progress.dynamics.taken
            place = trainer.piece_of(max(1, step - 1))
            starts = find_starts(directories, origin, epochs)
            again, _ = restored(begun, [start for start in starts if _is_before(start, place)])
            progress.dynamics.add_steps(END, again.last_steps(step))
        chances = trainer.chances(validation_set)
        sizes = {
            "training_images": len(trainer.training_set),
            "validation_images": len(validation_set),
            "validation_chance": next(iter(chances.values())),
            "chances": chances,
            "metrics": [name for name in chances if name != "loss"],
        }
        description = describe(origin, epochs, trainer, ending, keeper.parts) | sizes
        courses = trainer.schedules.courses(trainer.course.end(epochs))
        if courses:
            description["schedules"] = courses
        trunk.keep_end(trainer, description, keeper.write)
        keeper.save(description)
    return FinishedRun(
        *(progress.records, trainer.state()[1], description, progress.first_epoch.pieces),
        *(progress.dynamics.layers, progress.dynamics.rows),
    )


def begin(
    begun: Callable[[], Trainer], starts: Iterable[Checkpoint], epochs: int
) -> tuple[Trainer, Checkpoint | None]:
    """Return (a Trainer as far as the first of its starts, that one).

    begun: returns a Trainer at its beginning. starts: checkpoints to go on from, the furthest one
    first; one that cannot be restored is left out.
    """
    trainer, checkpoint = restored(begun, starts)
    if checkpoint is None:
        return trainer, None
    in_steps, images = trainer.course.in_steps, trainer.progress.images
    LOGGER.info(
        "going on after %d of %s%s, from %s",
        checkpoint.reached,
        length_text(Steps(epochs) if in_steps else epochs),
        "" if in_steps or not images else f" and {images} images",
        checkpoint.path,
    )
    return trainer, checkpoint


def _is_before(checkpoint: Checkpoint, place: tuple[int, int]) -> bool:
    """Return whether a checkpoint is not beyond an epoch and so many images of it."""
    return (checkpoint.progress["epochs"] + 1, checkpoint.progress["images"]) <= place


def restored(
    begun: Callable[[], Trainer], starts: Iterable[Checkpoint]
) -> tuple[Trainer, Checkpoint | None]:
    """Return (a Trainer as far as the first of its starts that can be restored, that one).

    begun: returns a Trainer at its beginning, which it stays at without a start.
    """
    for checkpoint in starts:
        trainer = begun()
        try:
            weights, rest = checkpoint.member(MODEL), checkpoint.member(OPTIMIZER)
            trainer.restore(checkpoint.progress, weights, rest)
        # A damaged archive or torch's reader may raise anything, and there is nothing else to do.
        except Exception as error:
            LOGGER.warning("not used: %s: it cannot be restored: %s", checkpoint.path, error)
            continue
        return trainer, checkpoint
    return begun(), None


def image_sets(
    configuration: dict, images: Sequence[Path], device: torch.device
) -> tuple[ImageSet, ImageSet]:
    """Return (training images, validation images) of a run.

    configuration: complete; of its training images, those that are held out aside, all or a number.
    images: files of the training images, and of the test images where a run is validated on them.
    Raises UserError if there are fewer.
    """
    validation, count = configuration["validation"], configuration.get("training_images")
    training_set = image_set(*images_of(images[0]), device)
    held_out: ImageSet | int = validation if isinstance(validation, int) else 0
    if validation == "test":
        held_out = image_set(*images_of(images[1]), device)
    elif validation == "given":
        given = load_held_out(images[0])
        if given is None:
            raise UserError(f"{images[0]} says of no example that it is held out")
        training_set, held_out = parts_by_mask(training_set, torch.from_numpy(given))
    try:
        return split(training_set, held_out, count, configuration.get("split_seed", SPLIT_SEED))
    except TooFewError as error:
        raise UserError(str(error)) from None


@functools.cache
def images_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return what `load_images` does, read once in the life of a process."""
    return load_images(path)


class CheckpointKeeper:
    """Writes the checkpoints of one job: now and then, at its end, and when it has to stop."""

    def __init__(self, path: Path | None, origin: Origin, trainer: Trainer, parts: list) -> None:
        self.path = path
        self.origin = origin
        self.trainer = trainer
        self.parts = parts
        self.signal: int | None = None
        self.costs = deque([_FIRST_COST], maxlen=_REMEMBERED)
        self.last = time.perf_counter()

    def after_piece(self) -> None:
        """Write a checkpoint if it is time to. Raises SystemExit if a signal has come."""
        if self.signal is not None:
            self.save()
            progress = self.trainer.progress
            LOGGER.warning(
                "stopped by %s in epoch %d; the next attempt goes on from there",
                signal.Signals(self.signal).name,
                progress.epoch,
            )
            raise SystemExit(128 + self.signal)
        if time.perf_counter() - self.last > seconds_between(self.costs):
            self.save()

    def save(self, description: dict | None = None) -> None:
        """Write a checkpoint; with the run's description it is the run's end."""
        if self.path is None:
            return
        started = time.perf_counter()
        self.write(self.path, self.origin, description)
        self.last = time.perf_counter()
        self.costs.append(self.last - started)

    def write(self, path: Path, origin: Origin, description: dict | None = None) -> None:
        """Write a checkpoint of the trainer's state as one of the origin."""
        progress, weights, rest = self.trainer.state()
        tensors = {MODEL: weights, OPTIMIZER: rest}
        write_checkpoint(path, origin, progress, self.parts, tensors, description=description)

    @contextlib.contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """Make `after_piece` save and stop on SIGTERM, SIGHUP and Ctrl-C."""

        def request(number: int, _frame: object) -> None:
            self.signal = number

        numbers = (*ending_signals(), signal.SIGINT)
        before = {number: signal.signal(number, request) for number in numbers}
        try:
            # Python loses what a handler raises in a callback of a compiler.
            leave_if_stopped()
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def seconds_between(costs: Collection[float]) -> float:
    """Return after how many seconds the next checkpoint is due.

    costs: the seconds that the last ones took.
    """
    cost = statistics.median_low(costs)
    return min(_INTERVAL * cost, max(_LONGEST, _SHORTEST_INTERVAL * cost))


def choose_device(wanted: str) -> torch.device:
    """Return a torch.device: `auto` takes a GPU where there is one.

    Of several GPUs this process sees one from then on, see cards.py.
    Raises UserError if a GPU is asked for and there is none.
    """
    if wanted != "cpu":
        use_one_card()
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "compute.device is cuda, but torch finds no GPU here; use auto or cpu in config.yaml"
        )
    use_gpu = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    if use_gpu:
        # Without this cuBLAS may give other bytes from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        # Nothing reads memory before it is written, and to fill it takes a kernel for each tensor.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        # Convolutions would round to ten bits of a float's 23 otherwise.
        torch.backends.cudnn.allow_tf32 = False
    return torch.device("cuda" if use_gpu else "cpu")


def device_name(device: torch.device) -> str:
    """Return such as "cpu" or "cuda (NVIDIA H100)"."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "cpu"


def makers_of_digits() -> dict:
    """Return what decides the last digits from here on and may be another in a later attempt."""
    return {
        "processor": processor(),
        "blas": blas_version(),
        "environment": kernel_choices(os.environ),
    }


def describe(origin: Origin, epochs: int, trainer: Trainer, ending: Ending, parts: list) -> dict:
    """Return the content of run.json, except what is known of the images."""
    configuration = complete_configuration(origin.configuration)
    return {
        "run": run_name(origin.configuration),
        "configuration": configuration,
        "canonical_configuration": origin.configuration,
        "epochs": epochs,
        **vars(ending),
        "epochs_completed": _complete_epochs(trainer),
        **({"steps_completed": trainer.progress.step} if trainer.by_steps else {}),
        "device": origin.device,
        "threads": configuration["threads"],
        "gradients": trainer.steps.name,
        "versions": {
            "python": platform.python_version(),
            "torch": origin.torch,
            "blas": blas_version(),
        },
        "machine": {"processor": processor(), "system": platform.platform()},
        "trained_in": parts,
        "code": origin.as_dict()["code"],
        "data": origin.data,
    }


def _complete_epochs(trainer: Trainer) -> int:
    """Return the epochs of a run that count: evaluated, where each of them is."""
    progress = trainer.progress
    return progress.epochs if trainer.by_steps else len(progress.records)
