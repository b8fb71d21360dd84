"""Training of one run: a pure function of its configuration, the images and this code.

It can be left after every piece of an epoch: `Trainer.state` gives all that `Trainer.restore` needs
to go on as if nothing had happened, to the last bit.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import torch

from lr_atlas.training.first_epoch_losses import FirstEpoch
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import build_network, load_weights, weights_bytes
from lr_atlas.training.parts import load_part
from lr_atlas.training.random_streams import stream, stream_seed
from lr_atlas.training.records import EpochRecord, Metrics
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.compiled import CompiledSteps, can_compile
from lr_atlas.training.tensor_files import from_bytes, to_bytes

LOGGER = logging.getLogger(__name__)

#: Images after which training can be left: some milliseconds of work.
_PIECE = 2_000

#: A run has diverged when the training loss after an epoch is more than this many times the loss of
#: its first step. Not decided within an epoch: with too large a learning rate adaptive optimizers
#: can begin with losses of thousands of times the start and still come to learn something.
_DIVERGED_FACTOR = 10.0


@dataclass
class Progress:
    """How far a run has come: all of its state that is no tensor."""

    records: list[EpochRecord] = field(default_factory=list)  # of the epochs that are complete
    only_one_class: bool = False  # answered for all training images after the last of them
    first_loss: float | None = None  # of the run's first step
    first_epoch: FirstEpoch = field(default_factory=FirstEpoch)
    # Of the epoch that is not complete:
    images: int = 0  # how many it has trained on
    loss_sum: float = 0.0  # over these images
    correct: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict:
        """Plain values, for JSON, which keeps every bit of a float."""
        return asdict(self)

    @property
    def epoch(self) -> int:
        """The epoch that is not complete, from 1."""
        return len(self.records) + 1

    def end_epoch(self, record: EpochRecord, only_one_class: bool) -> None:
        """Note a complete epoch."""
        self.records.append(record)
        self.only_one_class = only_one_class
        self.images, self.loss_sum, self.correct, self.seconds = 0, 0.0, 0, 0.0

    @classmethod
    def from_dict(cls, values: dict) -> "Progress":
        """Return the progress of which `as_dict` gave the values."""
        records = [EpochRecord.from_dict(record) for record in values["records"]]
        first_epoch = FirstEpoch(**values["first_epoch"])
        return cls(**{**values, "records": records, "first_epoch": first_epoch})


@dataclass(frozen=True)
class Ending:
    """What became of a run."""

    status: str  # "finished", "diverged" or "collapsed"
    reason: str = ""
    diverged_epoch: int | None = None
    diverged_step: int | None = None  # from 1, within that epoch


class DivergedError(Exception):
    """The loss is not finite, or far above where it began."""

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


def train(
    trainer: "Trainer",
    validation_set: ImageSet,
    epochs: int,
    after_piece: Callable[[], None] = lambda: None,
) -> Ending:
    """Train a run, from where the trainer is, until it has `epochs` epochs or diverges.

    after_piece: called whenever the trainer's state may be taken: after each piece of an epoch and
    after each epoch.
    """
    # Averages of squared gradients that fade away (pixels that are always black) end in numbers so
    # small that processors handle them slowly; as zeros they cost RMSprop a third less time.
    torch.set_flush_denormal(True)
    try:
        return _train(trainer, validation_set, epochs, after_piece)
    finally:
        # For all of the process, which may have other things to do.
        torch.set_flush_denormal(False)


def _train(
    trainer: "Trainer", validation_set: ImageSet, epochs: int, after_piece: Callable[[], None]
) -> Ending:
    progress = trainer.progress
    while len(progress.records) < epochs:
        epoch = progress.epoch
        try:
            running = trainer.train_epoch(epoch, after_piece)
            trained = time.perf_counter()
            loss, answers, correct = trainer.steps.evaluate(trainer.training_set)
            train_metrics = Metrics(loss, correct / len(trainer.training_set))
            loss, _, correct = trainer.steps.evaluate(validation_set)
            validation_metrics = Metrics(loss, correct / len(validation_set))
            trainer.check_epoch(train_metrics.loss, validation_metrics.loss)
        except DivergedError as diverged:
            LOGGER.warning("epoch %d, step %d: %s", epoch, diverged.step, diverged.reason)
            return Ending("diverged", diverged.reason, epoch, diverged.step)
        evaluate_seconds = time.perf_counter() - trained
        record = EpochRecord(
            epoch, running, train_metrics, validation_metrics, progress.seconds, evaluate_seconds
        )
        progress.end_epoch(record, only_one_class=int((answers > 0).sum()) == 1)
        log_epoch(record, epochs)
        after_piece()
    return Ending(*ending(progress.records, progress.only_one_class, trainer.training_set))


class Trainer:
    """The network, the optimizer and the steps of one run, and how far it has come."""

    def __init__(
        self, configuration: dict, training_set: ImageSet, shape: Sequence[int], classes: int
    ) -> None:
        """Begin a run. shape: of an image. classes: how many there are."""
        network = build_network(configuration["model"], shape, classes, configuration["seed"])
        self.network = network.to(training_set.images.device)
        steps = CompiledSteps if can_compile(self.network, configuration) else AutogradSteps
        self.steps = steps(self.network, configuration, training_set)
        schedule = configuration["schedule"]
        self.schedule = None if schedule == "constant" else load_part("schedule", schedule)
        self.progress = Progress()
        self.training_set = training_set
        self.seed = configuration["seed"]
        self.batch_size = configuration["batch_size"]
        self.piece = max(1, _PIECE // self.batch_size) * self.batch_size
        if training_set.images.is_cuda:
            # A GPU has the whole epoch to do before its results are asked for.
            self.piece = len(training_set)

    def state(self) -> tuple[dict, bytes, bytes]:
        """(progress as plain values, weights as in model.pt, the optimizer's state)."""
        rest = to_bytes(self.steps.optimizer_state())
        return self.progress.as_dict(), weights_bytes(self.network), rest

    def restore(self, progress: dict, weights: bytes, rest: bytes) -> None:
        """Go back to what `state` gave.

        Raises whatever torch raises for bytes that are no such state; the trainer is then of no
        more use.
        """
        load_weights(self.network, weights)
        self.steps.restore_optimizer(from_bytes(rest))
        # In place: `train` and its callers hold on to it.
        vars(self.progress).update(vars(Progress.from_dict(progress)))

    def train_epoch(self, epoch: int, after_piece: Callable[[], None]) -> Metrics:
        """One pass over the training images in this epoch's order; returns the running Metrics.

        Goes on in the middle where `progress` says so. Raises DivergedError with the step at which
        the loss first was not finite.
        """
        progress, count = self.progress, len(self.training_set)
        order = torch.randperm(count, generator=stream(self.seed, "order", epoch))
        order = order.to(self.training_set.images.device)
        for start in range(progress.images, count, self.piece):
            started = time.perf_counter()
            indices = order[start : start + self.piece]
            # Of each piece anew, so that going on in the middle of an epoch takes no state.
            seed = stream_seed(self.seed, "dropout", epoch, start)
            losses, correct = self.steps.train(indices, seed, self.factors(epoch, start, indices))
            if progress.first_loss is None:
                progress.first_loss = losses[0]
            if epoch == 1:
                progress.first_epoch.add(losses, math.ceil(count / self.batch_size))
            check_steps(losses, start // self.batch_size)
            last = len(indices) - self.batch_size * (len(losses) - 1)
            progress.loss_sum += sum(losses[:-1]) * self.batch_size + losses[-1] * last
            progress.correct += correct
            progress.images += len(indices)
            progress.seconds += time.perf_counter() - started
            after_piece()
        return Metrics(progress.loss_sum / count, progress.correct / count)

    def factors(self, epoch: int, start: int, indices: torch.Tensor) -> list[float]:
        """Return the factors of the learning rate for the steps of a piece; none if constant.

        start: the images of the epoch before the piece. indices: of its images, int64 [n].
        """
        if self.schedule is None:
            return []
        steps = math.ceil(len(self.training_set) / self.batch_size)
        first = (epoch - 1) * steps + start // self.batch_size
        count = math.ceil(len(indices) / self.batch_size)
        return [self.schedule(step, steps) for step in range(first, first + count)]

    def check_epoch(self, train_loss: float, validation_loss: float) -> None:
        """Raise DivergedError if the losses after an epoch show it."""
        steps = math.ceil(len(self.training_set) / self.batch_size)
        for loss in (train_loss, validation_loss):
            if not math.isfinite(loss):
                raise DivergedError(steps, f"the loss after the epoch is {loss}")
        first = self.progress.first_loss
        assert first is not None
        if train_loss > _DIVERGED_FACTOR * first:
            raise DivergedError(
                steps, f"the loss after the epoch is {train_loss:.4g}, it began at {first:.4g}"
            )


def check_steps(losses: list[float], before: int) -> None:
    """Raise DivergedError if a loss of the steps that follow the first `before` is not finite."""
    for step, loss in enumerate(losses, before + 1):
        if not math.isfinite(loss):
            raise DivergedError(step, f"the loss is {loss}")


def ending(
    records: list[EpochRecord], only_one_class: bool, training_set: ImageSet
) -> tuple[str, str]:
    """("finished" or "collapsed", the reason) of a run that went to its end.

    Collapsed: after the last epoch it answers one class for all training images, or the training
    accuracy was at chance after every epoch, where chance is the share of the most frequent class
    plus three standard deviations of a binomial count. Training images, since there are more of
    them, so that chance is known well even where few are held out.
    """
    if only_one_class:
        return "collapsed", "it answers one class for all training images"
    count = len(training_set)
    share = training_set.chance
    chance = share + 3 * math.sqrt(share * (1 - share) / count)
    if all(record.train.accuracy <= chance for record in records):
        return "collapsed", f"training accuracy never rose above chance ({chance:.3f})"
    return "finished", ""


def log_epoch(record: EpochRecord, epochs: int) -> None:
    """One line for the job's log."""
    LOGGER.info(
        "epoch %*d/%d  during %.4f %6.2f%%  after %.4f %6.2f%%  validation %.4f %6.2f%%  "
        "%.2f s + %.2f s",
        len(str(epochs)),
        record.epoch,
        epochs,
        record.running.loss,
        100 * record.running.accuracy,
        record.train.loss,
        100 * record.train.accuracy,
        record.validation.loss,
        100 * record.validation.accuracy,
        record.train_seconds,
        record.evaluate_seconds,
    )
