"""The data sets this project knows, and what a folder of their files holds.

All are four files in the IDX format (LeCun, Cortes, Burges: The MNIST database of
handwritten digits): a big-endian header, then one unsigned byte for each pixel or label.

The workflow imports this module whenever it is read, so it needs the standard library alone.
"""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.digests import combined_digest
from lr_atlas.data.catalogue import datasets
from lr_atlas.data.data_folders import (
    FILE_NAMES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAINING_IMAGES,
    TRAINING_LABELS,
    DataError,
    find_files,
)
from lr_atlas.data.image_format import CLASSES, IMAGE_SIDE, IMAGES_MAGIC, LABELS_MAGIC
from lr_atlas.data.source import Source
from lr_atlas.data.transposition import look_transposed

#: Bytes of an IDX file before its images, and before its labels.
_HEADER_SIZES = (16, 8)
#: Kinds of numbers in an IDX file, by its third byte, other than plain bytes.
_OTHER_NUMBERS = {
    0x09: "bytes with a sign",
    0x0B: "whole numbers of 2 bytes",
    0x0C: "whole numbers of 4 bytes",
    0x0D: "fractions of 4 bytes",
    0x0E: "fractions of 8 bytes",
}


#: The data sets that are known, by name.
DATASETS = datasets()


@dataclass(frozen=True)
class FolderContents:
    """Content of a folder of four files.

    `file_digests` holds the SHA-256 (hex) of the decompressed bytes of each file, in the order of
    `FILE_NAMES`; the counts are in images. `transposed`: whether the training images look so, see
    `transposition.look_transposed`.
    """

    file_digests: tuple[str, ...]
    training_images: int
    test_images: int
    transposed: bool

    @property
    def digest(self) -> str:
        """Return one digest (hex) for the four files."""
        return combined_digest(self.file_digests)


def canonical_digest(name: str) -> str:
    """Return the digest (hex) of the published data set `name`. Raises KeyError if unknown."""
    dataset = DATASETS[name]
    return source_of(name).digest({}) if dataset.kind else combined_digest(dataset.sha256)


def source_of(name: str, directory: str | None = None) -> Source:
    """Return where a published data set comes from that is none of four IDX files.

    directory: the folder that is configured for it.
    """
    dataset = DATASETS[name]
    return Source(dataset.kind, directory or "", dataset.options)


def inspect_folder(directory: Path | str) -> FolderContents:
    """Return what the data set files in a folder hold.

    Raises DataError as `read_folder` and `describe_files` do.
    """
    return describe_files(read_folder(directory), directory)


def read_folder(directory: Path | str) -> dict[str, bytes]:
    """Return the decompressed bytes of the four files, by name.

    Raises DataError if the folder or a file is not there, see `data_folders.find_files`, or if one
    cannot be read or decompressed.
    """
    return {name: _read(path) for name, path in find_files(Path(directory)).items()}


def refuse_other_set(name: str, contents: FolderContents, directory: Path | str) -> None:
    """Raise DataError if files that are to be the data set `name` are another published one's.

    Another one's labels alone are left alone, since other images may go with them, unless they
    stand beside files of `name` itself.
    """
    found = {each: _published_files(each, contents.file_digests) for each in DATASETS}
    for other, files in found.items():
        if other != name and ({TRAINING_IMAGES, TEST_IMAGES} & {*files} or (files and found[name])):
            part = "" if len(files) == len(FILE_NAMES) else f" ({_listed(files)})"
            raise DataError(
                f"{directory} holds files of {DATASETS[other].title}, as published{part}; they "
                f"belong under datasets.{other}.directory, and a study on them says "
                f"`dataset: {other}`"
            )


def _published_files(name: str, file_digests: Iterable[str]) -> list[str]:
    """Return the names of those of the four files that are published ones of a data set."""
    pairs = zip(FILE_NAMES, file_digests, strict=True)
    return [file_name for file_name, digest in pairs if digest in DATASETS[name].sha256]


def describe_files(files: dict[str, bytes], directory: Path | str) -> FolderContents:
    """Check the decompressed bytes of the four files (by name) and return what they hold.

    `directory` is where they come from, for the messages. Raises DataError if a file is not an
    IDX file of the right kind, is truncated or too long, if the images are not 28 x 28, if a
    label is not in 0 to 9, if images and labels differ in number, or if there are none.
    """
    return FolderContents(
        file_digests=tuple(hashlib.sha256(files[name]).hexdigest() for name in FILE_NAMES),
        training_images=_count_split(files, TRAINING_IMAGES, TRAINING_LABELS, Path(directory)),
        test_images=_count_split(files, TEST_IMAGES, TEST_LABELS, Path(directory)),
        transposed=look_transposed(
            files[TRAINING_IMAGES][_HEADER_SIZES[0] :], files[TRAINING_LABELS][_HEADER_SIZES[1] :]
        ),
    )


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix.lower() == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _count_split(files: dict[str, bytes], images: str, labels: str, directory: Path) -> int:
    image_count = _count_images(files[images], directory / images)
    label_count = _count_labels(files[labels], directory / labels)
    if image_count != label_count:
        raise DataError(
            f"{directory} has {image_count} images in {images} but {label_count} labels in "
            f"{labels}; the numbers should be equal"
        )
    if image_count == 0:
        raise DataError(f"{directory / images} holds no images; at least one is needed")
    return image_count


def _count_images(content: bytes, path: Path) -> int:
    count, height, width = _read_header(content, IMAGES_MAGIC, 3, path)
    if (height, width) != (IMAGE_SIDE, IMAGE_SIDE):
        raise DataError(
            f"{path} holds images of {height} x {width} pixels; "
            f"they should be {IMAGE_SIDE} x {IMAGE_SIDE}"
        )
    return count


def _count_labels(content: bytes, path: Path) -> int:
    (count,) = _read_header(content, LABELS_MAGIC, 1, path)
    highest = max(content[len(content) - count :], default=0)
    if highest >= CLASSES:
        raise DataError(f"{path} holds the label {highest}; labels should be 0 to {CLASSES - 1}")
    return count


def _read_header(content: bytes, magic: int, dimensions: int, path: Path) -> tuple[int, ...]:
    """Return the sizes an IDX file states, having checked its kind and its length in bytes."""
    header = struct.Struct(f">{1 + dimensions}I")
    if len(content) < header.size:
        raise DataError(
            f"{path} is too short for an IDX file: {len(content)} bytes, "
            f"the header alone has {header.size}"
        )
    found_magic, *sizes = header.unpack_from(content)
    if found_magic != magic:
        raise DataError(f"{path} {_other_kind(found_magic, magic)}")
    expected = header.size + math.prod(sizes)
    if len(content) != expected:
        raise DataError(
            f"{path} has {len(content)} bytes (decompressed); its header asks for {expected}"
        )
    return tuple(sizes)


def _other_kind(found: int, magic: int) -> str:
    """Return what a file is whose first four bytes are `found`, where `magic` should be."""
    numbers, dimensions = divmod(found, 256)
    if found == IMAGES_MAGIC + 1:
        return (
            "holds images of 4 dimensions, as colour images have; in the place of this data set "
            f"stand grey images of {IMAGE_SIDE} x {IMAGE_SIDE} bytes, and others have a name of "
            "their own, as in datasets: {mine: {idx: folder}}"
        )
    if numbers in _OTHER_NUMBERS and dimensions == magic % 256:
        return f"holds {_OTHER_NUMBERS[numbers]}; they should be bytes, 0 to 255"
    return (
        f"is not an IDX file of the right kind: it begins with {found:08x}, which should be "
        f"{magic:08x}"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
