"""The evaluation of a network on examples, however its steps are computed."""

from typing import NamedTuple

import numpy as np
import torch


class Evaluation(NamedTuple):
    """Hold what a network answers to examples, in evaluation mode.

    Attributes:
        loss: The mean over the examples.
        answers: The number of times each class was answered, int64 [classes]; empty where none are.
        correct: The number of answers that were right.
        outputs: The network's outputs, float32 [n, …], where they were asked for.
    """

    loss: float
    answers: np.ndarray | torch.Tensor
    correct: int
    outputs: torch.Tensor | None = None
