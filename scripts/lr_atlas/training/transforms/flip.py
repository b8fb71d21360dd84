"""Mirroring of images."""

import torch

from lr_atlas.training.transforms._images import refuse_others, whole_numbers


def flip(images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Return the images, each with an even chance left and right exchanged.

    images: float [n, channels, rows, columns].
    """
    refuse_others(images, "flip")
    chosen = whole_numbers(2, images, random).bool()
    return torch.where(chosen[:, None, None, None], images.flip(3), images)
