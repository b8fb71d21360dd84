"""The network, the optimizer and the steps of a run, which can be left and taken up again.

It can be left after every piece of an epoch, and after every evaluation: `Trainer.state` gives all
that `Trainer.restore` needs to go on as if nothing had happened, to the last bit. Where a run is
evaluated, and where it ends, changes no step: the random numbers go by pieces of epochs alone.
"""

import contextlib
import math
import time
from collections.abc import Callable

import torch

from lr_atlas.training.accumulation import steps_of
from lr_atlas.training.averaging import average_shares
from lr_atlas.training.configuration import INITIALISATION, ORDER, ROUNDING, USUAL, seed_of
from lr_atlas.training.course import Course, is_by_steps
from lr_atlas.training.dynamics import Watch
from lr_atlas.training.dynamics_file import STEP
from lr_atlas.training.endings import DivergedError, Ending, check_steps, ending
from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.initialisation import move_last_bits
from lr_atlas.training.loss import build_loss
from lr_atlas.training.metric import recorded_metrics
from lr_atlas.training.metrics_of_runs import chance, metric_functions
from lr_atlas.training.network import build_network, load_weights, weights_bytes
from lr_atlas.training.observer import Observer
from lr_atlas.training.parts import short_name
from lr_atlas.training.progress import Progress
from lr_atlas.training.random_streams import stream, stream_seed
from lr_atlas.training.records import Metrics
from lr_atlas.training.schedule import Schedules, budget_of
from lr_atlas.training.step_factors import StepFactors
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.compiled import CompiledSteps, can_compile
from lr_atlas.training.tensor_files import from_bytes, to_bytes
from lr_atlas.training.transform import normalises

#: Images after which training can be left: some milliseconds of work.
_PIECE = 2_000

#: So many of the steps before a loss explodes are measured, as far as one piece or two have them.
_LAST_STEPS = 20

#: A run has diverged when the training loss after an epoch is more than this many times the loss of
#: its first step. Not decided within an epoch: with too large a learning rate adaptive optimizers
#: can begin with losses of thousands of times the start and still come to learn something.
_DIVERGED_FACTOR = 10.0

#: The name of the random numbers' state beside that of the optimizer.
_RANDOM = "random numbers"


