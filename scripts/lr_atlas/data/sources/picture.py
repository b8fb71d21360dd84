"""A picture in an image file: what its header says, and its pixels."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

_GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F")
#: Other modes whose brightest value is not 255.
_DEEP = ("I", "I;16", "I;16B", "I;16L", "F")
#: The last bytes of a whole file hold one of these; a file without them is read in full.
_ENDS = (b"\xff\xd9", b"IEND")
_TAIL = 32


class PictureError(Exception):
    """A file that is no image, or only the beginning of one."""


class Header(NamedTuple):
    """Hold what the header of an image says, without its pixels."""

    digest: str  # SHA-256 (hex) of the file
    size: tuple[int, int]  # width and height, as it is shown
    is_grey: bool


def header(path: Path) -> Header:
    """Return what an image's header says. Raises PictureError for what is none, or cut off."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise PictureError(f"{path} is no plain file")
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}") from None
    with _opened(content, str(path)) as image:
        _refuse_deep(image, str(path))
        if not any(end in content[-_TAIL:] for end in _ENDS):
            _loaded(image, str(path))
        size = image.size
        if _is_turned(content) and image.getexif().get(0x0112, 1) >= 5:
            size = size[::-1]
        return Header(hashlib.sha256(content).hexdigest(), size, image.mode in _GREY)


def decoded(content: bytes, name: str, channels: int, size: int | None) -> np.ndarray:
    """Return the pixels of an image, uint8 [channels, rows, columns].

    size: to which its shorter side is scaled, before the middle is cut out; None for neither. An
    image that its camera has turned is turned back. Raises PictureError.
    """
    with _opened(content, name) as image:
        if size is not None:
            image.draft(None, (2 * size, 2 * size))  # spares most of the work of large ones
        _loaded(image, name)
        _refuse_deep(image, name)
        turned: Any = ImageOps.exif_transpose(image) if _is_turned(content) else image
        return pixels_of(turned, channels, size)


def pixels_of(picture: Image.Image, channels: int, size: int | None) -> np.ndarray:
    """Return the pixels of a picture, uint8 [channels, rows, columns]. size: as for `decoded`."""
    picture = picture.convert("L" if channels == 1 else "RGB")
    if size is not None and picture.size != (size, size):
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return pixels[None] if channels == 1 else np.moveaxis(pixels, 2, 0)


def _opened(content: bytes, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(content))
    except Image.DecompressionBombError:
        raise PictureError(f"{name} is too large: scale it before") from None
    except Exception:
        what = "it is empty" if not content else "no image is in it"
        raise PictureError(f"{name} cannot be read as an image: {what}") from None


def _refuse_deep(image: Image.Image, name: str) -> None:
    if image.mode in _DEEP:
        raise PictureError(f"{name} has more than 8 bits a pixel; save it with 8")


def _loaded(image: Image.Image, name: str) -> None:
    try:
        image.load()
    # Each format has errors of its own.
    except Exception as error:
        raise PictureError(f"{name} cannot be read as an image: {error}") from None


def _is_turned(content: bytes) -> bool:
    """Return whether an image may say that it is to be turned."""
    return b"Exif" in content[:4096] or b"eXIf" in content[:4096]
