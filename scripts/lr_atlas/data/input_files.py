"""Files and folders that a program reads, told apart by their content.

Names, and what is in the files, make up one digest; times and places play no part. Large files are
not read again while their size and times stay as they are.
"""

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.environment_memory import PLACE, recall, remember
from lr_atlas.common.errors import UserError

#: Made by Python when a program in a folder is run.
_MADE_BY_PYTHON = "__pycache__"
#: Digests of files of so many bytes or more are remembered between processes.
_LARGE = 1_000_000
#: A file that was changed so few seconds ago may be changed once more within the clock's tick.
_YOUNG = 2.0
_MEMORY = "inputs.json"
_MOST_REMEMBERED = 10_000


class InputError(UserError):
    """An input of a program that is not there, or cannot be read."""


def inputs_digest(folder: Path, inputs: Sequence[str], place: Path = PLACE) -> str:
    """Return one SHA-256 (hex) for the content of inputs.

    folder: from which paths in `inputs` are counted. In a folder among them all files count, also
    in its folders, but for those with a name that begins with a dot, and __pycache__.
    Raises InputError for one that is not there, cannot be read, or is neither file nor folder.
    """
    digest = hashlib.sha256()
    known = recall(_MEMORY, place) or {}
    found: dict[str, Any] = {}
    for name in sorted(inputs):
        for label, path in files_below(folder, name):
            digest.update(canonical_json([label, _file_digest(path, known, found)]).encode())
    if any(known.get(key) != value for key, value in found.items()):
        kept = list({**known, **found}.items())[-_MOST_REMEMBERED:]
        remember(_MEMORY, dict(kept), place)
    return digest.hexdigest()


def input_around(folder: Path, inputs: Sequence[str], results: Path) -> str | None:
    """Return the input that the folder of results lies in, which changes while runs are made."""
    return next((name for name in inputs if _is_around(folder / name, results)), None)


def _is_around(path: Path, results: Path) -> bool:
    return results.resolve().is_relative_to(path.resolve())


def files_below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Yield (name within the inputs, path) of a file, or of those in a folder, by name."""
    path = folder / name
    if not path.exists():
        raise InputError(f"there is no file or folder {name} in {folder}")
    if not path.is_dir():
        yield name, path
        return
    paths = []
    for where, folders, files in os.walk(path, onerror=_refuse):
        folders[:] = [each for each in folders if _counts(each)]
        paths += [Path(where, each) for each in files if _counts(each)]
    labels = {each.relative_to(path).as_posix(): each for each in paths}
    yield f"{name}/", path
    for label in sorted(labels):
        yield f"{name}/{label}", labels[label]


def _refuse(error: OSError) -> None:
    raise InputError(f"the input {error.filename} cannot be read: {error.strerror}") from None


def _counts(name: str) -> bool:
    return name != _MADE_BY_PYTHON and not name.startswith(".")


def _file_digest(path: Path, known: dict[str, Any], found: dict[str, Any]) -> str:
    """Return the digest of a file, as it is known where nothing of it has changed."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return ""
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"the input {path} is neither a file nor a folder")
        key = str(path.resolve())
        looks = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        if key in known and known[key][:-1] == looks:
            return str(known[key][-1])
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"the input {path} cannot be read: {error.strerror}") from None
    newest = max(status.st_mtime_ns, status.st_ctime_ns) / 1e9
    if status.st_size >= _LARGE and time.time() - newest > _YOUNG:
        found[key] = [*looks, digest]
    return digest
