"""The form of a data set: what a network is given, and what it has to answer."""

import math
from typing import NamedTuple

CLASSIFICATION, REGRESSION = "classification", "regression"


class Form(NamedTuple):
    """Hold the form of the inputs and targets of a data set.

    Attributes:
        shape: One input: (rows, columns) of a grey image, (channels, rows, columns), or
            (columns,) of a table.
        outputs: The number of classes, or of numbers to predict.
        task: CLASSIFICATION or REGRESSION.
    """

    shape: tuple[int, ...]
    outputs: int
    task: str = CLASSIFICATION

    @property
    def classes(self) -> int:
        """Return how many classes there are; 0 in regression."""
        return self.outputs if self.task == CLASSIFICATION else 0

    @property
    def values(self) -> int:
        """Return how many numbers one input has."""
        return math.prod(self.shape)

    @property
    def with_channels(self) -> tuple[int, ...]:
        """Return the shape with the channels of an image first."""
        return (1, *self.shape) if len(self.shape) == 2 else self.shape
