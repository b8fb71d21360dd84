"""The two convolutional networks that `bench/image_steps.py` trains, as files of one's own."""

import itertools

import torch
from torch import nn
from torch.nn import functional


class TwoConvolutions(nn.Sequential):
    """DeepOBS's 2c2d, for grey images of 28 x 28 pixels."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 32, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(3136, 1024),
            nn.ReLU(),
            nn.Linear(1024, 10),
        )


class Block(nn.Module):
    """Two convolutions with a shortcut around them (He et al. 2016, option A)."""

    def __init__(self, before: int, channels: int) -> None:
        super().__init__()
        self.stride = 1 if before == channels else 2
        self.added = channels - before
        self.first = nn.Conv2d(before, channels, 3, self.stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map [n, channels before, rows, columns] to what the block gives."""
        values = functional.relu(self.first_norm(self.first(images)), inplace=True)
        values = self.second_norm(self.second(values))
        if self.added:
            kept = images[:, :, :: self.stride, :: self.stride]
            images = functional.pad(kept, (0, 0, 0, 0, 0, self.added))
        return functional.relu(values + images, inplace=True)


class ResNet20(nn.Sequential):
    """He et al. 2016, for colour images of 32 x 32 pixels."""

    def __init__(self) -> None:
        widths = (16, 16, 16, 16, 32, 32, 32, 64, 64, 64)
        super().__init__(
            nn.Conv2d(3, 16, 3, 1, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            *(Block(before, after) for before, after in itertools.pairwise(widths)),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(64, 10),
        )
