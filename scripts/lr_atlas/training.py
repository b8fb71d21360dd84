"""Training of one run: a pure function of its configuration, the images and this code."""

import logging
import math
import time
from dataclasses import dataclass, field

import torch

from lr_atlas.gradients import choose
from lr_atlas.image_sets import ImageSet, scale
from lr_atlas.network import LOSSES, build_network, build_optimizer
from lr_atlas.random_streams import stream, stream_seed

LOGGER = logging.getLogger(__name__)

#: Images that are gathered and scaled at a time: small enough to stay in the processor's cache,
#: large enough that the gathering itself costs little (measured: 500 to 2,000 are equally fast).
_PIECE = 2_000

#: A run has diverged when the training loss after an epoch is more than this many times the loss of
#: its first step. Not decided within an epoch: with too large a learning rate adaptive optimizers
#: can begin with losses of thousands of times the start and still come to learn something.
_DIVERGED_FACTOR = 10.0


@dataclass(frozen=True)
class Metrics:
    """Loss as mean per image, accuracy as a share of the images."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history, and what it cost."""

    epoch: int
    running: Metrics  # averaged while the weights changed
    train: Metrics  # after the epoch, in evaluation mode
    validation: Metrics
    train_seconds: float
    evaluate_seconds: float


@dataclass
class Result:
    """What became of a run: its rows, its network, and how it ended."""

    network: torch.nn.Module
    gradients: str  # how they were computed, see gradients.choose
    records: list[EpochRecord] = field(default_factory=list)
    status: str = "finished"  # or "diverged" or "collapsed"
    diverged_epoch: int | None = None
    diverged_step: int | None = None  # from 1, within that epoch
    reason: str = ""


class DivergedError(Exception):
    """The loss is not finite, or far above where it began."""

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason


def train(
    configuration: dict, training_set: ImageSet, validation_set: ImageSet, epochs: int, classes: int
) -> Result:
    """Train one run.

    configuration: complete, see run_identity. training_set, validation_set: ImageSet.
    Returns a Result; a run that diverges ends at once, with status "diverged".
    """
    # Averages of squared gradients that fade away (pixels that are always black) end in numbers so
    # small that processors handle them slowly; as zeros they cost RMSprop a third less time.
    torch.set_flush_denormal(True)
    network = build_network(
        configuration["model"], training_set.images.shape[1], classes, configuration["seed"]
    ).to(training_set.images.device)
    optimizer = build_optimizer(configuration["optimizer"], network)
    trainer = Trainer(configuration, network, optimizer, training_set)
    result = Result(network, trainer.method)
    only_one_class = False
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        try:
            running = trainer.train_epoch(epoch)
            trained = time.perf_counter()
            train_metrics, answers = trainer.evaluate(training_set)
            validation_metrics, _ = trainer.evaluate(validation_set)
            trainer.check_epoch(train_metrics.loss, validation_metrics.loss)
        except DivergedError as diverged:
            result.status = "diverged"
            result.diverged_epoch, result.diverged_step = epoch, diverged.step
            result.reason = diverged.reason
            LOGGER.warning("diverged in epoch %d, step %d: %s", epoch, diverged.step, result.reason)
            return result
        seconds = (trained - started, time.perf_counter() - trained)
        record = EpochRecord(epoch, running, train_metrics, validation_metrics, *seconds)
        result.records.append(record)
        only_one_class = int((answers > 0).sum()) == 1
        log_epoch(record, epochs)
    result.status, result.reason = ending(result.records, only_one_class, training_set)
    return result


