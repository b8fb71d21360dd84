"""IDX files of any shape, type and number of classes."""

import gzip
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lr_atlas.data.data_folders import DataError, not_there
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: Matches train-images-idx3-ubyte, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte.
_NAME = re.compile(
    r"(?:.*[-_.])?(train|t10k|test|validation|valid|val)[-_.]?(image|label)s?[-_.]idx\d.*"
)
_PARTS = {"t10k": "test", "valid": "validation", "val": "validation"}


def files(source: Source) -> list[Path]:
    """Return the files of images and labels. Raises DataError if some are lacking or twice."""
    return [path for pair in _found(source).values() for path in pair]


def given(source: Source) -> dict[str, Given]:
    """Return the arrays of each part. Raises DataError for files that are no IDX files."""
    parts = {}
    for part, (images_path, labels_path) in _found(source).items():
        images, labels = _array(images_path), _array(labels_path)
        if labels.ndim != 1:
            raise DataError(f"{labels_path} has {labels.ndim} dimensions; labels have one")
        if len(images) != len(labels):
            raise DataError(
                f"{images_path} holds {len(images):,} images, and {labels_path} "
                f"{len(labels):,} labels; the numbers should be equal"
            )
        if source.options.get("transposed"):
            if images.ndim != 3:
                raise DataError(f"{images_path}: `transposed` is for grey images alone")
            images = np.ascontiguousarray(images.transpose(0, 2, 1))
        parts[part] = Given(images, labels, source.place)
    return parts


def _found(source: Source) -> dict[str, tuple[Path, Path]]:
    """Return the files of images and of labels, by part."""
    folder = Path(source.place)
    if not folder.is_dir():
        raise not_there(folder, "folder")
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name.lower().removesuffix(".gz"))
        if not match or not path.is_file():
            continue
        key = _PARTS.get(match[1], match[1]), match[2]
        other = found.get(key)
        if other and other.name.removesuffix(".gz") == path.name.removesuffix(".gz"):
            continue  # both raw and compressed: the raw one comes first
        if other:
            raise DataError(
                f"{folder} holds {other.name} and {path.name}; keep one of them, or put those that "
                "are meant into a folder of their own"
            )
        found[key] = path
    return dict(_pairs(folder, found))


def _pairs(
    folder: Path, found: dict[tuple[str, str], Path]
) -> Iterator[tuple[str, tuple[Path, Path]]]:
    for part in ("train", "validation", "test"):
        pair = [found.get((part, what)) for what in ("image", "label")]
        if part == "train" and not any(pair):
            raise DataError(
                f"{folder} holds no train-images-idx3-ubyte and train-labels-idx1-ubyte, under no "
                "spelling of these names, raw or .gz"
            )
        if pair[0] and pair[1]:
            yield part, (pair[0], pair[1])
        elif any(pair):
            lacking = "labels" if pair[0] else "images"
            raise DataError(f"{folder} holds {(pair[0] or pair[1]).name}, and no {lacking} to it")  # type: ignore[union-attr]


def _array(path: Path) -> np.ndarray:
    """Return the numbers in an IDX file, in this machine's order of bytes."""
    try:
        content = path.read_bytes()
        if path.suffix.lower() == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise DataError(f"{path} is no IDX file: it begins with {content[:4].hex() or 'nothing'}")
    kind, dimensions = np.dtype(_TYPES[content[2]]), content[3]
    begin = 4 + 4 * dimensions
    shape = np.frombuffer(content[4:begin], ">u4").tolist() if len(content) >= begin else []
    expected = begin + math.prod(shape) * kind.itemsize
    if len(shape) != dimensions or len(content) != expected:
        raise DataError(
            f"{path} has {len(content):,} bytes (decompressed); its header asks for {expected:,}"
        )
    array = np.frombuffer(content, kind, offset=begin).reshape(shape)
    return array.astype(kind.newbyteorder("="))
