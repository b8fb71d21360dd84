"""Small files beside the runs of a tracker: plain ones alone, no link followed, of bounded size."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from lr_atlas.common.units import size_text
from lr_atlas.studies.imported.content import ForeignFileError, open_unpacked

#: The most that is read of a file of parameters, and how deep folders of one run may lie.
_MOST = 2**22
_MOST_YAML = 2**20
_DEEPEST = 5


def text_of(path: Path, most: int = _MOST) -> str:
    """Return the text of a small file. Raises ForeignFileError."""
    if path.is_symlink():
        raise ForeignFileError(path, "it is a link, and links are not followed here")
    try:
        with open_unpacked(path) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ForeignFileError(path, f"it cannot be read: {error.strerror or error}") from None
    if len(content) > most:
        raise ForeignFileError(path, f"larger than {size_text(most)}, which no such file is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ForeignFileError(path, "no text in UTF-8; damaged?", line) from None


def files_below(folder: Path, deepest: int = _DEEPEST) -> Iterator[tuple[str, Path]]:
    """Yield (name within the folder, path) of all plain files below it, links left out."""
    yield from sorted(_files_below(folder, "", deepest))


def _files_below(folder: Path, prefix: str, deepest: int) -> Iterator[tuple[str, Path]]:
    if not folder.is_dir() or folder.is_symlink():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.is_file(follow_symlinks=False):
                yield name, Path(entry.path)
            elif deepest and entry.is_dir(follow_symlinks=False):
                yield from _files_below(Path(entry.path), f"{name}/", deepest - 1)


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, links and hidden ones left out, in the order of names."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
        )


class _Plain(SafeConstructor):
    """Make plain values alone: an object of Python is told by its name, and never made."""


def _told(constructor: SafeConstructor, node: Node) -> str:
    return str(node.value) if isinstance(node.value, str) else str(node.tag)


_Plain.add_constructor(None, _told)


def yaml_of(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file. Raises ForeignFileError with the line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Plain
    yaml.allow_duplicate_keys = True
    try:
        found = yaml.load(io.StringIO(text_of(path, _MOST_YAML)))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ForeignFileError(path, f"no YAML: {error.problem}", line) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ForeignFileError(path, f"no YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise ForeignFileError(path, "names with their values belong here")
    return found
