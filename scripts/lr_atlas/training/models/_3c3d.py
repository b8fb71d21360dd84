"""DeepOBS's network 3c3d, for CIFAR-10 (Schneider et al. 2019, arXiv:1903.05499)."""

import math
from collections.abc import Sequence

import torch
from torch import nn

from lr_atlas.training.models._pooling import SamePool
from lr_atlas.training.models._shapes import flat_width, image_shape

#: The deviation of a standard normal distribution that is cut off at 2.
_CUT_DEVIATION = 0.87962566103423978


def _3c3d(shape: Sequence[int], classes: int) -> nn.Sequential:
    """Return convolutions (64, 96, 128) with 3 x 3 pooling, then 512, 256 and the classes.

    Layers and initialisation are those of the repository fsschneider/DeepOBS,
    tensorflow/testproblems/_3c3d.py, with Glorot's initialisation (Glorot and Bengio 2010): normal
    for convolutions, uniform for the rest; biases are 0. Its weight decay of 0.002 is an argument
    of the optimizer here, and so holds for biases too.
    shape: (channels, rows, columns), rows and columns at least 11.
    Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, *_ = image_shape(shape, "3c3d")
    layers = nn.Sequential(
        nn.Conv2d(channels, 64, 5),
        nn.ReLU(),
        SamePool(3),
        nn.Conv2d(64, 96, 3),
        nn.ReLU(),
        SamePool(3),
        nn.Conv2d(96, 128, 3, padding=1),
        nn.ReLU(),
        SamePool(3),
        nn.Flatten(),
    )
    width = flat_width(layers, shape)
    network = nn.Sequential(
        *layers,
        *(nn.Linear(width, 512), nn.ReLU()),
        *(nn.Linear(512, 256), nn.ReLU()),
        nn.Linear(256, classes),
    )
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            _glorot_normal(layer.weight)
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)
    return network


def _glorot_normal(weight: torch.Tensor) -> None:
    """Draw from a normal distribution that is cut off at 2 deviations, as TensorFlow does."""
    window = weight[0, 0].numel()
    inputs, outputs = weight.shape[1] * window, weight.shape[0] * window
    deviation = math.sqrt(2 / (inputs + outputs)) / _CUT_DEVIATION
    nn.init.trunc_normal_(weight, std=deviation, a=-2 * deviation, b=2 * deviation)
