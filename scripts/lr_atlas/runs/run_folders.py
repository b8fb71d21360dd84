"""The folders of runs as they lie on disk, of whatever studies."""

import contextlib
import csv
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.common.json_shapes import has_shape
from lr_atlas.common.lengths import length_name, named_length
from lr_atlas.common.safe_files import read_plain
from lr_atlas.runs.run_files import DESCRIPTION, TIMING

#: Every version of this project has written these into run.json; they are read here and there.
_SHAPE = {
    "canonical_configuration": {"dataset": str, "optimizer": {"name": str}, "seed": int},
    "status": str,
    "diverged_epoch": int | None,
    "training_images": int,
    "validation_images": int,
    "device": str,
    "versions": {"torch": str},
    "machine": {"processor": str},
}
#: Later versions have these; the values stand for them in the others.
_LATER: dict[str, Any] = {"code": None, "trained_in": [{}]}
_LATER_SHAPE = {"code": dict | None, "trained_in": list}


@contextlib.contextmanager
def explained_refusals() -> Iterator[None]:
    """Turn a PermissionError into a UserError that says what to do."""
    try:
        yield
    except PermissionError as error:
        raise UserError(
            f"{error.filename} cannot be read: {error.strerror}. Make it readable for you "
            "(chmod -R u+rX), or ask its owner to"
        ) from None


class RunFolders:
    """List the runs and lengths that have a folder, with the files in it."""

    @explained_refusals()
    def __init__(self, directory: Path) -> None:
        """Look through results/runs; what lies elsewhere or under other names is not seen.

        Raises UserError for a folder that may not be read.
        """
        self.directory = directory
        self.files: dict[tuple[str, int], frozenset[str]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._descriptions: dict[tuple[str, int], dict | None] = {}
        for run in _folders_in(directory):
            for folder in _folders_in(run):
                length = named_length(folder.name)
                if length is not None:
                    key = (run.name, length)
                    self.files[key] = frozenset(entry.name for entry in os.scandir(folder))
                    self._lengths.setdefault(run.name, []).append(key[1])

    def lengths(self, name: str) -> list[int]:
        """Return for which lengths the run `name` has folders, the longest first."""
        return sorted(self._lengths.get(name, ()), reverse=True)

    def path(self, key: tuple[str, int]) -> Path:
        """Return the folder of a run, by its name and length."""
        return self.directory / key[0] / length_name(key[1])

    def description(self, key: tuple[str, int]) -> dict | None:
        """Return the content of a run's run.json; None if there is none, or not all of it."""
        if key not in self._descriptions:
            found = {**_LATER, **read_description(self.path(key))}
            is_complete = has_shape(found, {**_SHAPE, **_LATER_SHAPE})
            self._descriptions[key] = found if is_complete else None
        return self._descriptions[key]


def read_description(folder: Path) -> dict:
    """Return the content of a folder's run.json; empty where there is none that can be read."""
    try:
        description = json.loads(read_plain(folder / DESCRIPTION))
    except (OSError, ValueError):
        return {}
    return description if isinstance(description, dict) else {}


def row_seconds(folder: Path) -> list[float]:
    """Return the seconds of each row of a run's history, training and evaluation.

    None where they cannot be read, or are no seconds.
    """
    try:
        rows = list(csv.DictReader(read_plain(folder / TIMING).decode("utf-8").splitlines()))
        seconds = [float(row["train_seconds"]) + float(row["evaluate_seconds"]) for row in rows]
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        return []
    return seconds if all(math.isfinite(each) and each >= 0 for each in seconds) else []


def _folders_in(directory: os.PathLike[str] | str) -> list[os.DirEntry[str]]:
    """Return the folders in a directory, by name; none if there is no such directory."""
    try:
        entries = list(os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((entry for entry in entries if entry.is_dir()), key=lambda entry: entry.name)
