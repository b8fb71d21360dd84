"""The folders of runs as they lie on disk, of whatever studies."""

import json
import os
import re
from pathlib import Path

from lr_atlas.run_files import DESCRIPTION

#: What every version of this project has written into run.json, and is read here and there.
_KEYS = {
    "canonical_configuration",
    "status",
    "diverged_epoch",
    "training_images",
    "validation_images",
    "device",
    "versions",
    "machine",
}
_LENGTH = re.compile(r"epochs-(0|[1-9]\d*)")


class RunFolders:
    """Which runs of which length have a folder, with which files in it."""

    def __init__(self, directory: Path) -> None:
        """Look through results/runs; what lies elsewhere or under other names is not seen."""
        self.directory = directory
        self.files: dict[tuple[str, int], frozenset[str]] = {}
        self._lengths: dict[str, list[int]] = {}
        self._descriptions: dict[tuple[str, int], dict | None] = {}
        for run in _folders_in(directory):
            for folder in _folders_in(run):
                match = _LENGTH.fullmatch(folder.name)
                if match:
                    key = (run.name, int(match[1]))
                    self.files[key] = frozenset(entry.name for entry in os.scandir(folder))
                    self._lengths.setdefault(run.name, []).append(key[1])

    def lengths(self, name: str) -> list[int]:
        """For how many epochs the run `name` has folders, most first."""
        return sorted(self._lengths.get(name, ()), reverse=True)

    def path(self, key: tuple[str, int]) -> Path:
        """The folder of a run, by its name and epochs."""
        return self.directory / key[0] / f"epochs-{key[1]}"

    def description(self, key: tuple[str, int]) -> dict | None:
        """The content of a run's run.json; None if there is none, or not all of it."""
        if key not in self._descriptions:
            self._descriptions[key] = _read(self.path(key) / DESCRIPTION)
        return self._descriptions[key]


def _read(path: Path) -> dict | None:
    try:
        description = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    is_complete = isinstance(description, dict) and description.keys() >= _KEYS
    return description if is_complete else None


def _folders_in(directory: os.PathLike | str) -> list[os.DirEntry]:
    """The folders in a directory, by name; none if there is no such directory."""
    try:
        entries = list(os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((entry for entry in entries if entry.is_dir()), key=lambda entry: entry.name)
