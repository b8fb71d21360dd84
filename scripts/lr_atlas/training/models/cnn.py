"""A convolutional network of one's own measures."""

from collections.abc import Sequence
from typing import Literal

from torch import nn

from lr_atlas.training.models._shapes import flat_width, image_shape
from lr_atlas.training.models.fully_connected import ACTIVATIONS


def cnn(
    shape: Sequence[int],
    classes: int,
    *,
    channels: Sequence[int] = (32, 64),
    kernel: int = 3,
    pool: int = 2,
    hidden: Sequence[int] = (128,),
    activation: Literal["relu", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu"] = "relu",
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Return convolutions, each with pooling, then fully connected layers.

    shape: (channels, rows, columns). channels: of each convolution, which keeps rows and columns.
    kernel: rows and columns of its window, odd. pool: of the maximum after each; 1 for none.
    hidden: neurons of each layer between the convolutions and the output. batch_norm: after each
    convolution, before the activation. dropout: the probability with which an input of a fully
    connected layer is dropped in training.
    Maps float32 [n, *shape] to logits float32 [n, classes]. Raises ValueError for inputs that are
    no images, or too small.
    """
    width, *_ = image_shape(shape, "cnn")
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"the kernel of a cnn has an odd size, as 3 or 5; found {kernel}")
    if pool < 1 or min([*channels, *hidden, 1]) < 1:
        raise ValueError("pool, channels and hidden of a cnn are at least 1")
    if not 0 <= dropout < 1:
        raise ValueError(f"the dropout of a cnn is at least 0 and below 1; found {dropout}")
    layers: list[nn.Module] = []
    for number in channels:
        layers.append(nn.Conv2d(width, number, kernel, padding=kernel // 2, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(number))
        layers.append(ACTIVATIONS[activation]())
        if pool > 1:
            layers.append(nn.MaxPool2d(pool))
        width = number
    layers.append(nn.Flatten())
    width = flat_width(nn.Sequential(*layers), shape)
    for neurons in hidden:
        layers += [*_dropout(dropout), nn.Linear(width, neurons), ACTIVATIONS[activation]()]
        width = neurons
    return nn.Sequential(*layers, *_dropout(dropout), nn.Linear(width, classes))


def _dropout(share: float) -> list[nn.Module]:
    return [nn.Dropout(share)] if share > 0 else []
