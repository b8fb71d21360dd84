"""Data sets of torchvision, by its own classes and with its own checksums."""

import http.client
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from lr_atlas.data.data_folders import DataError
from lr_atlas.data.data_sources import (
    MIRROR_TIMEOUT_SECONDS,
    import_torchvision,
    progress_bars_hidden,
    socket_timeout,
)
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given
from lr_atlas.data.sources.picture import pixels_of

#: torchvision's readers raise these where files are lacking, damaged or cannot be had.
_ERRORS = (
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    http.client.HTTPException,
    pickle.UnpicklingError,
)


def given(source: Source, work: Path) -> dict[str, Given]:
    """Return the images of each part, in files below `work`, and their labels.

    They are taken from torchvision's root folder that `source.place` names, else downloaded.
    Raises DataError with every place that was tried.
    """
    return {
        part: _read(source, part, _opened(source, arguments, work), work)
        for part, arguments in source.options["parts"].items()
    }


def _opened(source: Source, arguments: dict[str, Any], work: Path) -> Any:
    name = source.options["class"]
    dataset_class = getattr(import_torchvision().datasets, name)
    root = source.place or str(work / "downloaded")
    try:
        with socket_timeout(MIRROR_TIMEOUT_SECONDS), progress_bars_hidden():
            return dataset_class(root, download=not source.place, **arguments)
    except _ERRORS as error:
        reason = " ".join(str(error).split())
    supply = f"put the files of torchvision.datasets.{name} into a folder as it keeps them"
    if source.place:
        raise DataError(
            f"the folder {source.place} does not hold {name} as torchvision keeps it: {reason}. "
            "Without `directory` it is downloaded"
        )
    raise DataError(
        f"{name} was found nowhere. Tried:\n  - torchvision's mirrors: {reason}\n"
        f"To supply it by hand, {supply}, and name the folder in config.yaml as `directory`"
    )


def _read(source: Source, part: str, dataset: Any, work: Path) -> Given:
    """Return the images of an open data set of torchvision, each read by itself."""
    options, where = source.options, source.place or f"torchvision's {source.options['class']}"
    images, labels = None, np.empty(len(dataset), np.int64)
    for number in range(len(dataset)):
        try:
            picture, label = dataset[number]
        except _ERRORS as error:
            raise DataError(f"{where}: image {number} cannot be read: {error}") from None
        pixels = pixels_of(picture, 1 if picture.mode == "L" else 3, options.get("size"))
        if options.get("transposed"):
            pixels = pixels.transpose(0, 2, 1)
        if images is None:
            shape = (len(dataset), *pixels.shape)
            images = np.lib.format.open_memmap(work / f"{part}.npy", "w+", np.uint8, shape)
        images[number], labels[number] = pixels, int(label)
    if images is None:
        raise DataError(f"{where} holds no images in its {part} part")
    return Given(images, labels, where)
