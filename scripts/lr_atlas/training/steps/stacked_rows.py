"""Steps of many runs at once, each with its own images, numbers, dropout and end.

Runs whose configurations differ in seeds, schedules and numbers of the optimizer alone have
networks of one shape, and a row each in a stack. A row that no run trains is computed along, so
that the products are always of one size, and nothing looks at it.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import input_shape
from lr_atlas.training.steps.stacked_graphs import RecordedSteps
from lr_atlas.training.steps.stacked_losses import stacked_losses
from lr_atlas.training.steps.stacked_network import StackedNetwork
from lr_atlas.training.steps.stacked_optimizers import OPTIMIZERS
from lr_atlas.training.transforms.scale import scale


@dataclass(frozen=True)
class Asked:
    """Hold the steps that a run asks for.

    Attributes:
        row: The row of the run.
        indices: The training images of its batches in their order, int64 [n].
        numbers: The numbers of its optimizer, float64 [numbers, steps].
        random: Draws its masks of dropout.
        measured: The steps, from 0, that are measured.
        before_update: Called in a measured step between the gradients and the update.
        after_update: Called with a measured step after its update.
    """

    row: int
    indices: torch.Tensor
    numbers: np.ndarray
    random: torch.Generator
    measured: Collection[int]
    before_update: Callable[[], None]
    after_update: Callable[[int], None]


class Stack:
    """The weights of many runs, and the state of their optimizers, a row for each."""

    def __init__(
        self,
        network: nn.Module,
        configuration: dict,
        training_set: ImageSet,
        form: Form,
        width: int,
    ) -> None:
        """Make room for so many runs. network, configuration: of one of them."""
        self.width = width
        self.training_set = training_set
        self.batch_size = configuration["batch_size"]
        self.shape = input_shape(configuration["model"], form)
        self.scaling = scale(configuration["pixels"])
        self.losses = stacked_losses(configuration["loss"], training_set, form)
        self.network = StackedNetwork(network, self.shape, width)
        self.optimizer = OPTIMIZERS[configuration["optimizer"]["name"]]
        self.arguments: dict[str, Any] = {}
        self.state: dict[str, torch.Tensor] = {}
        #: Rows of runs that are not at their end.
        self.live: set[int] = set()
        device = training_set.labels.device
        self.step = RecordedSteps(self._step) if device.type == "cuda" else self._step

    def prepare(self, arguments: dict) -> None:
        """Make room for the state of the optimizer; arguments: of one of the runs."""
        if not self.arguments:
            self.arguments = arguments
            weights = self.network.weights
            names = self.optimizer.state(arguments)
            self.state = {name: torch.zeros_like(weights) for name in names}

    def train(self, asked: Sequence[Asked]) -> dict[int, tuple[list[float], int]]:
        """Take all steps that runs ask for.

        Returns by row the losses of the batches, and how many answers were right. They stay on the
        device until the end.
        """
        by_row = {each.row: each for each in asked}
        images = self._table([(each.row, each.indices) for each in asked])
        numbers = self._numbers(asked)
        losses, right, taken = [], [], []
        for step in range(numbers.shape[0]):
            start = step * self.batch_size
            for size, rows in self._sizes(asked, start).items():
                indices = images[:, start : start + size].contiguous()
                measured = [each for each in asked if each.row in rows and step in each.measured]
                with self._untouched(self.live - rows):
                    masks = self._masks(by_row, rows, size)
                    found = self._take(indices, numbers[step], masks, measured)
                for each in measured:
                    each.after_update(step)
                losses.append(found[0])
                right.append(found[1])
                taken.append(rows)
        tables = torch.stack(losses).tolist(), torch.stack(right).tolist()
        own = {
            row: [
                [v[row] for v, rows in zip(each, taken, strict=True) if row in rows]
                for each in tables
            ]
            for row in by_row
        }
        return {row: (found, sum(counts)) for row, (found, counts) in own.items()}

    def _take(
        self,
        indices: torch.Tensor,
        numbers: torch.Tensor,
        masks: Sequence[torch.Tensor],
        measured: Sequence[Asked],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take a step; returns (losses [runs], right answers [runs])."""
        if not measured:
            losses, right = self.step(indices, numbers, *masks)
            return losses, right
        found = self._gradients(indices, masks)
        for each in measured:
            each.before_update()
        self._update(numbers)
        return found

    def _step(
        self, indices: torch.Tensor, numbers: torch.Tensor, *masks: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        found = self._gradients(indices, masks)
        self._update(numbers)
        return found

    def _gradients(
        self, indices: torch.Tensor, masks: Sequence[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (losses [runs], right answers [runs]) of images int64 [runs, n]."""
        labels = self.training_set.labels[indices]
        inputs = self._inputs(self.training_set, indices.flatten())
        inputs = inputs.view(*indices.shape, *self.shape)
        outputs = self._shaped(self.network.outputs(inputs, masks, training=True), labels)
        losses = self.losses(outputs, labels)
        self.network.take_gradients(losses)
        return losses.detach(), self._right(outputs.detach(), labels)

    @torch.no_grad()
    def _update(self, numbers: torch.Tensor) -> None:
        network = self.network
        self.optimizer.update(
            *(network.weights, network.gradients, self.state, numbers.unbind(), self.arguments)
        )

    @torch.no_grad()
    def evaluate(
        self, image_set: ImageSet, rows: Sequence[int], at_a_time: int, with_outputs: Sequence[int]
    ) -> dict[int, Evaluation]:
        """Return by row the Evaluation of runs on examples; with_outputs: of those with outputs."""
        device = image_set.labels.device
        total = torch.zeros(self.width, dtype=torch.float64, device=device)
        right: torch.Tensor = torch.zeros(self.width, dtype=torch.int64, device=device)
        answered, kept = torch.zeros(self.width, 0, dtype=torch.int64), []
        for indices in torch.arange(len(image_set), device=device).split(at_a_time):
            one = image_set.labels[indices]
            labels = one.expand(self.width, *one.shape)
            inputs = self._inputs(image_set, indices).view(-1, *self.shape)
            outputs = self._shaped(self.network.outputs(inputs, (), training=False), labels)
            total += self.losses(outputs, labels).double() * len(indices)
            if image_set.are_classes:
                right += self._right(outputs, labels)
                counts = _answers(outputs)
                answered = counts + answered if answered.numel() else counts
            if with_outputs:
                kept.append(outputs[list(with_outputs)])
        wanted = dict(zip(with_outputs, torch.cat(kept, 1) if kept else (), strict=True))
        means, counts_right = (total / len(image_set)).tolist(), right.tolist()
        return {
            row: Evaluation(means[row], answered[row], counts_right[row], wanted.get(row))
            for row in rows
        }

    def _inputs(self, image_set: ImageSet, indices: torch.Tensor) -> torch.Tensor:
        """Return inputs as networks are given them, float32, of examples int64 [n]."""
        stored = image_set.stored
        raw = stored.index_select(0, image_set.stored_rows(indices))
        if stored.is_floating_point():
            return raw.to(self.network.weights.dtype)
        factor, summand = self.scaling
        return raw.to(self.network.weights.dtype).mul_(factor).add_(summand)

    def _shaped(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return outputs.view(labels.shape) if labels.is_floating_point() else outputs

    def _right(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return how many answers of each run are right, int64 [runs]; 0 where none can be."""
        if labels.is_floating_point():
            return torch.zeros(self.width, dtype=torch.int64, device=labels.device)
        return (outputs.argmax(2) == labels).sum(1)

    def _table(self, given: Sequence[tuple[int, torch.Tensor]]) -> torch.Tensor:
        """Return images of all rows, int64 [runs, the most images]; others are the first one."""
        most = max(len(indices) for _, indices in given)
        table = torch.zeros(self.width, most, dtype=torch.int64, device=given[0][1].device)
        for row, indices in given:
            table[row, : len(indices)] = indices
        return table

    def _numbers(self, asked: Sequence[Asked]) -> torch.Tensor:
        """Return the numbers of the steps of all rows, float32 [steps, numbers, runs, 1]."""
        count = asked[0].numbers.shape[0]
        table = np.zeros((max(each.numbers.shape[1] for each in asked), count, self.width, 1))
        for each in asked:
            table[: each.numbers.shape[1], :, each.row, 0] = each.numbers.T
        return torch.from_numpy(table).float().to(asked[0].indices.device)

    def _sizes(self, asked: Sequence[Asked], start: int) -> dict[int, set[int]]:
        """Return by its size the rows that have a batch after so many images."""
        lengths = {len(each.indices) for each in asked}
        if len(lengths) == 1:  # as nearly always
            return {min(self.batch_size, lengths.pop() - start): {each.row for each in asked}}
        found: dict[int, set[int]] = {}
        for each in asked:
            size = min(self.batch_size, len(each.indices) - start)
            if size > 0:
                found.setdefault(size, set()).add(each.row)
        return found

    def _masks(self, by_row: dict[int, Asked], rows: set[int], size: int) -> list[torch.Tensor]:
        """Return the masks of dropout of a batch, each run's drawn by itself."""
        device = self.network.weights.device
        masks = []
        for drop in self.network.drops:
            mask = torch.ones(self.width, size, *drop.shape, dtype=torch.bool, device=device)
            for row in sorted(rows):
                mask[row].bernoulli_(1 - drop.share, generator=by_row[row].random)
            masks.append(mask)
        return masks

    @contextlib.contextmanager
    def _untouched(self, rows: set[int]) -> Iterator[None]:
        """Leave rows of runs that wait as they are, to the bit, within the block."""
        if not rows:
            yield
            return
        chosen = sorted(rows)
        held = [self.network.weights, *self.state.values(), *self.network.buffers.values()]
        kept = [each.detach()[chosen] for each in held]
        yield
        with torch.no_grad():
            for each, before in zip(held, kept, strict=True):
                each[chosen] = before


def _answers(outputs: torch.Tensor) -> torch.Tensor:
    """Return how often each run answers each class, int64 [runs, classes]."""
    runs, _, classes = outputs.shape
    shifted = outputs.argmax(2) + classes * torch.arange(runs, device=outputs.device).unsqueeze(1)
    return torch.bincount(shifted.flatten(), minlength=runs * classes).view(runs, classes)
