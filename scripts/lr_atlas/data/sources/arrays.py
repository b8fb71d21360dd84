"""Arrays in a .npz or .pt file, or in a folder of .npy files."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from lr_atlas.data.data_folders import DataError, not_there
from lr_atlas.data.source import Source
from lr_atlas.data.sources.labelled_arrays import Given
from lr_atlas.data.sources.named_arrays import parts_of_tuple, sorted_into_parts

_TORCH = (".pt", ".pth")


def files(source: Source) -> list[Path]:
    """Return the files that the data lies in. Raises DataError if they are not there."""
    path = Path(source.place)
    if path.is_dir():
        found = sorted(path.glob("*.npy"))
        if not found:
            raise DataError(
                f"{path} holds no .npy files; name such a folder, or a .npz or .pt file"
            )
        return found
    if not path.is_file():
        raise not_there(path, "file")
    if path.suffix.lower() not in (".npz", *_TORCH):
        raise DataError(
            f"{path} is no .npz and no .pt file; arrays in .npy files lie in a folder: name that"
        )
    return [path]


def given(source: Source) -> dict[str, Given]:
    """Return the arrays of each part. Raises DataError for what cannot be read or does not fit."""
    path, where = Path(source.place), source.place
    if path.is_dir():
        return sorted_into_parts({each.stem: _numpy(each) for each in files(source)}, where)
    if path.suffix.lower() in _TORCH:
        content = _torch(path)
        if isinstance(content, dict):
            return sorted_into_parts(content, where)
        if isinstance(content, tuple | list):
            return parts_of_tuple(content, where)
        raise DataError(f"{path} holds a {type(content).__name__}; a mapping of tensors is needed")
    return sorted_into_parts(_numpy(path), where)


def _numpy(path: Path) -> Any:
    try:
        if path.suffix.lower() == ".npz" and not zipfile.is_zipfile(path):
            raise DataError(f"{path} is no .npz file, or only the beginning of one")
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return content
        with content:
            return {name: content[name] for name in content}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {_first_line(error)}") from None


def _torch(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    # torch raises errors of many kinds on a damaged file, with messages for programmers.
    except Exception:
        raise DataError(
            f"{path} cannot be read: it is damaged, or holds something else than tensors in a "
            "mapping, a list or a tuple, which alone are read"
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
