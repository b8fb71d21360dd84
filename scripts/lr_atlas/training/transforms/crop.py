"""Shifts of images by some pixels."""

import torch
from torch.nn import functional

from lr_atlas.training.transforms._images import refuse_others, whole_numbers


def crop(
    images: torch.Tensor, random: torch.Generator, black: float, *, padding: int = 4
) -> torch.Tensor:
    """Return a part of each image with a black margin, of the image's own size, at any place.

    images: float [n, channels, rows, columns]. padding: pixels of the margin, on each side.
    black: the value of its pixels. Raises ValueError for a padding below 1, and for one by which
    nothing of an image may be left.
    """
    refuse_others(images, "crop")
    rows, columns = images.shape[2:]
    if not 1 <= padding < min(rows, columns):
        raise ValueError(
            f"the padding of crop is at least 1 and less than the rows and columns of the images, "
            f"which are {rows}x{columns}; found {padding}"
        )
    wide = functional.pad(images, (padding,) * 4, value=black)
    places = 2 * padding + 1
    top = whole_numbers(places, images, random)[:, None] + torch.arange(rows, device=images.device)
    left = whole_numbers(places, images, random)[:, None]
    left = left + torch.arange(columns, device=images.device)
    each = torch.arange(len(images), device=images.device)[:, None, None]
    # Indexed [n, rows, columns], the channels last; then back to their place.
    return wide.movedim(1, 3)[each, top[:, :, None], left[:, None, :]].movedim(3, 1)
