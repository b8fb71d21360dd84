"""Training of plain networks on a processor, compiled: many steps in a row without Python.

With small networks and batches the time goes into calling, not into computing: a step is some
thirty operations of a few microseconds each. Here Numba compiles the loop over the steps, with
gradients written out, buffers that are used again, and the optimizers that are most in use; others
are torch's own, called at each step. The matrix products are those of SciPy's BLAS. Mathematics
and precision are those of `autograd`, which trains everything else; the order of the sums
differs, and dropout draws other random numbers.

What is compiled is kept in a cache beside this file, or in the user's own where that is read-only
(or in NUMBA_CACHE_DIR).
"""

import functools
import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401, Numba's products are its; without it they fail late
import torch
from torch import nn

from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.network import flatten_parameters
from lr_atlas.training.optimizer import build_optimizer, defaults
from lr_atlas.training.steps.plain_numba import njit
from lr_atlas.training.transforms.scale import scale

LOGGER = logging.getLogger(__name__)

_ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
_RELU, _SIGMOID, _TANH, _LEAKY_RELU, _ELU, _GELU, _SILU = range(7)
_LAYERS = (nn.Linear, nn.Dropout, *_ACTIVATIONS)
_LOSSES = ("cross_entropy", "mse")
_CROSS_ENTROPY, _MSE = range(2)
#: The optimizers that are compiled too; all others are torch's own.
COMPILED_OPTIMIZERS = {"sgd", "adam", "adamw", "rmsprop"}
_NO_OPTIMIZER, _SGD, _ADAM, _RMSPROP = range(4)

#: Up to so many rows a product with a large matrix is written out here: 10 x 784 x 128 takes 22
#: microseconds against 40; from 20 rows on BLAS is the faster one.
_FEW_ROWS = 16

#: Images that are evaluated at a time, so that they stay in the processor's cache.
_EVALUATED_AT_A_TIME = 500


def _can_cache() -> bool:
    """Whether Numba finds a folder where it may write."""
    try:
        njit(cache=True)(_can_cache)
    except RuntimeError as error:
        LOGGER.warning("each job will compile for some ten seconds: %s", error)
        return False
    return True


# Not the flags that forget what infinity and NaN are: a run that diverges is known by them.
_COMPILED: dict[str, Any] = {
    "cache": _can_cache(),
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "reassoc"},
}
# What the two compiled functions call becomes part of them. As functions of their own those would
# be machine code twice, in a process that compiles and in one that finds all in the cache, with
# other roundings (seen with Adam).
_INLINED = {**_COMPILED, "cache": False, "inline": "always"}


@functools.cache
def prepare() -> None:
    """Compile what training in float32 needs, or read it from the cache; a process does that once.

    It takes some ten seconds, then 0.3, and would count as training otherwise.
    """
    try:
        _compile_or_read()
    # Whatever a damaged file in the cache comes up with.
    except Exception as error:
        folder = Path(_train.stats.cache_path)
        kept = list(folder.glob("compiled.*.nb[ic]"))
        if not kept:
            raise
        LOGGER.warning("the compiled steps in %s cannot be read (%r): once more", folder, error)
        for path in kept:
            path.unlink(missing_ok=True)
        _compile_or_read()
    if _train.stats.cache_misses:
        LOGGER.info("compiled the steps of training, which later jobs will find in a cache")


def _compile_or_read() -> None:
    numbers = np.zeros(2, np.float32)
    network = _Network(np.ones(2, np.int64), numbers, numbers.copy(), _RELU, _CROSS_ENTROPY)
    images = _Images(np.zeros((1, 1), np.uint8), np.zeros(1, np.int64), numbers[0], numbers[0])
    optimizer = _Optimizer(_NO_OPTIMIZER, _Arguments(), np.zeros((0, 2), np.float32))
    _train(network, images, np.zeros(1, np.int64), 1, numbers[:0], optimizer, 0, np.zeros(1))
    _evaluate(network, images, np.zeros(1, np.int64))


def can_compile(network: nn.Module, configuration: dict) -> bool:
    """Return whether these steps train that: plain layers on the processor, at a constant rate."""
    on_processor = all(parameter.device.type == "cpu" for parameter in network.parameters())
    is_plain = configuration["model"]["name"] == "fully_connected" and all(
        type(layer) in _LAYERS for layer in network.children()
    )
    is_known = configuration["loss"] in _LOSSES and configuration["schedule"] == "constant"
    return on_processor and is_plain and is_known


