"""Squares cut out of images (DeVries and Taylor 2017, arXiv:1708.04552)."""

import torch

from lr_atlas.training.transforms._images import refuse_others, whole_numbers


def cutout(
    images: torch.Tensor, random: torch.Generator, black: float, *, size: int = 8
) -> torch.Tensor:
    """Return the images, each with a black square around any of its pixels.

    images: float [n, channels, rows, columns]. size: rows and columns of the square, of which some
    may lie outside. black: the value of its pixels. Raises ValueError for a size below 1, and for
    one that the images do not have.
    """
    refuse_others(images, "cutout")
    most = min(images.shape[2:])
    if not 1 <= size <= most:
        shape = "x".join(map(str, images.shape[2:]))
        raise ValueError(
            f"the size of cutout is at least 1 and at most {most} for images of {shape}; found "
            f"{size}"
        )
    rows, columns = (
        _inside(whole_numbers(length, images, random) - size // 2, size, length)
        for length in images.shape[2:]
    )
    cut = rows[:, None, :, None] & columns[:, None, None, :]
    return images.masked_fill(cut, black)


def _inside(first: torch.Tensor, size: int, length: int) -> torch.Tensor:
    """Return which of `length` lines are among the `size` from the first on, bool [n, length]."""
    lines = torch.arange(length, device=first.device)
    return (lines >= first[:, None]) & (lines < first[:, None] + size)
