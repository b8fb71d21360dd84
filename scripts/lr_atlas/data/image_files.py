"""The project's own files of data: one uncompressed `.npz` for each split."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.errors import UserError
from lr_atlas.data.image_format import PIXELS
from lr_atlas.data.mapped_arrays import mapped, write_aligned
from lr_atlas.data.stored_images import check_images


def save_images(path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write images (uint8 [n, 784]) and labels (uint8 [n]) to `path`.

    The file appears complete or not at all, and equal arrays give equal bytes.

    Raises ValueError if the arrays have another shape or dtype.
    """
    if labels.dtype != np.uint8:
        raise ValueError(f"labels are {labels.dtype}, not uint8")
    _check(images, labels)
    with open_atomically(Path(path)) as file:
        np.savez(file, images=np.ascontiguousarray(images), labels=np.ascontiguousarray(labels))


def save_arrays(
    path: Path, images: np.ndarray, labels: np.ndarray, held_out: np.ndarray | None = None
) -> None:
    """Write the arrays of other data to `path`, complete or not at all.

    images: uint8 or float32 [n, …]. labels: int64 [n], or float32 [n] or [n, outputs] in
    regression. held_out: bool [n], those that the data itself holds out.
    Raises ValueError if they have another shape or dtype.
    """
    if labels.dtype == np.uint8:
        raise ValueError("labels are uint8, not int64 or float32")
    _check(images, labels)
    arrays = {"images": images, "labels": labels}
    if held_out is not None:
        arrays["held_out"] = held_out
    with open_atomically(Path(path)) as file:
        write_aligned(file, arrays)


def load_images(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels in a file of `save_images` or `save_arrays`.

    They are mapped into memory; a change of them changes no file.
    Raises UserError if `path` cannot be read, holds something else, or is not what the name of its
    folder says (see `stored_images`).
    """
    arrays = _checked(path)
    return arrays["images"], arrays["labels"]


def load_held_out(path: Path) -> np.ndarray | None:
    """Return which of the images the data itself holds out (bool [n]); None if it does not.

    Raises as `load_images`.
    """
    return _checked(path).get("held_out")


def _checked(path: Path) -> dict[str, np.ndarray]:
    wrong = check_images(Path(path))
    if wrong:
        raise UserError(
            f"{path} is not what the name of its folder says: {wrong}. It was changed or damaged "
            "after it had been made. Start Snakemake again (make run): it makes the file anew"
        )
    try:
        arrays = mapped(path)
        _check(arrays["images"], arrays["labels"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} cannot be read as images and labels: {error}") from None
    return arrays


def _check(images: np.ndarray, labels: np.ndarray) -> None:
    """Raise ValueError unless arrays are those of the published grey images, or of other data."""
    if labels.dtype == np.uint8:
        if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != PIXELS:
            raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 [n, {PIXELS}]")
        if labels.shape != images.shape[:1]:
            raise ValueError(f"labels are {labels.dtype} {labels.shape}, not uint8 [{len(images)}]")
        return
    if images.dtype not in (np.uint8, np.float32) or images.ndim < 2:
        raise ValueError(f"images are {images.dtype} {images.shape}, not uint8 or float32 [n, …]")
    is_label = labels.dtype == np.int64 and labels.ndim == 1
    is_number = labels.dtype == np.float32 and labels.ndim in (1, 2)
    if not (is_label or is_number) or len(labels) != len(images):
        raise ValueError(f"labels are {labels.dtype} {labels.shape} for {len(images)} images")
