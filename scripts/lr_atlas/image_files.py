"""The project's own files of labelled images: one uncompressed `.npz` for each split."""

from pathlib import Path

import numpy as np

from lr_atlas.atomic import open_atomically
from lr_atlas.image_format import PIXELS
from lr_atlas.safe_files import open_plain


def save_images(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write images (uint8 [n, 784]) and labels (uint8 [n]) to `path`.

    The file appears complete or not at all, and equal arrays give equal bytes.

    Raises ValueError if the arrays have another shape or dtype.
    """
    _check(images, labels)
    with open_atomically(Path(path)) as file:
        np.savez(file, images=np.ascontiguousarray(images), labels=np.ascontiguousarray(labels))


def load_images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images (uint8 [n, 784]) and labels (uint8 [n]) written by `save_images`.

    Raises OSError if `path` cannot be read and ValueError if it holds something else.
    """
    with open_plain(path) as file, np.load(file, allow_pickle=False) as arrays:
        if set(arrays) != {"images", "labels"}:
            raise ValueError(f"{path} holds {sorted(arrays)}, not images and labels")
        images, labels = arrays["images"], arrays["labels"]
    _check(images, labels)
    return images, labels


def _check(images: np.ndarray, labels: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != PIXELS:
        raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 [n, {PIXELS}]")
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise ValueError(f"labels are {labels.dtype} {labels.shape}, not uint8 [{len(images)}]")
