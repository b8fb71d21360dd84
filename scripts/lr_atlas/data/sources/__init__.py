"""Sources of data: a module for each kind, which reads it into arrays.

A module has `given(source)`, and for data of one's own `files(source)`; images in folders, which
need not fit into the memory, and functions of Python, which have code and no files, are read in
ways of their own. Data sets of the catalogue have neither: what is published under a name stays
what it is.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lr_atlas.common.digests import file_digest
from lr_atlas.common.fingerprint import fingerprint
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.source import Description, Source
from lr_atlas.data.sources import folder, python
from lr_atlas.data.sources.labelled_arrays import Reading, parts_of
from lr_atlas.data.sources.memory import listing, recalled
from lr_atlas.data.sources.parts import Parts

#: Kinds of the catalogue.
PUBLISHED = ("torchvision", "sklearn", "mnist1d")

__all__ = ["Description", "Parts", "Source", "describe", "load"]


def describe(source: Source) -> Description:
    """Return what can be said of data, read once as long as its files stay what they are.

    Raises DataError, in one line, for data that cannot be used.
    """
    if source.kind == "python":
        state = fingerprint(python.code(source))
    else:
        state = listing(source.place, _files(source))
    return recalled(source, state, lambda: _described(source))


def load(
    source: Source, work: Path, processes: int = 1, say: Callable[[str], None] = lambda _: None
) -> tuple[str, Parts]:
    """Return the digest of data (hex), and its arrays.

    work: a folder for arrays that need not fit into the memory; they last as long as it does.
    say: takes a sentence on how far it is. Raises DataError as `describe`, and for images that
    cannot be decoded.
    """
    if source.kind == "folder":
        return folder.load(source, describe(source).shape, work, processes, say)
    digest = _digest(source)
    options = source.options
    reading = Reading(
        options.get("task"),
        options.get("labels_from", 0),
        source.kind == "table",
        options.get("test"),
        options.get("test_seed", 0),
    )
    if source.kind == "torchvision":
        return digest, parts_of(_module(source).given(source, work), reading)
    return digest, parts_of(_module(source).given(source), reading)


def _described(source: Source) -> Description:
    if source.kind == "folder":
        return folder.describe(source)
    digest, parts = load(source, Path())
    return parts.description(digest)


def _digest(source: Source) -> str:
    if source.kind in PUBLISHED:
        return source.digest({})
    if source.kind == "python":
        return source.digest({"code": fingerprint(python.code(source)), "place": source.place})
    try:
        place = Path(source.place)
        return source.digest({name: file_digest(place / name) for name in _files(source)})
    except OSError as error:
        raise DataError(f"{source.place} cannot be read: {error}") from None


def _files(source: Source) -> list[str]:
    """Return the paths of the data's files from its place on; "" for the place itself."""
    if source.kind == "folder":
        return folder.files(source)
    paths: list[Path] = _module(source).files(source)
    return ["" if str(path) == source.place else path.name for path in paths]


def _module(source: Source) -> Any:
    return importlib.import_module(f"{__name__}.{source.kind}")
