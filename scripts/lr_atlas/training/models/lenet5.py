"""LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition")."""

from collections.abc import Sequence
from typing import Literal

from torch import nn

from lr_atlas.training.models._shapes import flat_width, image_shape

_ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}


def lenet5(
    shape: Sequence[int], classes: int, activation: Literal["tanh", "relu"] = "tanh"
) -> nn.Sequential:
    """Return two convolutions of 5 x 5 (6, 16), each with average pooling, then 120, 84, classes.

    As is usual today, the second convolution sees all channels, the pooling has no weights and the
    output is linear. Images below 32 x 32 get a margin of 2, as MNIST's do in the paper.
    shape: (channels, rows, columns). Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, rows, columns = image_shape(shape, "lenet5")
    active = _ACTIVATIONS[activation]
    layers = nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=2 if min(rows, columns) < 32 else 0),
        active(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        active(),
        nn.AvgPool2d(2),
        nn.Flatten(),
    )
    width = flat_width(layers, shape)
    dense = [nn.Linear(width, 120), active(), nn.Linear(120, 84), active(), nn.Linear(84, classes)]
    return nn.Sequential(*layers, *dense)
