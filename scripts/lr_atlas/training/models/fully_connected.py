"""Fully connected layers."""

import math
from collections.abc import Sequence

from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


def fully_connected(
    shape: Sequence[int],
    classes: int,
    hidden: Sequence[int] = (128, 64),
    activation: str = "relu",
    dropout: float = 0.0,
) -> nn.Sequential:
    """Return a feed-forward network with torch's default initialisation (He et al. 2015, uniform).

    shape: of an image. hidden: neurons of each hidden layer. activation: after each of them.
    dropout: the probability with which an output of theirs is dropped in training.
    The network maps float32 [n, pixels] to logits float32 [n, classes].
    """
    layers: list[nn.Module] = []
    width = math.prod(shape)
    for neurons in hidden:
        layers += [nn.Linear(width, neurons), ACTIVATIONS[activation]()]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        width = neurons
    layers.append(nn.Linear(width, classes))
    return nn.Sequential(*layers)
