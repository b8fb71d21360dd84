"""Shapes of inputs and of what layers make of them."""

from collections.abc import Sequence

import torch
from torch import nn


def image_shape(shape: Sequence[int], network: str) -> tuple[int, int, int]:
    """Return (channels, rows, columns) of an input.

    Raises ValueError, with the name of the network, for inputs that are no images.
    """
    if len(shape) != 3:
        raise ValueError(
            f"{network} takes images of channels, rows and columns; an input here has the shape "
            f"{'x'.join(map(str, shape))}"
        )
    channels, rows, columns = shape
    return channels, rows, columns


def flat_width(layers: nn.Module, shape: Sequence[int]) -> int:
    """Return how many numbers layers make of an input of that shape. Raises ValueError for none."""
    was_training = layers.training
    layers.eval()
    try:
        with torch.no_grad():
            width = layers(torch.zeros(1, *shape)).numel()
    except RuntimeError:
        width = 0
    layers.train(was_training)
    if not width:
        raise ValueError(f"inputs of {'x'.join(map(str, shape))} are too small for its layers")
    return width
