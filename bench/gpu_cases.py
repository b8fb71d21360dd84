"""The networks and made-up images that `bench/gpu.py` trains, alone and as one."""

import functools
import itertools
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from lr_atlas.runs.precision import begun_trainer, use_precision
from lr_atlas.runs.stack_size import bytes_of_row
from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet, image_set
from lr_atlas.training.loop import train
from lr_atlas.training.steps.precisions import FLOAT32, PRECISION
from lr_atlas.training.steps.stacked import member
from lr_atlas.training.steps.stacked_rows import Stack
from lr_atlas.training.steps.stacked_turns import Together
from lr_atlas.training.trainer import Trainer


class Case(NamedTuple):
    """A network, its images and the size of its batches."""

    name: str
    model: dict
    shape: tuple[int, ...]
    images: int
    batch_size: int

    @property
    def form(self) -> Form:
        """Return the form of the images."""
        return Form(self.shape, 10)

    def configuration(self, seed: int) -> dict:
        """Return the complete configuration of a run; each seed has a learning rate of its own."""
        return complete_configuration(
            {
                "dataset": "made up",
                "seed": seed,
                "batch_size": self.batch_size,
                "model": self.model,
                "optimizer": {"name": "sgd", "lr": 0.001 * (1 + seed % 8), "momentum": 0.9},
            }
        )

    def trainer(self, seed: int, data: ImageSet) -> Trainer:
        """Return the trainer of a run that is alone."""
        return Trainer(self.configuration(seed), data, self.form)


CASES = [
    Case("784-128-64-10", {"hidden": [128, 64]}, (28, 28), 60_000, 100),
    Case("cnn 16, 32", {"name": "cnn", "channels": [16, 32]}, (1, 28, 28), 60_000, 100),
    Case("2c2d", {"name": "2c2d"}, (1, 28, 28), 60_000, 100),
    Case("resnet20", {"name": "resnet20"}, (3, 32, 32), 50_000, 128),
]


def small(case: Case, images: int) -> Case:
    """Return the same with fewer images."""
    return case._replace(images=images, batch_size=min(case.batch_size, images // 4))


@functools.cache
def made_up(shape: tuple[int, ...], count: int, device: str) -> ImageSet:
    """Return images that can be learnt, on a device."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, count, dtype=np.uint8)
    centres = generator.integers(0, 256, (10, *shape), np.uint8)
    noise = generator.integers(0, 128, (count, *shape), np.uint8)
    images = centres[labels] // 2 + noise
    return image_set(images.reshape(count, -1) if len(shape) == 2 else images, labels, device)


def data_of(case: Case, device: str) -> ImageSet:
    """Return the training images of a case."""
    return made_up(case.shape, case.images, device)


def held_out_of(case: Case, device: str) -> ImageSet:
    """Return the images that its runs are validated on, a sixth as many."""
    return made_up(case.shape, max(10, case.images // 6), device)


class Trained(NamedTuple):
    """Hold runs that were trained."""

    weights: list[bytes]  # model.pt of each
    losses: list[float]  # of the training images at the end
    epochs: list[float]  # seconds of each, with its evaluation, of all runs together
    training: list[float]  # seconds of each without evaluations
    row: int  # bytes that a row of a stack is guessed to take; 0 of a run alone


def alone(case: Case, seed: int, epochs: int, device: str, precision: str = FLOAT32) -> Trained:
    """Train a run alone."""
    given = {**case.configuration(seed), PRECISION: precision}
    use_precision(given, torch.device(device))
    trainer = begun_trainer(given, data_of(case, device), case.form)
    try:
        return _trained([trainer], None, case, epochs, device)
    finally:
        use_precision({}, torch.device(device))


def stacked(case: Case, seeds: Sequence[int], width: int, epochs: int, device: str) -> Trained:
    """Train runs as rows of a stack; rows that none has stay empty."""
    data = data_of(case, device)
    first = case.trainer(seeds[0], data)
    stack = Stack(first.network, case.configuration(seeds[0]), data, case.form, width)
    together = Together(stack)
    trainers = [
        member(functools.partial(case.trainer, seed, data), case.configuration(seed), together, row)
        for row, seed in enumerate(seeds)
    ]
    return _trained(trainers, together, case, epochs, device)


def _trained(
    trainers: Sequence[Trainer],
    together: Together | None,
    case: Case,
    epochs: int,
    device: str,
) -> Trained:
    held_out, ends, weights = held_out_of(case, device), [time.perf_counter()], {}

    def work(row: int) -> None:
        trainer = trainers[row]

        def note() -> None:
            if not row and len(trainer.progress.records) == len(ends):
                ends.append(time.perf_counter())

        train(trainer, held_out, epochs, note)
        weights[row] = trainer.state()[1]

    works = [functools.partial(work, row) for row in range(len(trainers))]
    for error in together.run(works) if together else [works[0]()]:
        if error:
            raise error
    records = trainers[0].progress.records
    return Trained(
        [weights[row] for row in range(len(trainers))],
        [each.progress.records[-1].train["loss"] for each in trainers],
        [after - before for before, after in itertools.pairwise(ends)],
        [each.train_seconds for each in records],
        bytes_of_row(trainers[0].steps) if together else 0,
    )


def plain_loop(case: Case, epochs: int, device: str) -> list[float]:
    """Return the seconds of each epoch of a loop of torch's own, tuned by hand.

    Images stay on the device; on a GPU they are laid channels last, and a step is one graph.
    """
    data = data_of(case, device)
    network = case.trainer(0, data).network
    is_cuda, images = device == "cuda", len(case.shape) == 3
    if is_cuda and images:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    chosen = torch.arange(case.batch_size, device=device)

    def step() -> torch.Tensor:
        inputs = data.images[chosen].float() / 255
        if is_cuda and images:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(network(inputs), data.labels[chosen])
        loss.backward()
        optimizer.step()
        return loss

    run = _as_graph(step) if is_cuda else step
    found = []
    for _ in range(epochs):
        started = time.perf_counter()
        order = torch.randperm(case.images, device=device)
        for batch in order.split(case.batch_size):
            if len(batch) == case.batch_size:
                chosen.copy_(batch)
                loss = run()
        loss.item()
        found.append(time.perf_counter() - started)
    return found


def _as_graph(step: functools.partial) -> functools.partial:
    """Return a function that replays a step, as the notes of torch on CUDA graphs say."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()

    def replay() -> torch.Tensor:
        graph.replay()
        return loss

    return replay
