"""The residual network of 20 layers for CIFAR (He et al. 2016, arXiv:1512.03385, section 4.2)."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from lr_atlas.training.models._shapes import image_shape

_WIDTHS = (16, 32, 64)
_BLOCKS = 3


class _Block(nn.Module):
    """Two convolutions of 3 x 3, whose input is added to their output."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, self.added = stride, outputs - inputs
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return float [n, outputs, rows / stride, columns / stride]."""
        hidden = functional.relu(self.bn1(self.conv1(images)))
        kept = images
        if self.stride > 1 or self.added:
            # The paper's option A: every second pixel, and zeros for the channels that are new.
            kept = images[:, :, :: self.stride, :: self.stride]
            before = self.added // 2
            kept = functional.pad(kept, (0, 0, 0, 0, before, self.added - before))
        return functional.relu(self.bn2(self.conv2(hidden)) + kept)


class _Mean(nn.Module):
    """The mean of each channel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return float [n, channels] of [n, channels, rows, columns]."""
        return images.mean(dim=(2, 3))


def resnet20(shape: Sequence[int], classes: int) -> nn.Sequential:
    """Return 19 convolutions of 3 x 3 in residual blocks, with batch norm, and a linear layer.

    First weights are He's (normal, by the inputs of a layer). shape: (channels, rows, columns).
    Maps float32 [n, *shape] to logits float32 [n, classes].
    """
    channels, *_ = image_shape(shape, "resnet20")
    width = _WIDTHS[0]
    layers: list[nn.Module] = [
        nn.Conv2d(channels, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    for stage, outputs in enumerate(_WIDTHS):
        for block in range(_BLOCKS):
            layers.append(_Block(width, outputs, stride=2 if stage and not block else 1))
            width = outputs
    network = nn.Sequential(*layers, _Mean(), nn.Linear(width, classes))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network
