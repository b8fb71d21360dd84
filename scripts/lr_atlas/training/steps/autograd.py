"""Training of any network with any optimizer on any device: torch's own way, a step at a time."""

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from lr_atlas.training.accumulation import ALONE, Place, places
from lr_atlas.training.averaged_weights import Average, kept_buffers
from lr_atlas.training.clipping import Clipping
from lr_atlas.training.configuration import USUAL
from lr_atlas.training.dynamics import Watch
from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.loss import build_loss
from lr_atlas.training.memory import keep_memory, works_channels_last
from lr_atlas.training.network import flatten_parameters, input_shape, standardising_layer
from lr_atlas.training.optimizer import aligned_for
from lr_atlas.training.optimizers_of_run import OptimizersOfRun
from lr_atlas.training.random_streams import DrawnInOrder
from lr_atlas.training.same_batch import Evaluate, repeatable
from lr_atlas.training.schedule import is_scheduled
from lr_atlas.training.scheduled_values import ScheduledValues
from lr_atlas.training.sharpness_aware import at_the_worst_nearby, radius_of
from lr_atlas.training.step_factors import UNCHANGED, StepFactors
from lr_atlas.training.steps.cuda_graphs import GraphedStep, Step, can_be_recorded
from lr_atlas.training.transform import Mixed, apply_all, build_transforms
from lr_atlas.training.transforms.scale import scale

#: Examples that are evaluated at a time: small enough to stay in the processor's cache, large
#: enough that calling costs little (measured: 500 to 2,000 are equally fast).
_EVALUATED_AT_A_TIME = 2_000
#: Images that keep their shape are for convolutions and the like, whose hidden values are many: no
#: more at a time are faster, and take hundreds of MB (measured for 2c2d and resnet20).
_SHAPED_AT_A_TIME = 250
#: Larger images are fewer at a time, so that a network's hidden values stay in memory: numbers.
_MOST_VALUES = 2_000_000
#: A processor convolves so many at a time, since hidden values are many (500 take 3 % less time).
_CONVOLVED_AT_A_TIME = 200
#: Numbers that a processor is given as floats at a time, in training: they stay in its cache.
_MOST_GATHERED = 400_000
#: Draws the order of the examples by which statistics of batch normalisation are taken anew.
_SEED_OF_STATISTICS = 0


