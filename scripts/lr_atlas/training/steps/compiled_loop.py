"""Compiled: many steps in a row, and the evaluation. Numba's cache keeps the two functions here."""

import math
from typing import Any

import numpy as np

from lr_atlas.training.steps.compiled_gradients import (
    add_share,
    clip_values,
    move_average,
    norm_of,
    scale_to_norm,
)
from lr_atlas.training.steps.compiled_layers import backward, buffers, forward, gather, loss_of
from lr_atlas.training.steps.compiled_optimizers import update
from lr_atlas.training.steps.compiled_values import SHARE_OF_AVERAGE
from lr_atlas.training.steps.compiling import COMPILED, sources_digest
from lr_atlas.training.steps.plain_numba import njit

#: Images that are evaluated at a time, so that they stay in the processor's cache.
EVALUATED_AT_A_TIME = 500


def _compiled(sources: str) -> tuple[Any, Any]:
    """Return the two functions; `sources` becomes part of the key under which they are kept."""

    @njit(**COMPILED)
    def train(network, images, indices, batch_size, masks, optimizer, steps, losses):  # noqa: PLR0917, for Numba
        """Train on the images at `indices` and write each batch's loss.

        Returns how many answers were right, and of how many steps the gradient was clipped.
        """
        _key = sources
        count, together = len(indices), batch_size * steps.accumulate
        inputs, labels, values, slopes, answers = buffers(network, min(batch_size, count))
        neurons = network.widths[1:-1].sum() if len(masks) else 0
        correct, clipped = 0, 0
        for batch in range(len(losses)):
            start, end = batch * batch_size, min((batch + 1) * batch_size, count)
            rows = end - start
            gather(images, indices[start:end], inputs, labels)
            mask = masks[start * neurons : end * neurons]
            logits = forward(network, inputs[:rows], mask, values, slopes)
            losses[batch], right = loss_of(network.loss, logits, labels[:rows], answers)
            correct += right
            backward(network, inputs[:rows], logits, values, slopes)
            step, gradients = batch // steps.accumulate, network.gradients
            if steps.accumulate > 1:
                first, last = step * together, min((step + 1) * together, count)
                gradients = steps.mean_gradient
                add_share(network.gradients, rows / (last - first), gradients, start == first)
                if end < last:
                    continue
            scale = 1.0
            if steps.clip_value < math.inf:
                clipped += clip_values(gradients, steps.clip_value)
            if steps.clip_norm < math.inf:
                scale = scale_to_norm(norm_of(gradients), steps.clip_norm)
                clipped += scale != 1
            factors = steps.factors[step]
            update(network.weights, gradients, optimizer, steps.before + step + 1, scale, factors)
            if factors[SHARE_OF_AVERAGE] > 0:
                move_average(steps.average, network.weights, factors[SHARE_OF_AVERAGE])
        return correct, clipped

    @njit(**COMPILED)
    def evaluate(network, images, answers):
        """Return (mean loss, right answers) over all images; counts answers by class."""
        _key = sources
        count = len(images.labels)
        inputs, labels, values, slopes, _ = buffers(network, min(EVALUATED_AT_A_TIME, count))
        total, correct = 0.0, 0
        for start in range(0, count, EVALUATED_AT_A_TIME):
            indices = np.arange(start, min(start + EVALUATED_AT_A_TIME, count))
            rows = len(indices)
            gather(images, indices, inputs, labels)
            logits = forward(network, inputs[:rows], values[:0], values, slopes)
            loss, right = loss_of(network.loss, logits, labels[:rows], answers)
            total += loss * rows
            correct += right
        return total / count, correct

    return train, evaluate


train, evaluate = _compiled(sources_digest())
