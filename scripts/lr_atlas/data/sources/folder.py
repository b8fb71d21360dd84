"""Image files, a folder for each class, read without all of them being in memory at once."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lr_atlas.data.data_folders import DataError, not_there
from lr_atlas.data.dataset import CLASSIFICATION
from lr_atlas.data.source import Description, Source
from lr_atlas.data.sources.class_counts import check_counts
from lr_atlas.data.sources.parts import Parts
from lr_atlas.data.sources.picture import Header, PictureError, decoded, header
from lr_atlas.data.sources.shares import kept_for_tests

LOGGER = logging.getLogger(__name__)

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
_PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
#: Images that a process reads before it hands them over.
_AT_A_TIME = 250
#: Seconds between two sentences on how far it is.
_INTERVAL = 5.0


@dataclass(frozen=True)
class _Images:
    """The image files of a folder in the order of the store, with their labels."""

    files: dict[str, list[tuple[str, int]]]  # by part: (path from the folder, label)
    class_names: tuple[str, ...]
    where: dict[str, str]  # the folder of each part
    notes: tuple[str, ...]

    @property
    def all_files(self) -> list[str]:
        """Return all paths, part by part."""
        return [path for part in self.files.values() for path, _ in part]


def files(source: Source) -> list[str]:
    """Return the paths of all image files, from the folder on.

    Raises DataError for a folder of another form.
    """
    return _found(source).all_files


def describe(source: Source) -> Description:
    """Return what can be said of images whose files have been read, but not decoded.

    Raises DataError for classes that are lacking, and for files that are no images.
    """
    images = _found(source)
    LOGGER.info("looking at %s images in %s", f"{len(images.all_files):,}", source.place)
    headers = dict(_headers(source, images))
    shape = _shape(source, headers)
    digest = source.digest({path: each.digest for path, each in headers.items()})
    classes = range(len(images.class_names))
    labels = {part: np.array([n for _, n in each]) for part, each in images.files.items()}
    counts = {part: np.bincount(each, minlength=len(classes)) for part, each in labels.items()}
    training = counts["train"] + counts.get("validation", 0)
    told = {"training": training, "test": counts["test"]}
    if "validation" in counts:
        told["validation"] = counts["validation"]
    return Description(
        digest,
        CLASSIFICATION,
        shape,
        images.class_names,
        len(classes),
        {part: tuple(each.tolist()) for part, each in told.items()},
        images.notes,
    )


def load(
    source: Source,
    shape: tuple[int, ...],
    work: Path,
    processes: int,
    say: Callable[[str], None],
) -> tuple[str, Parts]:
    """Return the digest of all images, and their arrays in files below `work`.

    shape: of an image, as described. Raises DataError for files that cannot be decoded.
    """
    images = _found(source)
    order = [part for part in ("train", "validation", "test") if part in images.files]
    paths = [path for part in order for path, _ in images.files[part]]
    sizes = {part: len(images.files[part]) for part in order}
    training = len(paths) - sizes["test"]
    inputs = [
        np.lib.format.open_memmap(work / f"{name}.npy", "w+", np.uint8, (count, *shape))
        for name, count in (("train", training), ("test", sizes["test"]))
    ]
    digests: dict[str, str] = {}
    at = 0
    decode = partial(_decode, source.place, shape, source.options.get("size"))
    for read, arrays in _decoded(decode, paths, processes, say):
        digests |= read
        for array in arrays:
            where, row = (inputs[0], at) if at < training else (inputs[1], at - training)
            where[row] = array
            at += 1
    labels = [np.array([n for _, n in images.files[part]], np.int64) for part in order]
    held_out = None
    if "validation" in sizes:
        held_out = np.repeat([False, True], (sizes["train"], sizes["validation"]))
    in_order = {path: digests[path] for path in images.all_files}
    return source.digest(in_order), Parts(
        inputs[0],
        np.concatenate(labels[:-1]),
        inputs[1],
        labels[-1],
        held_out,
        images.class_names,
        images.notes,
    )


def _found(source: Source) -> _Images:
    """Return the image files that a folder's form tells, those that are kept for tests apart."""
    place = Path(source.place)
    try:
        if not place.is_dir():
            raise not_there(place, "folder")
        folders = _part_folders(place)
        by_part = {part: _classes(place, folder) for part, folder in folders.items()}
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}") from None
    others = [path for of_part in by_part.values() for path in of_part[1]]
    notes = []
    if others:
        notes.append(f"{len(others):,} files are no images and not read, such as {others[0]}")
    names = tuple(sorted({name for classes, _ in by_part.values() for name in classes}))
    listed = {
        part: [(path, label) for label, name in enumerate(names) for path in classes.get(name, ())]
        for part, (classes, _) in by_part.items()
    }
    where = {part: str(folder) for part, folder in folders.items()}
    _keep_share_for_tests(source, listed, where)
    counts = {
        part: np.bincount([n for _, n in each], minlength=len(names)).tolist() if each else []
        for part, each in listed.items()
    }
    for part, each in listed.items():
        if not each:
            raise DataError(f"{where.get(part, place)} holds no image files in folders of classes")
    check_counts(counts, names, where)
    return _Images(listed, names, where, tuple(notes))


