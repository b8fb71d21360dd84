"""A range test: training whose learning rate rises at each step, with the loss of each.

Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186; with a rate that
rises by equal factors, as the finders of fastai and Lightning have it.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import torch

from lr_atlas.training.configuration import USUAL
from lr_atlas.training.form import Form
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import build_network
from lr_atlas.training.random_streams import stream, stream_seed
from lr_atlas.training.step_factors import StepFactors
from lr_atlas.training.steps.autograd import AutogradSteps
from lr_atlas.training.steps.bfloat16 import Bfloat16Steps
from lr_atlas.training.steps.precisions import BFLOAT16, precision_of
from lr_atlas.training.transform import normalises

#: The columns of the table of range tests.
COLUMNS = ("optimizer", "seed", "step", "learning_rate", "loss")
#: Steps at a time, after which a test may end.
_PIECE = 10
#: The schedule that steps are told of: unlike "constant", for which some keep their first rate.
_SCHEDULE = "range_test"


def range_test(
    configuration: dict, training_set: ImageSet, form: Form, rates: Sequence[float]
) -> list[float]:
    """Return the loss of each step before its update; it ends early with one that is not finite.

    configuration: complete, of a run; its seed decides initial weights, order and dropout, as in a
    run, and its batches, loss, network and optimizer are those of the test; a step is one batch,
    and no weights are averaged. rates: of each step.
    """
    network = build_network(
        configuration["model"],
        form,
        configuration["seed"],
        training_set.stored.is_floating_point() or normalises(configuration),
    )
    optimizer = {**configuration["optimizer"], "lr": rates[0]}
    alone = {key: USUAL[key] for key in ("accumulate", "average")}
    way = Bfloat16Steps if precision_of(configuration) == BFLOAT16 else AutogradSteps
    steps = way(
        network.to(training_set.labels.device),
        {**configuration, **alone, "optimizer": optimizer, "schedule": _SCHEDULE},
        training_set,
        form,
    )
    losses: list[float] = []
    batches = _batches(len(training_set), configuration)
    for start in range(0, len(rates), _PIECE):
        piece = rates[start : start + _PIECE]
        indices = torch.cat(list(itertools.islice(batches, len(piece))))
        seed = stream_seed(configuration["seed"], "dropout", 1, start)
        factors = StepFactors([rate / rates[0] for rate in piece])
        found, _ = steps.train(indices.to(training_set.labels.device), seed, factors)
        losses += found
        if not all(map(math.isfinite, found)):
            break
    return losses[: _finite(losses)]


def _batches(images: int, configuration: dict) -> Iterator[torch.Tensor]:
    """Yield the indices of whole batches, int64 [batch], in the order of a run's epochs."""
    size = min(configuration["batch_size"], images)
    for epoch in itertools.count(1):
        order = torch.randperm(images, generator=stream(configuration["seed"], "order", epoch))
        # One that is not whole would be in the way of the pieces.
        yield from order[: images - images % size].split(size)


def _finite(losses: Sequence[float]) -> int:
    """Return how many losses there are before one that is not finite."""
    lost = (step for step, loss in enumerate(losses) if not math.isfinite(loss))
    return next(lost, len(losses))
