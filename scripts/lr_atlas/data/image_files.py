"""The project's own files of labelled images: one uncompressed `.npz` for each split."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import open_plain
from lr_atlas.data.image_format import PIXELS
from lr_atlas.data.stored_images import check_images


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

    Raises UserError if `path` cannot be read, holds something else, or is not what the name of its
    folder says (see `stored_images`).
    """
    wrong = check_images(Path(path))
    if wrong:
        raise UserError(
            f"{path} is not what the name of its folder says: {wrong}. It was changed or damaged "
            "after it had been made. Start Snakemake again (make run): it makes the file anew"
        )
    try:
        with open_plain(path) as file, np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["images"], arrays["labels"]
        _check(images, labels)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} cannot be read as images and labels: {error}") from None
    return images, labels


def _check(images: np.ndarray, labels: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != PIXELS:
        raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 [n, {PIXELS}]")
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise ValueError(f"labels are {labels.dtype} {labels.shape}, not uint8 [{len(images)}]")