class Trainer:
    """The steps of one run: buffers and constants that every epoch uses again."""

    def __init__(
        self,
        configuration: dict,
        network: torch.nn.Sequential,
        optimizer: torch.optim.Optimizer,
        training_set: ImageSet,
    ) -> None:
        self.network = network
        self.optimizer = optimizer
        self.training_set = training_set
        self.loss = LOSSES[configuration["loss"]]
        self.method, self.gradients = choose(network, configuration["loss"])
        self.pixels = configuration["pixels"]
        self.seed = configuration["seed"]
        self.batch_size = configuration["batch_size"]
        self.steps_per_epoch = math.ceil(len(training_set) / self.batch_size)
        self.piece = max(1, _PIECE // self.batch_size) * self.batch_size
        rows, device = max(self.piece, _PIECE), training_set.images.device
        self.raw = torch.empty(rows, training_set.images.shape[1], dtype=torch.uint8, device=device)
        self.scaled = torch.empty(self.raw.shape, dtype=torch.float32, device=device)
        self.first_loss = None

    def gather(self, image_set: ImageSet, indices: torch.Tensor) -> torch.Tensor:
        """The images at `indices` as scaled float32 [len(indices), pixels], in a reused buffer."""
        raw, scaled = self.raw[: len(indices)], self.scaled[: len(indices)]
        torch.index_select(image_set.images, 0, indices, out=raw)
        return scale(scaled.copy_(raw), self.pixels)

    def train_epoch(self, epoch: int) -> Metrics:
        """One pass over the training images in this epoch's order; returns the running Metrics.

        Raises DivergedError with the step at which the loss first was not finite.
        """
        self.network.train()
        torch.manual_seed(stream_seed(self.seed, "dropout", epoch))
        count = len(self.training_set)
        order = torch.randperm(count, generator=stream(self.seed, "order", epoch))
        order = order.to(self.training_set.images.device)
        total_loss, total_correct, step = 0.0, 0, 0
        for start in range(0, count, self.piece):
            indices = order[start : start + self.piece]
            images = self.gather(self.training_set, indices)
            labels = self.training_set.labels[indices]
            losses, correct = self.train_piece(images, labels)
            self.check_steps(losses, step)
            step += len(losses)
            sizes = [
                min(self.batch_size, len(indices) - i * self.batch_size) for i in range(len(losses))
            ]
            total_loss += sum(loss * size for loss, size in zip(losses, sizes, strict=True))
            total_correct += correct
        return Metrics(total_loss / count, total_correct / count)

    def train_piece(self, images: torch.Tensor, labels: torch.Tensor) -> tuple[list[float], int]:
        """A step per batch; returns the losses of the steps and how many answers were right.

        The results of the steps stay on the device until the piece is done.
        """
        losses, outputs = [], []
        for images_of_batch, labels_of_batch in zip(
            images.split(self.batch_size), labels.split(self.batch_size), strict=True
        ):
            loss, output = self.gradients(images_of_batch, labels_of_batch)
            self.optimizer.step()
            losses.append(loss)
            outputs.append(output)
        correct = (torch.cat(outputs).argmax(1) == labels).sum()
        return torch.stack(losses).tolist(), int(correct)

    def check_steps(self, losses: list[float], step: int) -> None:
        """Raise DivergedError if a loss of the steps after `step` is not finite."""
        if self.first_loss is None:
            self.first_loss = losses[0]
        for index, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise DivergedError(step + index + 1, f"the loss is {loss}")

    def check_epoch(self, train_loss: float, validation_loss: float) -> None:
        """Raise DivergedError if the losses after an epoch show it."""
        for loss in (train_loss, validation_loss):
            if not math.isfinite(loss):
                raise DivergedError(self.steps_per_epoch, f"the loss after the epoch is {loss}")
        if train_loss > _DIVERGED_FACTOR * self.first_loss:
            raise DivergedError(
                self.steps_per_epoch,
                f"the loss after the epoch is {train_loss:.4g}, it began at {self.first_loss:.4g}",
            )

    @torch.no_grad()
    def evaluate(self, image_set: ImageSet) -> tuple[Metrics, torch.Tensor]:
        """(Metrics, how often each class was answered: int64 [classes]), in evaluation mode."""
        self.network.eval()
        total_loss, correct, predicted = 0.0, 0, 0
        for indices in torch.arange(len(image_set), device=image_set.labels.device).split(_PIECE):
            labels = image_set.labels[indices]
            output = self.network(self.gather(image_set, indices))
            answers = output.argmax(1)
            total_loss += float(self.loss(output, labels)) * len(indices)
            correct += int((answers == labels).sum())
            predicted = predicted + torch.bincount(answers, minlength=output.shape[1])
        return Metrics(total_loss / len(image_set), correct / len(image_set)), predicted


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
    share = float(torch.bincount(training_set.labels).max()) / count
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
