"""Images in memory as a run uses them: uint8 on the device, scaled piece by piece."""

from dataclasses import dataclass

import numpy as np
import torch

from lr_atlas.random_streams import SPLIT_SEED, stream


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
        """The images at the indices (int64 [m]), as an ImageSet."""
        return ImageSet(self.images[indices], self.labels[indices])


def image_set(images: np.ndarray, labels: np.ndarray, device: torch.device | str) -> ImageSet:
    """An ImageSet from NumPy arrays: images uint8 [n, pixels], labels uint8 [n]."""
    return ImageSet(
        torch.from_numpy(images).to(device), torch.from_numpy(labels).to(torch.int64).to(device)
    )


def scaling(pixel_range: list[float]) -> tuple[float, float]:
    """(factor, summand) that take pixels 0..255 to the range [low, high]."""
    low, high = pixel_range
    return (high - low) / 255, low


def hold_out(image_set: ImageSet, count: int) -> tuple[ImageSet, ImageSet]:
    """Split into (the rest, `count` images held out), the same share of every class held out.

    Each class gives its share of `count`; what rounding leaves goes to the classes with the largest
    remainders (Hamilton's method). Which images is the same for every run on this data.
    """
    labels = image_set.labels.cpu()
    sizes = torch.bincount(labels)
    quotas = sizes * count / len(labels)
    shares = quotas.floor().long()
    remainders = quotas - shares
    for label in remainders.argsort(descending=True, stable=True)[: count - int(shares.sum())]:
        shares[label] += 1
    order = torch.randperm(len(labels), generator=stream(SPLIT_SEED, "held-out images"))
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    for label, share in enumerate(shares.tolist()):
        held_out[order[labels[order] == label][:share]] = True
    device = image_set.labels.device
    return (
        image_set.take((~held_out).nonzero().flatten().to(device)),
        image_set.take(held_out.nonzero().flatten().to(device)),
    )
