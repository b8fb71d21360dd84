"""Demands of a training job on a cluster: memory, and minutes after which it may be ended.

Both are limits, not estimates: a job that exceeds one is ended and begins again with more, so they
lie well above what is needed and grow with the attempt.
"""

import itertools
import math
from collections.abc import Sequence

from lr_atlas.studies.network_probe import ProbeError, Size, size_of_network
from lr_atlas.training.configuration import is_plain
from lr_atlas.training.form import Form

#: Snakemake takes this beside the run: two nested processes in a job on a cluster, with some 170 MB
#: each (measured).
_SNAKEMAKE_MB = 400
#: Python with torch for the CPU, twice: the process of a pack and that of its run, with 220 MB and
#: 330 MB (measured, with few images). What they share counts twice where a limit is kept by sums.
_TORCH_MB = 700
#: Images lie in memory as bytes, as numbers in fp32, and as a copy on the way to them.
_IMAGE_BYTES = 1 + 4 + 4
#: The weights, their gradients, up to three states of the optimizer, a checkpoint's copy.
_WEIGHT_BYTES = 8 * 4

#: Training keeps so many of the numbers that layers give for a batch: them, their gradients, and as
#: much again for what the layers' own computations take (measured for 2c2d and resnet20).
_ACTIVATION_BYTES = 3 * 4
#: Assume this of a network that cannot be tried. A profile can ask for more memory.
_GUESSED = Size(weights=10_000_000, activations=100_000, products=10_000_000)

#: Nothing is known of a program: it may take so many MB, and an epoch so many seconds.
_PROGRAM_MB = 4_000
PROGRAM_SECONDS = 60.0

#: The start of a job on a slow, busy file system.
_START_MINUTES = 5
#: A run may take so many times the estimate: the node may be slower, and shared.
_SLOWER = 3
#: With nothing to go by: seconds per step and multiplications per second of a slow core.
_SECONDS_PER_STEP = 2e-4
_PRODUCTS_PER_SECOND = 1e10


def memory_mb(data_values: int, weights: int, activations: int, attempt: int) -> int:
    """Return the MB for a job that trains one run at a time.

    data_values: numbers of all inputs of the data set. activations: that layers give for a batch.
    """
    data = data_values * _IMAGE_BYTES + weights * _WEIGHT_BYTES + activations * _ACTIVATION_BYTES
    return math.ceil((_SNAKEMAKE_MB + _TORCH_MB + data / 1e6) * attempt / 100) * 100


def program_memory_mb(attempt: int) -> int:
    """Return the MB for a job that runs a program; a profile can say what it needs."""
    return (_SNAKEMAKE_MB + _PROGRAM_MB) * attempt


def minutes(seconds: Sequence[float], attempt: int) -> int:
    """Return the minutes for a job whose runs are estimated to take so many seconds."""
    return math.ceil(_START_MINUTES + _SLOWER * sum(seconds) / 60) * attempt


def guessed_seconds(images: int, batch_size: int, products: int) -> float:
    """Return the seconds of an epoch where no past run tells: the steps' overhead, and products.

    products: of one image.
    """
    steps = math.ceil(images / batch_size)
    return steps * _SECONDS_PER_STEP + 3 * images * products / _PRODUCTS_PER_SECOND


def size_of_model(model: dict, form: Form) -> Size:
    """Return what a network takes, or a guess for one that cannot be tried.

    model: with its name and arguments. form: of the data.
    """
    if is_plain(model):
        layers = [form.values, *model["hidden"], form.outputs]
        weights = sum((before + 1) * after for before, after in itertools.pairwise(layers))
        return Size(weights, sum(layers[1:]), weights)
    try:
        return size_of_network(model, form)
    except ProbeError:
        return _GUESSED
