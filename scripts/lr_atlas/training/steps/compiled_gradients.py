"""Compiled: what is done to gradients before the optimizer, and to weights after it."""

import math

from lr_atlas.training.steps.compiling import INLINED
from lr_atlas.training.steps.plain_numba import njit

#: As in torch.nn.utils.clip_grad_norm_.
_ABOVE_ZERO = 1e-6


@njit(**INLINED)
def add_share(gradients, share, mean, is_first):
    """Add a batch's share of the mean gradient of several batches."""
    share = gradients.dtype.type(share)
    if is_first:
        for i in range(len(mean)):
            mean[i] = share * gradients[i]
    else:
        for i in range(len(mean)):
            mean[i] += share * gradients[i]


@njit(**INLINED)
def clip_values(gradients, highest):
    """Bring every number into -highest to highest; return whether one was not. A NaN stays one."""
    high = gradients.dtype.type(highest)
    low = -high
    outside = 0
    for i in range(len(gradients)):
        gradient = gradients[i]
        outside += (gradient > high) | (gradient < low)
        gradient = high if gradient > high else gradient
        gradients[i] = low if gradient < low else gradient
    return outside > 0


@njit(**INLINED)
def norm_of(gradients):
    """Return the norm of all gradients taken together."""
    total = gradients.dtype.type(0)
    for i in range(len(gradients)):
        total += gradients[i] * gradients[i]
    return math.sqrt(total)


@njit(**INLINED)
def scale_to_norm(norm, highest):
    """Return by what gradients of that norm are multiplied, so that none is above the highest."""
    scale = highest / (norm + _ABOVE_ZERO)
    # In this order, so that a NaN stays one.
    return 1.0 if scale > 1 else scale


@njit(**INLINED)
def move_average(average, weights, share):
    """Move an average of the weights a share of the way towards them, as torch's lerp_ does."""
    kind = weights.dtype.type
    near, far = kind(share), kind(1 - share)
    if share < 0.5:
        for i in range(len(weights)):
            average[i] += near * (weights[i] - average[i])
    else:
        # So that the whole way ends at the weights to the last bit.
        for i in range(len(weights)):
            average[i] = weights[i] - far * (weights[i] - average[i])
