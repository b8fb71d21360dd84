"""Training of plain networks on a processor, compiled: many steps in a row without Python.

With small networks and batches the time goes into calling, not into computing: a step is some
thirty operations of a few microseconds each. Here Numba compiles the loop over the steps, with
gradients written out, buffers that are used again, and the optimizers that are most in use; others
are torch's own, called at each step. The matrix products are those of SciPy's BLAS, or of torch's
MKL where that is faster. Mathematics and precision are those of `autograd`, which trains everything
else; the order of the sums differs, and dropout draws other random numbers.

What is compiled (in the files compiled_*.py) is kept in a cache beside them, or in the user's own
where that is read-only (or in NUMBA_CACHE_DIR).
"""

import contextlib
import functools
import itertools
import logging
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lr_atlas.training.accumulation import steps_of
from lr_atlas.training.averaged_weights import Average
from lr_atlas.training.blas import helping_mkl
from lr_atlas.training.clipping import clip_limits
from lr_atlas.training.configuration import USUAL, grouping
from lr_atlas.training.dynamics import Watch
from lr_atlas.training.evaluation import Evaluation
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import flatten_parameters
from lr_atlas.training.optimizer import build_optimizer, takes_plain_steps
from lr_atlas.training.optimizer_groups import named_parameters, parameter_groups
from lr_atlas.training.optimizer_state import effective_rate, restore_state, state_of
from lr_atlas.training.random_streams import DrawnInOrder
from lr_atlas.training.schedule import SCHEDULES
from lr_atlas.training.step_factors import UNCHANGED, StepFactors
from lr_atlas.training.steps import compiled_loop
from lr_atlas.training.steps.compiled_arguments import (
    COMPILED_OPTIMIZERS,
    compiled_optimizer,
    groups_of,
)
from lr_atlas.training.steps.compiled_loop import EVALUATED_AT_A_TIME
from lr_atlas.training.steps.compiled_values import (
    CROSS_ENTROPY,
    NO_OPTIMIZER,
    RELU,
    SHARE_OF_AVERAGE,
    Arguments,
    Images,
    Network,
    Optimizer,
    Steps,
)
from lr_atlas.training.transforms.scale import scale

LOGGER = logging.getLogger(__name__)

_ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
_LAYERS = (nn.Linear, nn.Dropout, *_ACTIVATIONS)
_LOSSES = ("cross_entropy", "mse")
#: Keys of a configuration that make of a step more than a batch, its gradient and the optimizer's
#: step at one rate.
_OF_STEPS = (*SCHEDULES, "clip", "accumulate", "average")


@functools.cache
def prepare() -> None:
    """Compile what training in float32 needs, or read it from the cache; a process does that once.

    It takes some ten seconds, then 0.3, and would count as training otherwise.
    """
    try:
        _compile_or_read()
    # A damaged file in the cache may raise anything.
    except Exception as error:
        folder = Path(compiled_loop.train.stats.cache_path)
        kept = list(folder.glob("compiled_loop.*.nb[ic]"))
        if not kept:
            raise
        LOGGER.warning("the compiled steps in %s cannot be read (%r): once more", folder, error)
        for path in kept:
            path.unlink(missing_ok=True)
        _compile_or_read()
    if compiled_loop.train.stats.cache_misses:
        LOGGER.info("compiled the steps of training, which later jobs will find in a cache")


def _compile_or_read() -> None:
    numbers = np.zeros(2, np.float32)
    network = Network(np.ones(2, np.int64), numbers, numbers.copy(), RELU, CROSS_ENTROPY, 0)
    images = Images(np.zeros((1, 1), np.uint8), np.zeros(1, np.int64), numbers[0], numbers[0])
    optimizer = Optimizer(NO_OPTIMIZER, Arguments(), np.zeros((0, 2), np.float32), np.ones((0, 4)))
    empty = numbers[:0]
    steps = Steps(0, 1, math.inf, math.inf, np.ones((1, 4)), empty, empty)
    indices = np.zeros(1, np.int64)
    compiled_loop.train(network, images, indices, 1, empty, optimizer, steps, np.zeros(1))
    compiled_loop.evaluate(network, images, indices)


