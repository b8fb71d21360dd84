"""Factors of the learning rate, and of what else changes from step to step."""

from collections.abc import Sequence
from typing import NamedTuple

#: Arguments of optimizers that are a momentum; of a pair the first.
MOMENTA = ("momentum", "betas")
WEIGHT_DECAY = "weight_decay"


class StepFactors(NamedTuple):
    """Hold a number for each step of a piece; empty where there is nothing to change."""

    lr: Sequence[float] = ()
    momentum: Sequence[float] = ()  # of Adam and its like, of the first beta
    weight_decay: Sequence[float] = ()
    #: The share of the way that the average of the weights goes towards those after the step.
    average: Sequence[float] = ()


#: Everything stays as it is.
UNCHANGED = StepFactors()
