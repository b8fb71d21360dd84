"""Compiled: the answers of the network, its loss, and the gradients written out."""

import math

import numpy as np

from lr_atlas.training.steps.compiled_products import (
    affine,
    aligned,
    dot,
    multiply,
    prefetch,
    sum_rows,
)
from lr_atlas.training.steps.compiled_values import (
    CROSS_ENTROPY,
    ELU,
    GELU,
    LEAKY_RELU,
    RELU,
    SIGMOID,
    SILU,
    TANH,
)
from lr_atlas.training.steps.compiling import INLINED
from lr_atlas.training.steps.plain_numba import njit


@njit(**INLINED)
def buffers(network, rows):
    """Return (inputs, labels, values, slopes, answers) for batches of at most so many images.

    values: what the layers after the inputs give, one layer after the other, each [images, width].
    slopes: likewise, the derivatives of the activations.
    """
    size = rows * network.widths[1:].sum()
    kind = network.weights.dtype
    return (
        aligned(rows * network.widths[0], kind).reshape(rows, network.widths[0]),
        np.empty(rows, np.int64),
        aligned(size, kind),
        np.empty(size, kind),
        np.zeros(network.widths[-1], np.int64),
    )


@njit(**INLINED)
def gather(images, indices, inputs, labels):
    """Write the scaled images at `indices`, and their labels, to the first rows of both."""
    kind = inputs.dtype.type
    for row in range(len(indices)):
        # Their places are random: without this the processor waits for them half of the time.
        later = indices[min(row + 2, len(indices) - 1)]
        for pixel in range(0, images.pixels.shape[1], 64):
            prefetch(images.pixels, later, pixel)  # type: ignore[call-arg]
        labels[row] = images.labels[indices[row]]
        pixels, values = images.pixels[indices[row]], inputs[row]
        for pixel in range(len(pixels)):
            values[pixel] = kind(pixels[pixel]) * images.scale + images.low


@njit(**INLINED)
def forward(network, inputs, mask, values, slopes):
    """Return the logits [images, classes]; write values and slopes of all layers."""
    rows, layers = len(inputs), len(network.widths) - 1
    parameter, start = 0, 0
    for layer in range(layers):
        weight, bias = _layer(network.weights, network.widths, layer, parameter)
        end = start + rows * len(bias)
        outputs = values[start:end].reshape(rows, len(bias))
        affine(network.sgemm, inputs, weight, bias, outputs)
        if layer < layers - 1:
            _activate(network.activation, values[start:end], slopes[start:end])
            if len(mask):
                multiply(values[start:end], mask[start:end])
                multiply(slopes[start:end], mask[start:end])
        inputs = outputs
        parameter += weight.size + bias.size
        start = end
    return inputs


@njit(**INLINED)
def backward(network, inputs, gradient, values, slopes):
    """Write network.gradients from the gradient [images, classes] with respect to the logits."""
    rows, end = len(inputs), len(network.weights)
    start = rows * network.widths[1:-1].sum()
    for layer in range(len(network.widths) - 2, -1, -1):
        parameter = end - (network.widths[layer] + 1) * network.widths[layer + 1]
        weight, _ = _layer(network.weights, network.widths, layer, parameter)
        weight_gradient, bias_gradient = _layer(network.gradients, network.widths, layer, parameter)
        end = parameter
        sum_rows(gradient, bias_gradient)
        if layer == 0:
            dot(network.sgemm, gradient.T, inputs, weight_gradient)
            break
        before, start = start, start - rows * network.widths[layer]
        layer_inputs = values[start:before].reshape(rows, network.widths[layer])
        dot(network.sgemm, gradient.T, layer_inputs, weight_gradient)
        # Its inputs are of no more use: their place takes the gradient with respect to them.
        dot(network.sgemm, gradient, weight, layer_inputs)
        multiply(values[start:before], slopes[start:before])
        gradient = layer_inputs


@njit(**INLINED)
def _layer(parameters, widths, layer, start):
    """(weight [out, in], bias [out]) of a layer whose parameters begin at `start`."""
    size = widths[layer] * widths[layer + 1]
    weight = parameters[start : start + size].reshape(widths[layer + 1], widths[layer])
    return weight, parameters[start + size : start + size + widths[layer + 1]]


@njit(**INLINED)
def _activate(activation, values, slopes):
    """Apply the activation in place and write its derivative. A NaN stays one, as in torch."""
    kind = values.dtype.type
    zero, one = kind(0), kind(1)
    # A loop for each: with the choice inside of it none would be vectorised.
    if activation == RELU:
        # The slope comes first, and as a number: else AVX2 writes each value under a mask, slowly.
        for i in range(len(values)):
            x = values[i]
            slopes[i] = kind(x > zero)
            values[i] = zero if x < zero else x
    elif activation == SIGMOID:
        for i, x in enumerate(values):
            values[i] = one / (one + np.exp(-x))
            slopes[i] = values[i] * (one - values[i])
    elif activation == TANH:
        for i, x in enumerate(values):
            values[i] = np.tanh(x)
            slopes[i] = one - values[i] * values[i]
    elif activation == LEAKY_RELU:
        leak = kind(0.01)
        for i in range(len(values)):
            slopes[i] = one if values[i] > zero else leak
            values[i] *= slopes[i]
    elif activation == ELU:
        for i, x in enumerate(values):
            values[i] = np.expm1(x) if x < zero else x
            slopes[i] = np.exp(x) if x < zero else one
    elif activation == GELU:
        half, root, density = kind(0.5), kind(math.sqrt(0.5)), kind(1 / math.sqrt(2 * math.pi))
        for i, x in enumerate(values):
            below = half * (one + math.erf(x * root))
            values[i] = x * below
            slopes[i] = below + x * density * np.exp(-half * x * x)
    elif activation == SILU:
        for i, x in enumerate(values):
            share = one / (one + np.exp(-x))
            values[i] = x * share
            slopes[i] = share * (one + x * (one - share))


@njit(**INLINED)
def loss_of(loss, logits, labels, answers):
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
        if loss == CROSS_ENTROPY:
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
    return total / (rows if loss == CROSS_ENTROPY else rows * classes), correct