def _part_folders(place: Path) -> dict[str, Path]:
    """Return the folder of each part; the folder itself where it holds classes."""
    names = {entry.name.lower(): entry.name for entry in os.scandir(place) if entry.is_dir()}
    found: dict[str, Path] = {}
    for part, spellings in _PARTS.items():
        for spelling in spellings:
            if spelling in names and part in found:
                raise DataError(
                    f"{place} holds {found[part].name} and {names[spelling]}; keep one of them"
                )
            if spelling in names:
                found[part] = place / names[spelling]
    if found and "train" not in found:
        held = " and ".join(folder.name for folder in found.values())
        raise DataError(f"{place} holds {held}, and no folder `train`")
    return found or {"train": place}


def _classes(place: Path, folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return ({class: its image files}, other files), as paths from `place`, in order."""
    classes: dict[str, list[str]] = {}
    others: list[str] = []
    begin = os.path.join(place, "")
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith((".", "__MACOSX")) or not entry.is_dir():
            continue
        found: list[str] = []
        for path in _files_below(entry.path):
            shown = path[len(begin) :]
            (found if path.lower().endswith(ENDINGS) else others).append(shown)
        if found:
            classes[entry.name] = found
    return classes, others


def _files_below(folder: str) -> Iterator[str]:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "Thumbs.db":
            continue
        if entry.is_dir():
            yield from _files_below(entry.path)
        else:
            yield entry.path


def _keep_share_for_tests(
    source: Source, listed: dict[str, list[tuple[str, int]]], where: dict[str, str]
) -> None:
    share = source.test_share
    if "test" in listed:
        if share is not None:
            raise DataError(f"{where['test']} holds the test part; leave out `test`")
        return
    if share is None:
        raise DataError(
            f"{source.place} brings no test part; say which share is kept for tests, as in "
            "`test: 0.2`"
        )
    files = listed["train"]
    if not files:
        listed["test"] = []
        return
    labels = np.array([label for _, label in files])
    seed = source.options.get("test_seed", 0)
    chosen = kept_for_tests(labels, len(files), share, seed)
    listed["train"] = [each for each, is_test in zip(files, chosen, strict=True) if not is_test]
    listed["test"] = [each for each, is_test in zip(files, chosen, strict=True) if is_test]


def _headers(source: Source, images: _Images) -> Iterator[tuple[str, Header]]:
    """Yield (path, header) of all images. Raises DataError for those that cannot be read."""
    unreadable = []
    for path in images.all_files:
        try:
            yield path, header(Path(source.place, path))
        except PictureError as error:
            unreadable.append(str(error))
    if unreadable:
        more = f"; so are {len(unreadable) - 1:,} others" if unreadable[1:] else ""
        raise DataError(f"{unreadable[0]}{more}")


def _shape(source: Source, headers: dict[str, Header]) -> tuple[int, ...]:
    """Return the shape of an image. Raises DataError for images of several sizes without `size`."""
    channels = source.options.get("channels")
    if channels is None:
        channels = 1 if all(each.is_grey for each in headers.values()) else 3
    size = source.options.get("size")
    if size is not None:
        return channels, size, size
    (first, one), *others = headers.items()
    for path, other in others:
        if other.size != one.size:
            raise DataError(
                f"{source.place}: {first} has {_pixels(one)} pixels, {path} {_pixels(other)}; with "
                "`size: 32` each is scaled, and its middle cut out"
            )
    width, height = one.size
    return channels, height, width


def _pixels(of: Header) -> str:
    return " x ".join(map(str, of.size))


#: {path: digest}, and images uint8 [n, *shape].
_Decoded = tuple[dict[str, str], np.ndarray]


def _decoded(
    decode: Callable[[tuple[str, ...]], _Decoded],
    paths: list[str],
    processes: int,
    say: Callable[[str], None],
) -> Iterator[_Decoded]:
    """Yield what `decode` gives of all images, some at a time, in order."""
    pieces = [tuple(paths[at : at + _AT_A_TIME]) for at in range(0, len(paths), _AT_A_TIME)]
    told, done = time.monotonic(), 0
    # Few files are read before other processes have begun.
    alone = processes == 1 or len(pieces) <= processes
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        results = map(decode, pieces) if alone else pool.map(decode, pieces)
        for digests, images in results:
            yield digests, images
            done += len(images)
            if time.monotonic() - told > _INTERVAL:
                told = time.monotonic()
                say(f"{done:,} of {len(paths):,} images read")
    say(f"{done:,} images read")


def _decode(
    place: str, shape: tuple[int, ...], size: int | None, paths: tuple[str, ...]
) -> _Decoded:
    """Return some images, read and decoded. Raises DataError, with the file, if one cannot be."""
    images = np.empty((len(paths), *shape), np.uint8)
    digests = {}
    for number, path in enumerate(paths):
        whole = os.path.join(place, path)
        try:
            with open(whole, "rb") as file:
                content = file.read()
            images[number] = decoded(content, whole, shape[0], size)
        except OSError as error:
            raise DataError(f"{whole} cannot be read: {error}") from None
        except PictureError as error:
            raise DataError(str(error)) from None
        digests[path] = hashlib.sha256(content).hexdigest()
    return digests, images
