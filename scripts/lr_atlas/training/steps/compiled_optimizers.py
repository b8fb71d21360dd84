"""Compiled: the steps of optimizers, as in torch.optim.

A step is given the factors of its schedule, and one that clipping lays on all gradients. At a
factor of 1 each gives, to the last bit, what it gives without.
"""

import math

import numpy as np

from lr_atlas.training.steps.compiled_values import (
    ADAGRAD,
    ADAM,
    FACTOR_DECAY,
    FACTOR_LR,
    FACTOR_MOMENTUM,
    GROUP_DECAY,
    GROUP_END,
    GROUP_LR,
    GROUP_START,
    RMSPROP,
    SGD,
    Rates,
)
from lr_atlas.training.steps.compiling import INLINED
from lr_atlas.training.steps.plain_numba import njit


@njit(**INLINED)
def update(weights, gradients, optimizer, step, scale, factors):  # noqa: PLR0917, for Numba
    """Change the weights by the gradients, which are of no use after that.

    step: from 1. scale: by which the gradients are multiplied. factors: a row of Steps.factors.
    """
    arguments = optimizer.arguments
    for group in range(len(optimizer.groups)):
        start = int(optimizer.groups[group, GROUP_START])
        end = int(optimizer.groups[group, GROUP_END])
        rates = Rates(
            arguments.lr * factors[FACTOR_LR] * optimizer.groups[group, GROUP_LR],
            arguments.decay * factors[FACTOR_DECAY] * optimizer.groups[group, GROUP_DECAY],
            factors[FACTOR_MOMENTUM],
        )
        part = (weights[start:end], gradients[start:end], start, end)
        if optimizer.kind == SGD:
            _sgd(part, optimizer.states, arguments, rates, scale, step)
        elif optimizer.kind == ADAM:
            _adam(part, optimizer.states, arguments, rates, scale, step)
        elif optimizer.kind == RMSPROP:
            _rmsprop(part, optimizer.states, arguments, rates, scale)
        elif optimizer.kind == ADAGRAD:
            _adagrad(part, optimizer.states, arguments, rates, scale, step)


@njit(**INLINED)
def _add_decay(weights, gradients, sign, decay, scale):
    """Add the gradient of the weights' squares; return by what the gradients are yet to be scaled.

    sign: -1 to maximize.
    """
    if sign != 1 or decay != 0:
        factor, decay = weights.dtype.type(sign * scale), weights.dtype.type(decay)
        for i in range(len(weights)):
            gradients[i] = factor * gradients[i] + decay * weights[i]
        return 1.0
    return scale


@njit(**INLINED)
def _scale(gradients, scale):
    """Multiply the gradients, where a factor in what follows would change how it is rounded."""
    if scale != 1:
        factor = gradients.dtype.type(scale)
        for i in range(len(gradients)):
            gradients[i] *= factor


@njit(**INLINED)
def _sgd(part, states, arguments, rates, scale, step):  # noqa: PLR0917, for Numba
    weights, gradients, start, end = part
    kind = weights.dtype.type
    scale = _add_decay(weights, gradients, arguments.sign, rates.decay, scale)
    if len(states):
        momentum = kind(arguments.momentum * rates.momentum)
        if arguments.nesterov:
            _scale(gradients, scale)
            scale = 1.0
        # The first gradient starts the average undamped.
        keep = kind(0) if step == 1 else momentum
        take = kind(scale) if step == 1 else kind((1 - arguments.dampening) * scale)
        average = states[0][start:end]
        for i in range(len(weights)):
            average[i] = keep * average[i] + take * gradients[i]
        if arguments.nesterov:
            for i in range(len(weights)):
                gradients[i] += momentum * average[i]
        else:
            gradients = average
        scale = 1.0
    lr = kind(rates.lr * scale)
    for i in range(len(weights)):
        weights[i] -= lr * gradients[i]


@njit(**INLINED)
def _adam(part, states, arguments, rates, scale, step):  # noqa: PLR0917, for Numba
    weights, gradients, start, end = part
    kind = weights.dtype.type
    lr, decay, beta2 = rates.lr, rates.decay, arguments.beta2
    beta1 = arguments.beta1 * rates.momentum
    decoupled = arguments.decoupled
    scale = _add_decay(weights, gradients, arguments.sign, 0 if decoupled else decay, scale)
    shrink = kind(1 - lr * decay) if decoupled else kind(1)
    rate = kind(lr / (1 - beta1**step))
    correction = kind(1 / math.sqrt(1 - beta2**step))
    scaled, take1 = kind(scale), kind(1 - beta1)
    keep2, take2 = kind(beta2), kind((1 - beta2) * scale * scale)
    epsilon = kind(arguments.eps)
    mean, square = states[0][start:end], states[1][start:end]
    largest = states[len(states) - 1][start:end]
    for i in range(len(weights)):
        mean[i] += take1 * (scaled * gradients[i] - mean[i])
        square[i] = keep2 * square[i] + take2 * (gradients[i] * gradients[i])
    if arguments.amsgrad:
        for i in range(len(weights)):
            largest[i] = square[i] if square[i] > largest[i] else largest[i]
        square = largest
    for i in range(len(weights)):
        change = mean[i] / (np.sqrt(square[i]) * correction + epsilon)
        weights[i] = shrink * weights[i] - rate * change


@njit(**INLINED)
def _rmsprop(part, states, arguments, rates, scale):
    weights, gradients, start, end = part
    kind = weights.dtype.type
    scale = _add_decay(weights, gradients, arguments.sign, rates.decay, scale)
    scaled, keep = kind(scale), kind(arguments.alpha)
    take, squared = kind(1 - arguments.alpha), kind((1 - arguments.alpha) * scale * scale)
    epsilon, rate = kind(arguments.eps), kind(rates.lr)
    square = states[0][start:end]
    if arguments.centered:
        mean = states[len(states) - 1][start:end]
        for i in range(len(weights)):
            square[i] = keep * square[i] + squared * (gradients[i] * gradients[i])
            mean[i] += take * (scaled * gradients[i] - mean[i])
            gradients[i] = (
                scaled * gradients[i] / (np.sqrt(square[i] - mean[i] * mean[i]) + epsilon)
            )
    else:
        for i in range(len(weights)):
            square[i] = keep * square[i] + squared * (gradients[i] * gradients[i])
            gradients[i] = scaled * gradients[i] / (np.sqrt(square[i]) + epsilon)
    if arguments.momentum:
        average, m = states[1][start:end], kind(arguments.momentum * rates.momentum)
        for i in range(len(weights)):
            average[i] = m * average[i] + gradients[i]
        gradients = average
    for i in range(len(weights)):
        weights[i] -= rate * gradients[i]


@njit(**INLINED)
def _adagrad(part, states, arguments, rates, scale, step):  # noqa: PLR0917, for Numba
    weights, gradients, start, end = part
    kind = weights.dtype.type
    scale = _add_decay(weights, gradients, arguments.sign, rates.decay, scale)
    _scale(gradients, scale)
    rate = kind(rates.lr / (1 + (step - 1) * arguments.lr_decay))
    epsilon = kind(arguments.eps)
    total = states[0][start:end]
    for i in range(len(weights)):
        total[i] += gradients[i] * gradients[i]
        weights[i] -= rate * (gradients[i] / (np.sqrt(total[i]) + epsilon))