class AutogradSteps:
    """Trains and evaluates a network by automatic differentiation."""

    name = "autograd"

    def __init__(
        self, network: nn.Module, configuration: dict, training_set: ImageSet, form: Form
    ) -> None:
        self.network = network
        self.training_set = training_set
        self.shape = input_shape(configuration["model"], form)
        self.shape_of_images = form.with_channels
        self.transforms = build_transforms(configuration, training_set.stored)
        self.batch_size = configuration["batch_size"]
        self.loss = build_loss(configuration["loss"], training_set, form)
        self.scaling = scale(configuration["pixels"])
        self.raw = self.scaled = torch.empty(0)
        on_processor = training_set.stored.device.type == "cpu"
        # A GPU has a whole piece to do before its results are asked for.
        self.gathered_at_a_time = len(training_set)
        if on_processor:
            keep_memory()
            batches = max(1, _MOST_GATHERED // (form.values * self.batch_size))
            self.gathered_at_a_time = batches * self.batch_size
        self.channels_last = on_processor and works_channels_last(network, self.shape)
        at_most = _EVALUATED_AT_A_TIME if len(self.shape) == 1 else _SHAPED_AT_A_TIME
        at_most = _CONVOLVED_AT_A_TIME if self.channels_last else at_most
        self.evaluated_at_a_time = max(1, min(at_most, _MOST_VALUES // form.values))
        standardise = standardising_layer(network)
        if standardise:
            standardise.measure(inputs for inputs, _ in self._pieces(training_set))
        flat = flatten_parameters(network, aligned_for(configuration["optimizer"]))
        assert flat.grad is not None
        self.gradient = flat.grad  # those of all parameters are parts of it
        self.optimizer = OptimizersOfRun(configuration["optimizer"], network, flat)
        self.values = ScheduledValues(self.optimizer)
        given = {key: configuration.get(key, usual) for key, usual in USUAL.items()}
        self.radius = radius_of(given["sharpness_aware"])
        self.accumulate = given["accumulate"]
        self.clipping = Clipping(given["clip"], flat)
        self.average = None
        if given["average"] != USUAL["average"]:
            self.average = Average(network, flat)
        self.looks_again = self.optimizer.has_closure or self.radius > 0
        self.random = DrawnInOrder(flat.device, with_others=not self.optimizer.is_of_torch)
        if self.looks_again and self.accumulate > 1:
            raise ValueError("a step of several batches (accumulate) is evaluated once alone")
        self.step: Step = self._step
        # A recorded step keeps the values that it was recorded with, and is one batch as it is.
        is_plain = not is_scheduled(configuration) and not self.looks_again
        is_plain &= self.accumulate == 1 and not self.clipping.is_needed
        if flat.is_cuda and is_plain and all(map(can_be_recorded, self.optimizer.members)):
            self.step = GraphedStep(self._step, self.batch_size)

    def train(
        self,
        indices: torch.Tensor,
        seed: int,
        factors: StepFactors = UNCHANGED,
        *,
        begin: int = 0,
        until: int | None = None,
        watch: Watch | None = None,
    ) -> tuple[list[float], int]:
        """Train on the batches of the training images at `indices`, int64 [n], in this order.

        seed: of the random numbers of dropout and of transforms. factors: of the steps. begin,
        until: of its batches those from one on up to another, all by default; a call that does not
        begin with the first goes on where the last one, or `random.restore`, has left the random
        numbers. watch: measures steps, each with the number of its last batch, from `begin` on.
        Returns the losses of the batches and how many answers were right. Both stay on the device
        until the end.
        """
        if begin:
            self.random.go_on()
        else:
            self.random.begin(seed)
        self.network.train()
        losses, outputs = [], []
        in_steps = places(len(indices), self.batch_size, self.accumulate)
        end = len(in_steps) if until is None else min(until, len(in_steps))
        for number, (images, labels) in self._batches(indices, begin, until):
            place = in_steps[number]
            step = place.step
            is_watched = watch is not None and place.ends and watch.wants(number, end)
            eyes = watch if is_watched else None
            self.values.set(factors, step)
            mixtures: list[Mixed] = []
            if self.transforms:
                whole = images.reshape(-1, *self.shape_of_images)
                whole, mixtures = apply_all(self.transforms, whole, labels, self.random.transforms)
                images = whole.reshape(-1, *self.shape)
                if self.channels_last:
                    images = images.contiguous(memory_format=torch.channels_last)
            if self.accumulate > 1:
                loss, answers = self._part_of_step(images, labels, mixtures, place, eyes)
            elif mixtures or eyes:
                loss, answers = self._step(images, labels, mixtures, eyes)
            else:
                loss, answers = self.step(images, labels)
            if eyes:
                eyes.after_update(number - begin, self.effective_lr())
            if self.average and factors.average and place.ends:
                self.average.move(factors.average[step])
            losses.append(loss)
            outputs.append(answers)
        self.random.pause()
        correct = 0
        if self.training_set.are_classes:
            first = begin * self.batch_size
            trained = indices[first : first + len(outputs) * self.batch_size]
            labels = self.training_set.labels[trained]
            correct = int((torch.cat(outputs).argmax(1) == labels).sum())
        return torch.stack(losses).tolist(), correct

    def _step(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        mixtures: Sequence[Mixed] = (),
        watch: Watch | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        def evaluate() -> tuple[torch.Tensor, torch.Tensor]:
            found = self.gradients(images, labels, mixtures)
            if watch:
                watch.before_update()
            return found

        return self.optimizer.step(self._clipped(self._looking_again(evaluate)))

    def _clipped(self, evaluate: Evaluate) -> Evaluate:
        """Return an evaluation that leaves clipped gradients."""
        if not self.clipping.is_needed:
            return evaluate

        def clipped() -> tuple[torch.Tensor, torch.Tensor]:
            found = evaluate()
            self.clipping.clip()
            return found

        return clipped

    def _looking_again(self, evaluate: Evaluate) -> Evaluate:
        """Return an evaluation of the batch of a step as the run's methods need it."""
        if not self.looks_again:
            return evaluate
        again = repeatable(evaluate, self.network)
        if not self.radius:
            return again
        return at_the_worst_nearby(again, self.optimizer.parameters, self.radius)

    def _part_of_step(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        mixtures: Sequence[Mixed],
        place: Place,
        watch: Watch | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Do the part of a batch in a step of several batches."""
        found = self.gradients(images, labels, mixtures, place)
        if watch:
            watch.before_update()
        if place.ends:
            self.optimizer.step(self._clipped(lambda: found))
        return found

    def gradients(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        mixtures: Sequence[Mixed] = (),
        place: Place = ALONE,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(loss [], outputs [n, …]) of inputs float [n, …] and labels; leaves the gradients.

        mixtures: of the inputs with others, in the order in which they were made. place: of the
        batch in its step, of whose gradient it adds its share to those of the batches before it.
        """
        if place.begins:
            self.optimizer.attach_gradients()
            self.gradient.zero_()
        outputs = self._outputs(images, labels)
        loss = self.loss(outputs, labels)
        for mixed in mixtures:
            loss = mixed.share * loss + (1 - mixed.share) * self.loss(outputs, mixed.labels)
        (loss if place.share == 1 else place.share * loss).backward()
        return loss.detach(), outputs.detach()

    def _outputs(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return what the network answers: logits [n, classes], or numbers of the labels' shape."""
        outputs: torch.Tensor = self.network(images)
        return outputs.view(labels.shape) if labels.is_floating_point() else outputs

    def taken_clipped(self) -> int:
        """Return how many steps had their gradient clipped since the last call."""
        return self.clipping.taken_count()

    @contextlib.contextmanager
    def evaluated(self) -> Iterator[None]:
        """Have the network hold the weights that are evaluated, within the block.

        Where these are others than those of training, they have statistics of batch normalisation
        of their own, as `update_bn` of torch takes them: in a pass over the training examples,
        where the network has such layers.
        """
        average = self.average if self.average and self.average.has_begun else None
        if average is None and not self.optimizer.has_modes:
            yield
            return
        others = average.in_place() if average else self.optimizer.evaluated()
        with kept_buffers(self.network), others:
            torch.manual_seed(_SEED_OF_STATISTICS)  # of dropout, in that pass
            order = torch.randperm(len(self.training_set)).to(self.training_set.labels.device)
            with torch.no_grad():
                update_bn((images for _, (images, _) in self._batches(order)), self.network)
            yield

    @torch.no_grad()
    def evaluate(self, image_set: ImageSet, with_outputs: bool = False) -> Evaluation:
        """Return the Evaluation of the network on examples, with its outputs if they are wanted."""
        self.network.eval()
        total: float | torch.Tensor = 0.0
        correct: int | torch.Tensor = 0
        answered = torch.zeros(0, dtype=torch.int64)
        kept = []
        for images, labels in self._pieces(image_set):
            outputs = self._outputs(images, labels)
            total += self.loss(outputs, labels).double() * len(labels)
            if image_set.are_classes:
                answers = outputs.argmax(1)
                correct += (answers == labels).sum()
                counts = torch.bincount(answers, minlength=outputs.shape[1])
                answered = counts + answered if len(answered) else counts
            if with_outputs:
                kept.append(outputs)
        return Evaluation(
            float(total) / len(image_set),
            answered,
            int(correct),
            torch.cat(kept) if kept else None,
        )

    def batch(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (inputs as the network is given them, labels) of training examples.

        The next call of anything else here overwrites the inputs.
        """
        return self._gather(self.training_set, indices)

    def optimizer_state(self) -> dict:
        """Return the state from which torch's optimizer goes on."""
        return self.optimizer.state()

    def restore_optimizer(self, state: dict) -> None:
        """Go back to what `optimizer_state` gave."""
        self.optimizer.restore(state)

    def effective_lr(self) -> float:
        """Return the learning rate of the last step, with the factor that its method found."""
        return self.optimizer.effective_lr()

    def _batches(
        self, indices: torch.Tensor, begin: int = 0, until: int | None = None
    ) -> Iterator[tuple[int, tuple[torch.Tensor, torch.Tensor]]]:
        """Yield (its number, (inputs, labels)) of batches of the training examples at the indices.

        All are gathered as for a whole call, so that each batch lies at the same place in memory,
        by which products may round.
        """
        size, number = self.batch_size, 0
        for gathered in indices.split(self.gathered_at_a_time):
            after = number + -(-len(gathered) // size)
            if begin < after and (until is None or number < until):
                images, labels = self._gather(self.training_set, gathered)
                batches = zip(images.split(size), labels.split(size), strict=True)
                for place, batch in enumerate(batches, number):
                    if begin <= place and (until is None or place < until):
                        yield place, batch
            number = after

    def _pieces(self, image_set: ImageSet) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield what `_gather` gives of all examples, some at a time."""
        all_indices = torch.arange(len(image_set), device=image_set.labels.device)
        for indices in all_indices.split(self.evaluated_at_a_time):
            yield self._gather(image_set, indices)

    def _gather(
        self, image_set: ImageSet, indices: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (inputs as the network is given them, labels); the buffer is used again."""
        stored = image_set.stored
        if len(self.raw) < len(indices):
            dtype = next(self.network.parameters()).dtype
            self.raw = stored.new_empty((len(indices), *stored.shape[1:]))
            shape = (len(indices), *self.shape)
            if self.channels_last:
                count, channels, rows, columns = shape
                self.scaled = stored.new_empty((count, rows, columns, channels), dtype=dtype)
                self.scaled = self.scaled.permute(0, 3, 1, 2)
            else:
                self.scaled = stored.new_empty(shape, dtype=dtype)
        raw, scaled = self.raw[: len(indices)], self.scaled[: len(indices)]
        torch.index_select(stored, 0, image_set.stored_rows(indices), out=raw)
        scaled.copy_(raw.view(scaled.shape))
        if not stored.is_floating_point():
            factor, summand = self.scaling
            scaled.mul_(factor).add_(summand)
        return scaled, image_set.labels[indices]