def can_compile(network: nn.Module, configuration: dict) -> bool:
    """Return whether these steps train that: plain layers on the processor.

    What changes from step to step, and what comes between gradients and optimizer, they have for
    their own optimizers alone.
    """
    on_processor = all(parameter.device.type == "cpu" for parameter in network.parameters())
    is_plain = configuration["model"]["name"] == "fully_connected" and all(
        type(layer) in _LAYERS for layer in network.children()
    )
    loss = configuration["loss"]
    schedules = [configuration.get(key, USUAL[key]) for key in SCHEDULES]
    is_known = isinstance(loss, str) and loss in _LOSSES and not any(map(_is_own, schedules))
    if not (on_processor and is_plain and is_known) or "sharpness_aware" in configuration:
        return False
    optimizer = configuration["optimizer"]
    if optimizer["name"] in COMPILED_OPTIMIZERS:
        return "rest" not in grouping(optimizer)
    return takes_plain_steps(optimizer) and _is_usual(configuration)


def _is_own(schedule: str | dict) -> bool:
    """Return whether a schedule is of a file or package; those keep the bytes of autograd."""
    return ":" in (schedule if isinstance(schedule, str) else schedule["name"])


def _is_usual(configuration: dict) -> bool:
    """Return whether each step is one batch, its gradient, and the optimizer's step at one rate."""
    return all(configuration.get(key, USUAL[key]) == USUAL[key] for key in _OF_STEPS)


def _groups(network: nn.Module, optimizer: dict) -> np.ndarray:
    """Return the groups of the parameters as the compiled steps take them, see `groups_of`."""
    found = {name: group for group in parameter_groups(network, optimizer) for name in group.names}
    parameters = named_parameters(network)
    return groups_of(
        [parameter.numel() for parameter in parameters.values()],
        [found[name].lr_factor for name in parameters],
        [found[name].decays for name in parameters],
    )


