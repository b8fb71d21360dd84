"""Demands of a training job on a cluster: memory, and minutes after which it may be ended.

Both are limits, not estimates: a job that exceeds one is ended and begins again with more, so they
lie well above what is needed and grow with the attempt.
"""

import itertools
import math
from collections.abc import Sequence

#: What Snakemake takes beside the run: two nested processes in a job on a cluster, with some 170 MB
#: each (measured).
_SNAKEMAKE_MB = 400
#: Python with torch for the CPU, twice: the process of a pack and that of its run, with 220 MB and
#: 330 MB (measured, with few images). What they share counts twice where a limit is kept by sums.
_TORCH_MB = 700
#: How often the images lie in memory: as bytes, as numbers in fp32, and a copy on the way to them.
_IMAGE_BYTES = 1 + 4 + 4
#: The weights, their gradients, up to three states of the optimizer, a checkpoint's copy.
_WEIGHT_BYTES = 8 * 4

#: Assume so many weights where nothing but the code of a network is known. A profile can ask for
#: more memory.
_GUESSED_WEIGHTS = 10_000_000

#: The start of a job on a slow, busy file system.
_START_MINUTES = 5
#: How much longer than estimated a run may take: the node may be slower, and shared.
_SLOWER = 3
#: With nothing to go by: seconds per step and multiplications per second of a slow core.
_SECONDS_PER_STEP = 2e-4
_PRODUCTS_PER_SECOND = 1e10


def memory_mb(images: int, pixels: int, weights: int, attempt: int) -> int:
    """Return the MB for a job that trains one run at a time, by its images and weights."""
    data = images * pixels * _IMAGE_BYTES + weights * _WEIGHT_BYTES
    return math.ceil((_SNAKEMAKE_MB + _TORCH_MB + data / 1e6) * attempt / 100) * 100


def minutes(seconds: Sequence[float], attempt: int) -> int:
    """Return the minutes for a job whose runs are estimated to take so many seconds."""
    return math.ceil(_START_MINUTES + _SLOWER * sum(seconds) / 60) * attempt


def guessed_seconds(images: int, batch_size: int, weights: int) -> float:
    """Return the seconds of an epoch where no past run tells: the steps' overhead, and products."""
    steps = math.ceil(images / batch_size)
    return steps * _SECONDS_PER_STEP + 3 * images * weights / _PRODUCTS_PER_SECOND


def weights_of_model(model: dict, shape: Sequence[int], classes: int) -> int:
    """Return the weights of a network, or a guess for one of one's own.

    model: with its name and arguments. shape: of an image.
    """
    if "hidden" not in model:
        return _GUESSED_WEIGHTS
    return number_of_weights(math.prod(shape), model["hidden"], classes)


def number_of_weights(inputs: int, hidden: Sequence[int], classes: int) -> int:
    """Return the number of weights and biases of a network of such layers."""
    layers = [inputs, *hidden, classes]
    return sum((before + 1) * after for before, after in itertools.pairwise(layers))
