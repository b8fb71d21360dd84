"""Examples in memory as a run uses them: as they are stored, read piece by piece."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from lr_atlas.training.random_streams import SPLIT_SEED, stream


@dataclass(frozen=True)
class ImageSet:
    """Hold examples, all on one device; a part of a set shares the inputs of the whole.

    Attributes:
        stored: The inputs of the whole set, uint8 or float32 [m, …].
        labels: The targets: classes, int64 [n], or numbers to predict, float32 [n] or [n, k].
        rows: The rows of the inputs that they are, int64 [n]; None for all.
    """

    stored: torch.Tensor
    labels: torch.Tensor
    rows: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def images(self) -> torch.Tensor:
        """Return the inputs, [n, …]; of a part of a set they are copied once."""
        return self.stored if self.rows is None else self.stored[self.rows]

    def stored_rows(self, indices: torch.Tensor) -> torch.Tensor:
        """Return where the inputs at the indices (int64 [m]) are stored."""
        return indices if self.rows is None else self.rows[indices]

    @property
    def are_classes(self) -> bool:
        """Return whether the labels are classes."""
        return not self.labels.is_floating_point()

    @property
    def chance(self) -> float:
        """Return the accuracy of guessing: the share of the most frequent class, 0..1."""
        return int(torch.bincount(self.labels).max()) / len(self)

    def take(self, indices: torch.Tensor) -> "ImageSet":
        """Return the examples at the indices (int64 [m]) as an ImageSet."""
        return ImageSet(self.stored, self.labels[indices], self.stored_rows(indices))


def image_set(images: np.ndarray, labels: np.ndarray, device: torch.device | str) -> ImageSet:
    """Return an ImageSet of NumPy arrays.

    images: uint8 or float32 [n, …]. labels: whole numbers [n], or float32 [n] or [n, k].
    """
    kind = torch.float32 if labels.dtype.kind == "f" else torch.int64
    return ImageSet(
        torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device=device, dtype=kind)
    )


def split(
    training: ImageSet,
    validation: ImageSet | int,
    count: int | None,
    seed: int = SPLIT_SEED,
) -> tuple[ImageSet, ImageSet]:
    """Return (training images, validation images) of a run.

    validation: the images themselves, or how many training images are held out. count: how many of
    the others are trained on, the first of each class; None for all. seed: of the choice of those
    that are held out. Raises TooFewError if there are fewer.
    """
    if isinstance(validation, int):
        training, validation = hold_out(training, validation, seed)
    if count is not None:
        if count > len(training):
            raise TooFewError(count, len(training))
        training = first_of_each_class(training, count)
    return training, validation


def parts_by_mask(image_set: ImageSet, mask: torch.Tensor) -> tuple[ImageSet, ImageSet]:
    """Return (the images that are not in the mask, those that are); mask: bool [n]."""
    return _take_where(image_set, ~mask), _take_where(image_set, mask)


class TooFewError(Exception):
    """There are fewer training images than are asked for."""

    def __init__(self, count: int, present: int) -> None:
        super().__init__(f"{count} training images are asked for, and there are {present}")


def hold_out(image_set: ImageSet, count: int, seed: int = SPLIT_SEED) -> tuple[ImageSet, ImageSet]:
    """Split into (the rest, `count` images held out), the same share of every class held out.

    Which images is the same for every run on this data. Of numbers to predict any have a share.
    """
    labels = _classes(image_set)
    sizes = torch.bincount(labels)
    # In single precision, as ever: between classes whose remainders are equal its rounding decides,
    # and other images would be held out.
    quotas = sizes * count / len(labels)
    shares = _whole_shares(quotas.floor().long(), quotas - quotas.floor(), count)
    order = torch.randperm(len(labels), generator=stream(seed, "held-out images"))
    held_out = _members(labels, order, shares)
    return parts_by_mask(image_set, held_out)


def first_of_each_class(image_set: ImageSet, count: int) -> ImageSet:
    """Return the first images of every class, in their order: its share of `count`.

    So many images of the set itself are as a set that holds no others.
    """
    labels = _classes(image_set)
    products = torch.bincount(labels) * count
    shares = _whole_shares(products // len(labels), products % len(labels), count)
    return _take_where(image_set, _members(labels, torch.arange(len(labels)), shares))


def _classes(image_set: ImageSet) -> torch.Tensor:
    """Return the class of each example, int64 [n]; where there are none, one class for all."""
    if image_set.are_classes:
        return image_set.labels.cpu()
    return torch.zeros(len(image_set), dtype=torch.int64)


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