class CompiledSteps:
    """Trains and evaluates a network of which `can_compile` is true."""

    name = "compiled"

    def __init__(self, network: nn.Module, configuration: dict, training_set: ImageSet) -> None:
        prepare()
        self.torch_network = network
        layers = list(network.children())
        linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        activations = [_ACTIVATIONS.index(type(m)) for m in layers if type(m) in _ACTIVATIONS]
        flat = flatten_parameters(network)
        assert flat.grad is not None
        mkl = helping_mkl() if flat.dtype == torch.float32 else None
        self.network = Network(
            np.array([linear[0].in_features, *(layer.out_features for layer in linear)]),
            flat.detach().numpy(),
            flat.grad.numpy(),
            activations[0] if activations else RELU,
            _LOSSES.index(configuration["loss"]),
            mkl.sgemm if mkl else 0,
        )
        self.scaling = scale(configuration["pixels"])
        self.training_set = self._images(training_set)
        self.batch_size = configuration["batch_size"]
        self.dropout = configuration["model"]["dropout"] if activations else 0.0
        groups = _groups(network, configuration["optimizer"])
        self.optimizer = compiled_optimizer(
            configuration["optimizer"], flat.detach().numpy(), groups
        )
        self.torch_optimizer = None
        if self.optimizer.kind == NO_OPTIMIZER:
            self.torch_optimizer = build_optimizer(configuration["optimizer"], network, flat)
            self.torch_gradients = [(each, each.grad) for each in network.parameters()]
        self.masks = np.empty(0, self.network.weights.dtype)
        self.masks_of = 0, 0  # (seed, count)
        self.random = DrawnInOrder(flat.device, with_others=True)
        self.average = None
        given = {key: configuration.get(key, usual) for key, usual in USUAL.items()}
        if given["average"] != USUAL["average"]:
            self.average = Average(network, flat)
        accumulate = given["accumulate"]
        none = np.empty(0, self.network.weights.dtype)
        self.steps = Steps(
            0,
            accumulate,
            *clip_limits(given["clip"]),
            np.empty((0, 4)),
            np.empty_like(self.network.weights) if accumulate > 1 else none,
            self.average.weights.numpy() if self.average else none,
        )
        self.clipped = 0
        self.last_factor = 1.0  # of the learning rate, at the last step

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

        seed: of the random numbers of dropout. factors: of the steps. begin, until: of its batches
        those from one on up to another, all by default; see AutogradSteps. watch: measures steps,
        each with the number of its last batch, from `begin` on. Returns the losses of the batches
        and how many answers were right.
        """
        masks = self.dropout_masks(len(indices), seed)
        first = begin * self.batch_size
        last = len(indices) if until is None else min(until * self.batch_size, len(indices))
        masks_of_image = len(masks) // len(indices)
        masks = masks[first * masks_of_image : last * masks_of_image]
        indices = indices[first:last]
        if self.torch_optimizer is None:
            accumulate = self.steps.accumulate
            of_these = slice(begin // accumulate, until and -(-until // accumulate))
            own = StepFactors(*(each[of_these] for each in factors))
            return self._watched(indices, masks, own, watch)
        assert factors == UNCHANGED
        if begin:
            self.random.go_on()
        else:
            self.random.begin(seed)
        losses: list[float] = []
        correct, batches = 0, -(-len(indices) // self.batch_size)
        for start in range(0, len(indices), self.batch_size):
            end = start + self.batch_size
            masks_of_batch = masks[start * masks_of_image : end * masks_of_image]
            loss, right = self._train(indices[start:end], masks_of_batch, factors)
            is_watched = watch is not None and watch.wants(len(losses), batches)
            if watch and is_watched:
                watch.before_update()
            self.torch_optimizer.step()
            if watch and is_watched:
                watch.after_update(len(losses), self.effective_lr())
            # A class may let go of the gradients, which are where the next batch writes to.
            for parameter, gradient in self.torch_gradients:
                parameter.grad = gradient
            losses += loss
            correct += right
        self.random.pause()
        return losses, correct

    def _watched(
        self, indices: torch.Tensor, masks: np.ndarray, factors: StepFactors, watch: Watch | None
    ) -> tuple[list[float], int]:
        """Take the steps in one call, or those that are measured each in a call of its own."""
        if watch is None:
            return self._train(indices, masks, factors)
        count, images = len(indices), self.batch_size * self.steps.accumulate
        starts = [0, (count - 1) // images * images]
        if watch.every_step:
            starts = [*range(0, count, images)]
        losses: list[float] = []
        correct, masks_of_image = 0, len(masks) // count
        for start, end in itertools.pairwise([*dict.fromkeys(starts), count]):
            part = indices[start:end], masks[start * masks_of_image : end * masks_of_image]
            first, last = start // images, -(-end // images)
            own = StepFactors(*(each[first:last] for each in factors))
            is_watched = watch.every_step or end == count
            if is_watched:
                self._gradient(*part)
                watch.before_update()
            loss, right = self._train(*part, own)
            losses += loss
            correct += right
            if is_watched:
                watch.after_update(len(losses) - 1, self.effective_lr())
        return losses, correct

    def _gradient(self, indices: torch.Tensor, masks: np.ndarray) -> None:
        """Leave the gradient of a step, which the step itself uses up."""
        none = np.empty(0, self.network.weights.dtype)
        compiled_loop.train(
            *(self.network, self.training_set, indices.numpy(), len(indices), masks),
            self.optimizer._replace(kind=NO_OPTIMIZER),
            Steps(0, 1, *clip_limits(USUAL["clip"]), _as_array(UNCHANGED, 1), none, none),
            np.empty(1),
        )

    def _train(
        self, indices: torch.Tensor, masks: np.ndarray, factors: StepFactors
    ) -> tuple[list[float], int]:
        losses = np.empty(-(-len(indices) // self.batch_size))
        count = steps_of(len(indices), self.batch_size, self.steps.accumulate)
        correct, clipped = compiled_loop.train(
            self.network,
            self.training_set,
            indices.numpy(),
            self.batch_size,
            masks,
            self.optimizer,
            self.steps._replace(factors=_as_array(factors, count)),
            losses,
        )
        self.steps = self.steps._replace(before=self.steps.before + count)
        self.clipped += clipped
        self.last_factor = factors.lr[-1] if len(factors.lr) else 1.0
        if self.average is not None:
            self.average.has_begun |= any(factors.average)
        return losses.tolist(), correct

    def taken_clipped(self) -> int:
        """Return how many steps had their gradient clipped since the last call."""
        clipped, self.clipped = self.clipped, 0
        return clipped

    def evaluated(self) -> contextlib.AbstractContextManager[None]:
        """Have the network hold the weights that are evaluated, within the block."""
        return self.average.in_place() if self.average else contextlib.nullcontext()

    def evaluate(self, image_set: ImageSet, with_outputs: bool = False) -> Evaluation:
        """Return the Evaluation of the network on examples, with its outputs if they are wanted."""
        answers = np.zeros(self.network.widths[-1], dtype=np.int64)
        loss, correct = compiled_loop.evaluate(self.network, self._images(image_set), answers)
        outputs = self._outputs(image_set) if with_outputs else None
        return Evaluation(loss, answers, correct, outputs)

    @torch.no_grad()
    def _outputs(self, image_set: ImageSet) -> torch.Tensor:
        """Return the logits, float32 [n, classes]; torch's network has the same weights."""
        self.torch_network.eval()
        factor, summand = self.scaling
        pieces = image_set.images.view(len(image_set), -1).split(EVALUATED_AT_A_TIME)
        return torch.cat([self.torch_network(each.float() * factor + summand) for each in pieces])

    def batch(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (inputs as torch's network is given them, labels) of training examples."""
        factor, summand = self.scaling
        pixels = torch.from_numpy(self.training_set.pixels)[indices]
        labels = torch.from_numpy(self.training_set.labels)[indices]
        return pixels.float() * factor + summand, labels

    def effective_lr(self) -> float:
        """Return the learning rate of the last step, with the factor that its method found."""
        if self.torch_optimizer is not None:
            return effective_rate(self.torch_optimizer)
        return self.optimizer.arguments.lr * self.last_factor

    def optimizer_state(self) -> dict:
        """Tensors and numbers from which `restore_optimizer` goes on."""
        if self.torch_optimizer is not None:
            return state_of(self.torch_optimizer)
        return {"steps": self.steps.before, "states": torch.from_numpy(self.optimizer.states)}

    def restore_optimizer(self, state: dict) -> None:
        """Go back to what `optimizer_state` gave."""
        if self.torch_optimizer is not None:
            restore_state(self.torch_optimizer, state)
        else:
            self.steps = self.steps._replace(before=state["steps"])
            self.optimizer.states[:] = state["states"].numpy()

    def _images(self, image_set: ImageSet) -> Images:
        dtype = self.network.weights.dtype.type
        values = map(dtype, self.scaling)
        pixels = image_set.images.view(len(image_set), -1)
        return Images(pixels.numpy(), image_set.labels.numpy(), *values)

    def dropout_masks(self, images: int, seed: int) -> np.ndarray:
        """Return the factors of the hidden values of so many images; empty without dropout.

        A batch after the other, of each its hidden layers in turn, of each [images, neurons]. The
        next call overwrites them. NumPy's fastest generator takes a third of torch's time.
        """
        count = images * int(self.network.widths[1:-1].sum()) if self.dropout else 0
        kind = self.network.weights.dtype
        if len(self.masks) < count:
            self.masks = np.empty(count, kind)
        masks, keep = self.masks[:count], 1 - self.dropout
        if self.masks_of == (seed, count):  # of a piece that was left in its midst
            return masks
        self.masks_of = seed, count
        np.random.Generator(np.random.SFC64(seed)).random(dtype=kind, out=masks)
        return np.multiply(masks < keep, kind.type(1 / keep), out=masks)


def _as_array(factors: StepFactors, steps: int) -> np.ndarray:
    """Return the factors as the compiled steps take them, float64 [steps, 4]."""
    found = np.ones((steps, len(factors)))
    found[:, SHARE_OF_AVERAGE] = 0
    for column, values in enumerate(factors):
        if len(values):
            found[:, column] = values
    return found