class _Network(NamedTuple):
    """What the compiled functions know of the network; arrays share their memory with torch's."""

    widths: np.ndarray  # int64 [layers + 1], of the inputs, the hidden layers and the classes
    weights: np.ndarray  # [all parameters]: weight [out, in] and bias [out] of each layer in turn
    gradients: np.ndarray  # likewise
    activation: int
    loss: int


class _Images(NamedTuple):
    pixels: np.ndarray  # uint8 [n, pixels]
    labels: np.ndarray  # int64 [n]
    scale: float  # a pixel's value is pixel * scale + low
    low: float


class _Arguments(NamedTuple):
    """Arguments as in torch.optim, those of all kinds; an optimizer reads its own."""

    lr: float = 0.0
    sign: float = 1.0  # -1 to maximize
    decay: float = 0.0
    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: float = 0.0
    beta1: float = 0.0
    beta2: float = 0.0
    eps: float = 0.0
    decoupled: float = 0.0  # whether the decay is, as in AdamW
    amsgrad: float = 0.0
    alpha: float = 0.0
    centered: float = 0.0


class _Optimizer(NamedTuple):
    kind: int
    arguments: _Arguments
    states: np.ndarray  # [as many as that kind has, all parameters]


class CompiledSteps:
    """Trains and evaluates a network of which `can_compile` is true."""

    name = "compiled"

    def __init__(self, network: nn.Module, configuration: dict, training_set: ImageSet) -> None:
        prepare()
        layers = list(network.children())
        linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        activations = [_ACTIVATIONS.index(type(m)) for m in layers if type(m) in _ACTIVATIONS]
        flat = flatten_parameters(network)
        assert flat.grad is not None
        self.network = _Network(
            np.array([linear[0].in_features, *(layer.out_features for layer in linear)]),
            flat.detach().numpy(),
            flat.grad.numpy(),
            activations[0] if activations else _RELU,
            _LOSSES.index(configuration["loss"]),
        )
        self.scaling = scale(configuration["pixels"])
        self.training_set = self._images(training_set)
        self.batch_size = configuration["batch_size"]
        self.dropout = configuration["model"]["dropout"] if activations else 0.0
        self.optimizer = _compiled_optimizer(configuration["optimizer"], flat.detach().numpy())
        self.torch_optimizer = None
        if self.optimizer.kind == _NO_OPTIMIZER:
            self.torch_optimizer = build_optimizer(configuration["optimizer"], network, flat)
        self.steps = 0
        self.masks = np.empty(0, self.network.weights.dtype)

    def train(
        self, indices: torch.Tensor, seed: int, factors: Sequence[float] = ()
    ) -> tuple[list[float], int]:
        """Take a step per batch on the training images at `indices`, int64 [n], in this order.

        seed: of the random numbers of dropout. factors: none, since the rate is constant. Returns
        the losses of the steps and how many answers were right.
        """
        assert not factors
        masks = self.dropout_masks(len(indices), seed)
        if self.torch_optimizer is None:
            return self._train(indices, masks)
        losses, correct = [], 0
        masks_of_image = len(masks) // len(indices)
        for start in range(0, len(indices), self.batch_size):
            end = start + self.batch_size
            masks_of_batch = masks[start * masks_of_image : end * masks_of_image]
            loss, right = self._train(indices[start:end], masks_of_batch)
            self.torch_optimizer.step()
            losses += loss
            correct += right
        return losses, correct

    def _train(self, indices: torch.Tensor, masks: np.ndarray) -> tuple[list[float], int]:
        losses = np.empty(-(-len(indices) // self.batch_size))
        correct = _train(
            self.network,
            self.training_set,
            indices.numpy(),
            self.batch_size,
            masks,
            self.optimizer,
            self.steps,
            losses,
        )
        self.steps += len(losses)
        return losses.tolist(), correct

    def evaluate(self, image_set: ImageSet) -> tuple[float, np.ndarray, int]:
        """(mean loss, how often each class was answered: int64 [classes], right answers)."""
        answers = np.zeros(self.network.widths[-1], dtype=np.int64)
        loss, correct = _evaluate(self.network, self._images(image_set), answers)
        return loss, answers, correct

    def optimizer_state(self) -> dict:
        """Tensors and numbers from which `restore_optimizer` goes on."""
        if self.torch_optimizer is not None:
            return self.torch_optimizer.state_dict()
        return {"steps": self.steps, "states": torch.from_numpy(self.optimizer.states)}

    def restore_optimizer(self, state: dict) -> None:
        """Go back to what `optimizer_state` gave."""
        if self.torch_optimizer is not None:
            self.torch_optimizer.load_state_dict(state)
        else:
            self.steps = state["steps"]
            self.optimizer.states[:] = state["states"].numpy()

    def _images(self, image_set: ImageSet) -> _Images:
        dtype = self.network.weights.dtype.type
        values = map(dtype, self.scaling)
        return _Images(image_set.images.numpy(), image_set.labels.numpy(), *values)

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
        np.random.Generator(np.random.SFC64(seed)).random(dtype=kind, out=masks)
        return np.multiply(masks < keep, kind.type(1 / keep), out=masks)


def _compiled_optimizer(optimizer: dict, weights: np.ndarray) -> _Optimizer:
    """Return an optimizer for the compiled steps, of kind _NO_OPTIMIZER if it is not compiled."""
    name = optimizer["name"]
    if name not in COMPILED_OPTIMIZERS:
        return _Optimizer(_NO_OPTIMIZER, _Arguments(), np.zeros((0, len(weights)), weights.dtype))
    given = {**defaults(name), **optimizer}
    arguments = {"lr": given["lr"], "sign": -1 if given["maximize"] else 1}
    arguments["decay"] = given["weight_decay"]
    if name == "sgd":
        kind, states = _SGD, int(given["momentum"] > 0)
        arguments |= {key: given[key] for key in ("momentum", "dampening", "nesterov")}
    elif name in ("adam", "adamw"):
        kind, states = _ADAM, 3 if given["amsgrad"] else 2
        arguments["beta1"], arguments["beta2"] = given["betas"]
        arguments["decoupled"] = name == "adamw" or given["decoupled_weight_decay"]
        arguments |= {key: given[key] for key in ("eps", "amsgrad")}
    else:
        kind, states = _RMSPROP, 1 + int(given["momentum"] > 0) + given["centered"]
        arguments |= {key: given[key] for key in ("momentum", "alpha", "eps", "centered")}
    numbers = _Arguments(**{key: float(value) for key, value in arguments.items()})
    return _Optimizer(kind, numbers, np.zeros((states, len(weights)), weights.dtype))


# ---- Compiled: steps and evaluation --------------------------------------------------------------


@njit(**_COMPILED)
def _train(network, images, indices, batch_size, masks, optimizer, steps, losses):
    """Train on the images at `indices` and write each step's loss; returns the right answers."""
    inputs, labels, values, slopes, answers = _buffers(network, min(batch_size, len(indices)))
    neurons = network.widths[1:-1].sum() if len(masks) else 0
    correct = 0
    for step in range(len(losses)):
        start, end = step * batch_size, min((step + 1) * batch_size, len(indices))
        rows = end - start
        _gather(images, indices[start:end], inputs, labels)
        mask = masks[start * neurons : end * neurons]
        logits = _forward(network, inputs[:rows], mask, values, slopes)
        losses[step], right = _loss(network.loss, logits, labels[:rows], answers)
        correct += right
        _backward(network, inputs[:rows], logits, values, slopes)
        _update(network, optimizer, steps + step + 1)
    return correct


@njit(**_COMPILED)
def _evaluate(network, images, answers):
    """(mean loss, right answers) over all images, in evaluation mode; counts answers by class."""
    count = len(images.labels)
    inputs, labels, values, slopes, _ = _buffers(network, min(_EVALUATED_AT_A_TIME, count))
    total, correct = 0.0, 0
    for start in range(0, count, _EVALUATED_AT_A_TIME):
        indices = np.arange(start, min(start + _EVALUATED_AT_A_TIME, count))
        rows = len(indices)
        _gather(images, indices, inputs, labels)
        logits = _forward(network, inputs[:rows], values[:0], values, slopes)
        loss, right = _loss(network.loss, logits, labels[:rows], answers)
        total += loss * rows
        correct += right
    return total / count, correct


@njit(**_INLINED)
def _buffers(network, rows):
    """Return (inputs, labels, values, slopes, answers) for batches of at most so many images.

    values: what the layers after the inputs give, one layer after the other, each [images, width].
    slopes: likewise, the derivatives of the activations.
    """
    size = rows * network.widths[1:].sum()
    kind = network.weights.dtype
    return (
        np.empty((rows, network.widths[0]), kind),
        np.empty(rows, np.int64),
        np.empty(size, kind),
        np.empty(size, kind),
        np.zeros(network.widths[-1], np.int64),
    )


@njit(**_INLINED)
def _gather(images, indices, inputs, labels):
    """Write the scaled images at `indices`, and their labels, to the first rows of both."""
    kind = inputs.dtype.type
    for row in range(len(indices)):
        labels[row] = images.labels[indices[row]]
        pixels, values = images.pixels[indices[row]], inputs[row]
        for pixel in range(len(pixels)):
            values[pixel] = kind(pixels[pixel]) * images.scale + images.low


@njit(**_INLINED)
def _forward(network, inputs, mask, values, slopes):
    """Return the logits [images, classes]; write values and slopes of all layers."""
    rows, layers = len(inputs), len(network.widths) - 1
    parameter, start = 0, 0
    for layer in range(layers):
        weight, bias = _layer(network.weights, network.widths, layer, parameter)
        end = start + rows * len(bias)
        outputs = values[start:end].reshape(rows, len(bias))
        _affine(inputs, weight, bias, outputs)
        if layer < layers - 1:
            _activate(network.activation, values[start:end], slopes[start:end])
            if len(mask):
                _multiply(values[start:end], mask[start:end])
                _multiply(slopes[start:end], mask[start:end])
        inputs = outputs
        parameter += weight.size + bias.size
        start = end
    return inputs


@njit(**_INLINED)
def _backward(network, inputs, gradient, values, slopes):
    """Write network.gradients from the gradient [images, classes] with respect to the logits."""
    rows, end = len(inputs), len(network.weights)
    start = rows * network.widths[1:-1].sum()
    for layer in range(len(network.widths) - 2, -1, -1):
        parameter = end - (network.widths[layer] + 1) * network.widths[layer + 1]
        weight, _ = _layer(network.weights, network.widths, layer, parameter)
        weight_gradient, bias_gradient = _layer(network.gradients, network.widths, layer, parameter)
        end = parameter
        _sum_rows(gradient, bias_gradient)
        if layer == 0:
            np.dot(gradient.T, inputs, weight_gradient)
            break
        before, start = start, start - rows * network.widths[layer]
        layer_inputs = values[start:before].reshape(rows, network.widths[layer])
        np.dot(gradient.T, layer_inputs, weight_gradient)
        # Its inputs are of no more use: their place takes the gradient with respect to them.
        np.dot(gradient, weight, layer_inputs)
        _multiply(values[start:before], slopes[start:before])
        gradient = layer_inputs


@njit(**_INLINED)
def _layer(parameters, widths, layer, start):
    """(weight [out, in], bias [out]) of a layer whose parameters begin at `start`."""
    size = widths[layer] * widths[layer + 1]
    weight = parameters[start : start + size].reshape(widths[layer + 1], widths[layer])
    return weight, parameters[start + size : start + size + widths[layer + 1]]


@njit(**_INLINED)
def _affine(inputs, weight, bias, outputs):
    """Write inputs @ weight.T + bias: [n, in], [out, in], [out] -> [n, out]."""
    if len(inputs) <= _FEW_ROWS and inputs.shape[1] > _FEW_ROWS:
        _product_of_few_rows(inputs, weight, outputs)
    else:
        np.dot(inputs, weight.T, outputs)
    for row in range(len(outputs)):
        for column in range(len(bias)):
            outputs[row, column] += bias[column]


@njit(**_INLINED)
def _product_of_few_rows(inputs, weight, outputs):
    """Write inputs @ weight.T, five rows at a time, so that a weight is loaded once for five."""
    rows, zero = len(inputs), outputs.dtype.type(0)
    for column in range(len(weight)):
        w = weight[column]
        for row in range(0, rows - 4, 5):
            a, b, c = inputs[row], inputs[row + 1], inputs[row + 2]
            d, e = inputs[row + 3], inputs[row + 4]
            sum_a = sum_b = sum_c = sum_d = sum_e = zero
            for i in range(len(w)):
                sum_a += w[i] * a[i]
                sum_b += w[i] * b[i]
                sum_c += w[i] * c[i]
                sum_d += w[i] * d[i]
                sum_e += w[i] * e[i]
            outputs[row, column] = sum_a
            outputs[row + 1, column] = sum_b
            outputs[row + 2, column] = sum_c
            outputs[row + 3, column] = sum_d
            outputs[row + 4, column] = sum_e
        for row in range(rows // 5 * 5, rows):
            a, sum_a = inputs[row], zero
            for i in range(len(w)):
                sum_a += w[i] * a[i]
            outputs[row, column] = sum_a


@njit(**_INLINED)
def _multiply(values, factors):
    for i in range(len(values)):
        values[i] *= factors[i]


@njit(**_INLINED)
def _sum_rows(values, sums):
    """Write the sum over the rows: [n, out] -> [out]."""
    sums[:] = 0
    for row in range(len(values)):
        for column in range(len(sums)):
            sums[column] += values[row, column]


# ---- Compiled: activations and losses ------------------------------------------------------------


@njit(**_INLINED)
def _activate(activation, values, slopes):
    """Apply the activation in place and write its derivative. A NaN stays one, as in torch."""
    kind = values.dtype.type
    zero, one = kind(0), kind(1)
    # A loop for each: with the choice inside of it none would be vectorised.
    if activation == _RELU:
        for i, x in enumerate(values):
            values[i] = zero if x < zero else x
            slopes[i] = one if x > zero else zero
    elif activation == _SIGMOID:
        for i, x in enumerate(values):
            values[i] = one / (one + np.exp(-x))
            slopes[i] = values[i] * (one - values[i])
    elif activation == _TANH:
        for i, x in enumerate(values):
            values[i] = np.tanh(x)
            slopes[i] = one - values[i] * values[i]
    elif activation == _LEAKY_RELU:
        leak = kind(0.01)
        for i, x in enumerate(values):
            values[i] = x * leak if x < zero else x
            slopes[i] = one if x > zero else leak
    elif activation == _ELU:
        for i, x in enumerate(values):
            values[i] = np.expm1(x) if x < zero else x
            slopes[i] = np.exp(x) if x < zero else one
    elif activation == _GELU:
        half, root, density = kind(0.5), kind(math.sqrt(0.5)), kind(1 / math.sqrt(2 * math.pi))
        for i, x in enumerate(values):
            below = half * (one + math.erf(x * root))
            values[i] = x * below
            slopes[i] = below + x * density * np.exp(-half * x * x)
    elif activation == _SILU:
        for i, x in enumerate(values):
            share = one / (one + np.exp(-x))
            values[i] = x * share
            slopes[i] = share * (one + x * (one - share))


@njit(**_INLINED)
def _loss(loss, logits, labels, answers):
    """Return (the loss, right answers); count answers by class, leave the gradient in `logits`."""
    kind = logits.dtype.type
    rows, classes = logits.shape
    one, per_row, per_value = kind(1), kind(1 / rows), kind(2 / (rows * classes))
    total, correct = 0.0, 0
    for row in range(rows):
        values, label = logits[row], labels[row]
        answer = np.argmax(values)
        answers[answer] += 1
        correct += answer == label
        highest, labelled = values[answer], values[label]
        partition = kind(0)
        for column in range(classes):
            values[column] = np.exp(values[column] - highest)
            partition += values[column]
        for column in range(classes):
            values[column] /= partition
        if loss == _CROSS_ENTROPY:
            total += np.log(partition) - (labelled - highest)
            values[label] -= one
            for column in range(classes):
                values[column] *= per_row
        else:
            mixed = kind(0)
            for column in range(classes):
                difference = values[column] - (one if column == label else kind(0))
                total += difference * difference
                mixed += difference * values[column]
            for column in range(classes):
                difference = values[column] - (one if column == label else kind(0))
                values[column] *= (difference - mixed) * per_value
    return total / (rows if loss == _CROSS_ENTROPY else rows * classes), correct


# ---- Compiled: optimizers, as in torch.optim -----------------------------------------------------


@njit(**_INLINED)
def _update(network, optimizer, step):
    """Change the weights by the gradients, which are of no use after that. step: from 1."""
    weights, gradients = network.weights, network.gradients
    if optimizer.kind == _SGD:
        _sgd(weights, gradients, optimizer.states, optimizer.arguments, step)
    elif optimizer.kind == _ADAM:
        _adam(weights, gradients, optimizer.states, optimizer.arguments, step)
    elif optimizer.kind == _RMSPROP:
        _rmsprop(weights, gradients, optimizer.states, optimizer.arguments)


@njit(**_INLINED)
def _add_decay(weights, gradients, sign, decay):
    """Add the gradient of the weights' squares; sign: -1 to maximize."""
    if sign != 1 or decay != 0:
        sign, decay = weights.dtype.type(sign), weights.dtype.type(decay)
        for i in range(len(weights)):
            gradients[i] = sign * gradients[i] + decay * weights[i]


@njit(**_INLINED)
def _sgd(weights, gradients, states, arguments, step):
    kind = weights.dtype.type
    lr, momentum = kind(arguments.lr), kind(arguments.momentum)
    _add_decay(weights, gradients, arguments.sign, arguments.decay)
    if len(states):
        # The first gradient starts the average undamped.
        keep, take = (kind(0), kind(1)) if step == 1 else (momentum, kind(1 - arguments.dampening))
        average = states[0]
        for i in range(len(weights)):
            average[i] = keep * average[i] + take * gradients[i]
        if arguments.nesterov:
            for i in range(len(weights)):
                gradients[i] += momentum * average[i]
        else:
            gradients = average
    for i in range(len(weights)):
        weights[i] -= lr * gradients[i]


@njit(**_INLINED)
def _adam(weights, gradients, states, arguments, step):
    kind = weights.dtype.type
    lr, beta1, beta2 = arguments.lr, arguments.beta1, arguments.beta2
    decay, decoupled = arguments.decay, arguments.decoupled
    _add_decay(weights, gradients, arguments.sign, 0 if decoupled else decay)
    shrink = kind(1 - lr * decay) if decoupled else kind(1)
    rate = kind(lr / (1 - beta1**step))
    correction = kind(1 / math.sqrt(1 - beta2**step))
    take1, keep2, take2 = kind(1 - beta1), kind(beta2), kind(1 - beta2)
    epsilon = kind(arguments.eps)
    mean, square, largest = states[0], states[1], states[len(states) - 1]
    for i in range(len(weights)):
        mean[i] += take1 * (gradients[i] - mean[i])
        square[i] = keep2 * square[i] + take2 * (gradients[i] * gradients[i])
    if arguments.amsgrad:
        for i in range(len(weights)):
            largest[i] = square[i] if square[i] > largest[i] else largest[i]
        square = largest
    for i in range(len(weights)):
        change = mean[i] / (np.sqrt(square[i]) * correction + epsilon)
        weights[i] = shrink * weights[i] - rate * change


@njit(**_INLINED)
def _rmsprop(weights, gradients, states, arguments):
    kind = weights.dtype.type
    alpha, momentum = arguments.alpha, arguments.momentum
    _add_decay(weights, gradients, arguments.sign, arguments.decay)
    keep, take = kind(alpha), kind(1 - alpha)
    epsilon, rate = kind(arguments.eps), kind(arguments.lr)
    square = states[0]
    if arguments.centered:
        mean = states[len(states) - 1]
        for i in range(len(weights)):
            square[i] = keep * square[i] + take * (gradients[i] * gradients[i])
            mean[i] += take * (gradients[i] - mean[i])
            gradients[i] /= np.sqrt(square[i] - mean[i] * mean[i]) + epsilon
    else:
        for i in range(len(weights)):
            square[i] = keep * square[i] + take * (gradients[i] * gradients[i])
            gradients[i] /= np.sqrt(square[i]) + epsilon
    if momentum:
        average, m = states[1], kind(momentum)
        for i in range(len(weights)):
            average[i] = m * average[i] + gradients[i]
        gradients = average
    for i in range(len(weights)):
        weights[i] -= rate * gradients[i]