class Trainer:
    """The network, the optimizer and the steps of one run, and how far it has come."""

    def __init__(self, configuration: dict, training_set: ImageSet, form: Form) -> None:
        """Begin a run. configuration: complete. form: of the data set."""
        is_standardised = training_set.stored.is_floating_point() or normalises(configuration)
        of_weights = seed_of(configuration, INITIALISATION)
        network = build_network(configuration["model"], form, of_weights, is_standardised)
        if ROUNDING in configuration:
            move_last_bits(network, configuration[ROUNDING])
        self.network = network.to(training_set.labels.device)
        self.steps: CompiledSteps | AutogradSteps
        is_plain = training_set.are_classes and not configuration.get("transforms")
        if is_plain and can_compile(self.network, configuration):
            self.steps = CompiledSteps(self.network, configuration, training_set)
        else:
            self.steps = AutogradSteps(self.network, configuration, training_set, form)
        self.form = form
        self.loss = configuration["loss"]
        self.metrics = recorded_metrics(configuration, form.task)
        self.functions = metric_functions(self.metrics)
        self.observer = Observer(self.network, configuration)
        self.progress = Progress(dynamics=self.observer.begun())
        self.training_set = training_set
        self.seed = seed_of(configuration, ORDER)
        self.batch_size = configuration["batch_size"]
        self.accumulate = configuration.get("accumulate", USUAL["accumulate"])
        self.average = configuration.get("average", USUAL["average"])
        self.steps_per_epoch = steps_of(len(training_set), self.batch_size, self.accumulate)
        self.schedules = Schedules(configuration, self.steps_per_epoch)
        self.total_steps = budget_of(configuration, self.steps_per_epoch).total
        # A piece is made of whole steps, so that no half of one is part of a state.
        together = self.batch_size * self.accumulate
        self.piece = max(1, _PIECE // together) * together
        if training_set.labels.is_cuda:
            # A GPU has the whole epoch to do before its results are asked for.
            self.piece = len(training_set)
        self.course = Course.of(configuration, len(training_set))
        self.by_steps = is_by_steps(configuration)
        self.order = 0, torch.empty(0, dtype=torch.int64)  # (epoch, the order of its images)

    def state(self) -> tuple[dict, bytes, bytes]:
        """(progress as plain values, weights as in model.pt, the optimizer's state).

        The weights are those that are evaluated, after an evaluation, where these are others than
        those of training. Then those of training, and the average, are part of the optimizer's
        state.
        """
        state, average = self.steps.optimizer_state(), self.steps.average
        if average is not None:
            state = {"optimizer": state, "average": average.state()}
        if self.progress.images % self.piece:
            # In the middle of a piece its random numbers are half drawn.
            state = {**state, _RANDOM: self.steps.random.state()}
        rest = to_bytes(state)
        within = self.progress.evaluated != self.progress.step
        with contextlib.nullcontext() if within else self.steps.evaluated():
            return self.progress.as_dict(), weights_bytes(self.network), rest

    def restore(self, progress: dict, weights: bytes, rest: bytes) -> None:
        """Go back to what `state` gave.

        Raises whatever torch raises for bytes that are no such state; the trainer is then of no
        more use.
        """
        state = from_bytes(rest)
        self.steps.random.restore(state.pop(_RANDOM, {}))
        if self.steps.average is None:
            load_weights(self.network, weights)
        else:
            self.steps.average.restore(state["average"])
            state = state["optimizer"]
        self.steps.restore_optimizer(state)
        # In place: `train` and its callers hold on to it.
        vars(self.progress).update(vars(Progress.from_dict(progress)))

    def train_until(self, step: int, after_piece: Callable[[], None]) -> None:
        """Train up to a step, from where `progress` says.

        Raises DivergedError with the step at which the loss first was not finite.
        """
        while self.progress.step < step:
            started = time.perf_counter()
            self._train_piece(step)
            self.progress.seconds += time.perf_counter() - started
            after_piece()

    def _train_piece(self, last: int) -> None:
        """Train to the end of a piece of an epoch, or to a step in its midst."""
        progress, count = self.progress, len(self.training_set)
        epoch, start = progress.epoch, progress.images // self.piece * self.piece
        size = min(self.piece, count - start)
        together = self.batch_size * self.accumulate
        first = (progress.images - start) // together
        after = min(math.ceil(size / together), first + last - progress.step)
        begin, until = first * self.accumulate, after * self.accumulate
        watch = self.observer.watch(is_last=progress.step + after - first == last)
        losses, correct, measured = self._take_steps(start, begin, until, watch)
        if progress.first_loss is None:
            progress.first_loss = losses[0]
        if epoch == 1:
            progress.first_epoch.add(losses, math.ceil(count / self.batch_size))
        clipped = self.steps.taken_clipped()
        progress.dynamics.add_losses(
            losses,
            measured,
            (progress.first_loss, _DIVERGED_FACTOR * progress.first_loss),
            clipped * self.accumulate if self.observer.clips else None,
        )
        progress.dynamics.add_steps(STEP, measured if self.observer.every_step else [])
        check_steps(losses, epoch, progress.images // self.batch_size, self.accumulate)
        images = min(until * self.batch_size, size) - begin * self.batch_size
        # A sum that goes by steps is the same wherever a run is evaluated and left.
        for part in [[loss] for loss in losses] if self.by_steps else [losses]:
            trained = min(len(part) * self.batch_size, images)
            last_batch = trained - self.batch_size * (len(part) - 1)
            progress.loss_sum += sum(part[:-1]) * self.batch_size + part[-1] * last_batch
            progress.seen, images = progress.seen + trained, images - trained
            progress.images += trained
        progress.correct += correct
        progress.step += after - first
        if progress.images == count:
            progress.epochs, progress.images = epoch, 0

    def _take_steps(
        self, start: int, begin: int, until: int | None, watch: Watch | None
    ) -> tuple[list[float], int, list[list[str]]]:
        """Take steps of a piece of the epoch; returns (losses, right answers, measured steps).

        start: images of the epoch before the piece. begin, until: its batches, as for the steps.
        """
        epoch = self.progress.epoch
        indices = self._order_of(epoch)[start : start + self.piece]
        # Each piece has a seed of its own, so that going on in mid-epoch takes no state.
        seed = stream_seed(self.seed, "dropout", epoch, start)
        factors = self.factors(epoch, start, indices)
        losses, correct = self.steps.train(
            indices, seed, factors, begin=begin, until=until, watch=watch
        )
        if watch is None:
            return losses, correct, []
        of_epoch = math.ceil(len(self.training_set) / self.batch_size)
        before = (epoch - 1) * of_epoch + start // self.batch_size + begin
        return losses, correct, self.observer.measured(watch, epoch, before, losses)

    def _order_of(self, epoch: int) -> torch.Tensor:
        """Return the order of the training images in an epoch, int64 [n]."""
        if self.order[0] != epoch:
            order = torch.randperm(
                len(self.training_set), generator=stream(self.seed, "order", epoch)
            )
            self.order = epoch, order.to(self.training_set.labels.device)
        return self.order[1]

    def running(self) -> Metrics:
        """Return the metrics since the last evaluation, averaged while the weights changed."""
        progress = self.progress
        running = {"loss": progress.loss_sum / progress.seen}
        if self.training_set.are_classes:
            running["accuracy"] = progress.correct / progress.seen
        return running

    def end_dynamics(self, goes_on: bool = False) -> None:
        """Record the dynamics of an evaluation, after the step before it.

        goes_on: whether a longer run has no evaluation here, and counts on.
        """
        dynamics = self.progress.dynamics
        found: tuple[float | None, ...] = (None, None, None)
        if self.observer.with_sharpness:
            loss = build_loss(self.loss, self.training_set, self.form)
            last_step = dynamics.rate, self.steps.optimizer_state()
            found = self.observer.sharpness(
                self.steps.batch, loss, len(self.training_set), last_step
            )
        dynamics.end_evaluation(found, goes_on)

    def piece_of(self, step: int) -> tuple[int, int]:
        """Return (epoch, images of it before the piece) of a batch, from 1, of the run."""
        steps = math.ceil(len(self.training_set) / self.batch_size)
        epoch, place = divmod(step - 1, steps)
        return epoch + 1, place * self.batch_size // self.piece * self.piece

    def last_steps(self, step: int) -> list[list[str]]:
        """Return the measured steps up to one, at which a loss exploded, by training up to there.

        step: from 1, of the run. The trainer is at most at the piece of the step before that. Its
        state is of no use afterwards.
        """
        # As in `train`, or the digits are others.
        torch.set_flush_denormal(True)
        try:
            return self._last_steps(step)
        finally:
            torch.set_flush_denormal(False)

    def _last_steps(self, step: int) -> list[list[str]]:
        progress, count = self.progress, len(self.training_set)
        found, first, last = [], self.piece_of(max(1, step - 1)), self.piece_of(step)
        start = progress.images // self.piece * self.piece
        while (progress.epoch, start) <= last:
            watch = self.observer.watch_all() if (progress.epoch, start) >= first else None
            begin = (progress.images - start) // self.batch_size
            *_, measured = self._take_steps(start, begin, None, watch)
            found += measured
            progress.images = min(start + self.piece, count)
            if progress.images == count:
                progress.epochs, progress.images = progress.epoch, 0
            start = progress.images
        return [each for each in found if int(each[1]) <= step][-_LAST_STEPS:]

    def measure(self, examples: ImageSet) -> tuple[Metrics, Evaluation]:
        """Return the metrics of the network on examples, and their Evaluation."""
        found = self.steps.evaluate(examples, with_outputs=bool(self.functions))
        values = {"loss": found.loss}
        if examples.are_classes:
            values["accuracy"] = found.correct / len(examples)
        for name, compute in self.functions.items():
            assert found.outputs is not None
            # The loss alone says that a run has diverged.
            is_sound = math.isfinite(found.loss)
            values[name] = compute(found.outputs, examples.labels) if is_sound else math.nan
        return values, found

    def chances(self, examples: ImageSet) -> dict[str, float]:
        """Return each metric of the run for the best answer that ignores the inputs."""
        loss = build_loss(self.loss, self.training_set, self.form)
        functions = self.functions | {"loss": lambda outputs, labels: float(loss(outputs, labels))}
        names = [*map(short_name, self.metrics), "loss"]
        return {name: chance(name, functions, examples, self.form.outputs) for name in names}

    def ending(self) -> Ending:
        """Return how a run ended that went to its end."""
        progress = self.progress
        if self.training_set.are_classes:
            return Ending(*ending(progress.records, progress.only_one_class, self.training_set))
        guess = self.training_set.labels.double().var(dim=0, correction=0).mean().sqrt()
        name, reason = "collapsed", "it never did better than the mean of the targets"
        better = any(record.train.get("rmse", 0.0) < float(guess) for record in progress.records)
        return Ending("finished") if better else Ending(name, reason)

    def factors(self, epoch: int, start: int, indices: torch.Tensor) -> StepFactors:
        """Return the factors for the steps of a piece.

        start: the images of the epoch before the piece. indices: of its images, int64 [n].
        """
        first = (epoch - 1) * self.steps_per_epoch + start // (self.batch_size * self.accumulate)
        count = steps_of(len(indices), self.batch_size, self.accumulate)
        factors = self.schedules.factors(first, count)
        of_epoch, total = self.steps_per_epoch, self.total_steps
        shares = average_shares(self.average, first, count, of_epoch, total)
        return factors._replace(average=shares) if shares else factors

    def check_evaluation(
        self, step: int, end: int, train_loss: float, validation_loss: float
    ) -> None:
        """Raise DivergedError if the losses after a step show it.

        How high they are counts at the end of the run and after each epoch alone, so that a run
        that is evaluated more often ends no sooner.
        """
        place = self.course.place(step)
        words = "the loss after the evaluation" if self.by_steps else "the loss after the epoch"
        for loss in (train_loss, validation_loss):
            if not math.isfinite(loss):
                raise DivergedError(*place, f"{words} is {loss}")
        first = self.progress.first_loss
        assert first is not None
        counts = step == end or self.course.ends_an_epoch(self.progress.evaluated, step)
        if counts and train_loss > _DIVERGED_FACTOR * first:
            raise DivergedError(*place, f"{words} is {train_loss:.4g}, it began at {first:.4g}")
