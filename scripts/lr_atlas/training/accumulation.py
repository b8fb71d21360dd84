"""Several batches in a step of the optimizer: whose gradients are averaged, image by image.

So that k batches of n images are, but for rounding, one batch of k times n. The batches of an epoch
are taken k at a time, and the last step of an epoch has those that are left.
"""

import math
from typing import NamedTuple


class Place(NamedTuple):
    """Hold where a batch stands in its step."""

    step: int  # from 0
    begins: bool
    ends: bool
    share: float  # of the images of the step


#: The place of a batch that is a step by itself.
ALONE = Place(0, True, True, 1.0)


def places(images: int, batch_size: int, accumulate: int) -> list[Place]:
    """Return the place of each batch of so many images, of which the first begins a step.

    accumulate: batches of a step.
    """
    together = batch_size * accumulate
    found = []
    for start in range(0, images, batch_size):
        first = start // together * together
        last, end = min(first + together, images), min(start + batch_size, images)
        share = (end - start) / (last - first)
        found.append(Place(start // together, start == first, end == last, share))
    return found


def steps_of(images: int, batch_size: int, accumulate: int) -> int:
    """Return the steps of a pass over so many images."""
    return math.ceil(images / (batch_size * accumulate))
