"""Images in memory as a run uses them: uint8 on the device, scaled piece by piece."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from lr_atlas.training.random_streams import SPLIT_SEED, stream


@dataclass(frozen=True)
class ImageSet:
    """images: uint8 [n, pixels]; labels: int64 [n]; both on one device."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def chance(self) -> float:
        """The accuracy of who guesses: the share of the most frequent class, 0..1."""
        return int(torch.bincount(self.labels).max()) / len(self)

    def take(self, indices: torch.Tensor) -> "ImageSet":
        """Return the images at the indices (int64 [m]) as an ImageSet."""
        return ImageSet(self.images[indices], self.labels[indices])


def image_set(images: np.ndarray, labels: np.ndarray, device: torch.device | str) -> ImageSet:
    """Return an ImageSet of NumPy arrays: images uint8 [n, pixels], labels uint8 [n]."""
    return ImageSet(
        torch.from_numpy(images).to(device), torch.from_numpy(labels).to(torch.int64).to(device)
    )


def split(
    training: ImageSet, test: ImageSet | None, validation: int | Literal["test"], count: int | None
) -> tuple[ImageSet, ImageSet]:
    """Return (training images, validation images) of a run.

    test: the test images, which are the validation images where `validation` is "test"; else it is
    the number of training images that are held out. count: how many of the others are trained on,
    the first of each class; None for all. Raises TooFewError if there are fewer.
    """
    if validation == "test":
        assert test is not None
        validation_set = test
    else:
        training, validation_set = hold_out(training, validation)
    if count is not None:
        if count > len(training):
            raise TooFewError(count, len(training))
        training = first_of_each_class(training, count)
    return training, validation_set


class TooFewError(Exception):
    """There are fewer training images than are asked for."""

    def __init__(self, count: int, present: int) -> None:
        super().__init__(f"{count} training images are asked for, and there are {present}")


def hold_out(image_set: ImageSet, count: int) -> tuple[ImageSet, ImageSet]:
    """Split into (the rest, `count` images held out), the same share of every class held out.

    Which images is the same for every run on this data.
    """
    labels = image_set.labels.cpu()
    sizes = torch.bincount(labels)
    # In single precision, as ever: between classes whose remainders are equal its rounding decides,
    # and other images would be held out.
    quotas = sizes * count / len(labels)
    shares = _whole_shares(quotas.floor().long(), quotas - quotas.floor(), count)
    order = torch.randperm(len(labels), generator=stream(SPLIT_SEED, "held-out images"))
    held_out = _members(labels, order, shares)
    return _take_where(image_set, ~held_out), _take_where(image_set, held_out)


def first_of_each_class(image_set: ImageSet, count: int) -> ImageSet:
    """Return the first images of every class, in their order: its share of `count`.

    So many images of the set itself are as a set that holds no others.
    """
    labels = image_set.labels.cpu()
    products = torch.bincount(labels) * count
    shares = _whole_shares(products // len(labels), products % len(labels), count)
    return _take_where(image_set, _members(labels, torch.arange(len(labels)), shares))


def _whole_shares(shares: torch.Tensor, remainders: torch.Tensor, count: int) -> list[int]:
    """Add to the shares (int64 per class) what rounding has left of `count` images.

    It goes to the classes with the largest remainders (Hamilton's method).
    """
    largest = remainders.argsort(descending=True, stable=True)
    shares[largest[: count - int(shares.sum())]] += 1
    return shares.tolist()


def _members(labels: torch.Tensor, order: torch.Tensor, shares: list[int]) -> torch.Tensor:
    """Return a mask (bool [n]) of the images of each class that come first in `order`."""
    mask = torch.zeros(len(labels), dtype=torch.bool)
    for label, share in enumerate(shares):
        mask[order[labels[order] == label][:share]] = True
    return mask


def _take_where(image_set: ImageSet, mask: torch.Tensor) -> ImageSet:
    return image_set.take(mask.nonzero().flatten().to(image_set.labels.device))
