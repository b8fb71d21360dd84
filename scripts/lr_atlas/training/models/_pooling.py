"""Pooling with TensorFlow's margins, for networks that were published with them."""

import math

import torch
from torch import nn
from torch.nn import functional


class SamePool(nn.Module):
    """The maximum of windows, with a margin such that each input is in one ("same" padding).

    The margin is as even as can be, the odd line after the image.
    """

    def __init__(self, size: int, stride: int = 2) -> None:
        """size: rows and columns of a window. stride: from one to the next."""
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return float [n, channels, rows / stride, columns / stride], rounded up."""
        rows, columns = (self._margin(length) for length in images.shape[2:])
        if any(rows + columns):
            images = functional.pad(images, (*columns, *rows), value=-math.inf)
        return functional.max_pool2d(images, self.size, self.stride)

    def _margin(self, length: int) -> tuple[int, int]:
        windows = math.ceil(length / self.stride)
        margin = max(0, (windows - 1) * self.stride + self.size - length)
        return margin // 2, margin - margin // 2
