"""The four files of a data set in a folder, and what a folder holds that has them not.

Somebody who names a folder wants the images in it. So nothing is guessed: the files are there,
under their names or a spelling of these, or a message says what is there instead and what to do.
"""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import did_you_mean

TRAINING_IMAGES = "train-images-idx3-ubyte"
TRAINING_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
FILE_NAMES = (TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS)

#: A search of a folder ends at this depth and number of entries: a message needs no more.
_DEPTH = 3
_MOST_ENTRIES = 2_000
_MOST_EXAMPLES = 4

_OTHER_NAME = re.compile(r"(images?|labels?)[-._]*idx[13]|idx[13][-._]ubyte")
#: Kinds of files, by the endings of their names.
_KINDS = {
    "archive": (".zip", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".deb"),
    "NumPy file": (".npz", ".npy"),
    "table": (".csv", ".tsv", ".arff", ".parquet", ".feather", ".xlsx"),
    "image file": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm"),
    "file of another program": (".pt", ".pth", ".pkl", ".pickle", ".mat", ".h5", ".hdf5", ".bin"),
}
_IDX, _ARCHIVE, _UNKNOWN = "IDX file under another name", "archive", "other file"


class DataError(UserError):
    """Data that is missing, damaged or not what was asked for."""


def not_there(path: Path, what: str) -> DataError:
    """Return the error of a path that is no `what`, "file" or "folder", with one called alike."""
    if path.exists():
        return DataError(f"{path} is no {what}")
    beside = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
    return DataError(f"there is no {what} {path}{did_you_mean(path.name, beside)}")


def find_files(directory: Path) -> dict[str, Path]:
    """Return the path of each of the four files in a folder, by its name in FILE_NAMES.

    Taken are the published names, the same with dots or underscores (`train-images.idx3-ubyte`),
    in small or capital letters, raw or `.gz`; the published one first, raw before compressed.

    Raises DataError if the folder or one of the files is not there, saying what is.
    """
    names = _names_in(directory)
    chosen = {name: _choose(directory, name, names) for name in FILE_NAMES}
    found = {name: path for name, path in chosen.items() if path is not None}
    lacking = [name for name in chosen if name not in found]
    unusable = "; ".join(_unusable(directory, names))
    if len(lacking) == len(FILE_NAMES) and not unusable:
        raise DataError(_without_files(directory, names))
    if lacking:
        raise DataError(
            f"{directory} lacks {', '.join(lacking)} (raw, or with .gz at the end)"
            + (f"; {unusable}" if unusable else "")
        )
    return found


def published_name(file_name: str) -> str:
    """Return the name in FILE_NAMES that a file's name is a spelling of; empty if of none."""
    plain = re.sub(r"[._]", "-", file_name.lower().removesuffix(".gz"))
    return plain if plain in FILE_NAMES else ""


def _names_in(directory: Path) -> list[str]:
    """Return the names in a folder.

    Raises DataError, saying what is wrong, if it cannot be listed.
    """
    try:
        return sorted(os.listdir(directory))
    except NotADirectoryError:
        raise DataError(f"{directory} is not a folder but a file; {_advice(directory)}") from None
    except FileNotFoundError:
        reason = f"{directory} is not a folder"
        if directory.is_symlink():
            reason += f": it is a link to {os.readlink(directory)}, which is not there"
        elif "$" in str(directory):
            reason += ", and no environment variable has the name that follows $ in it"
        raise DataError(f"{reason}; it should hold {', '.join(FILE_NAMES)}") from None
    except (OSError, ValueError) as error:  # such as a name that no file can have
        reason = str(getattr(error, "strerror", None) or error)
        raise DataError(f"the folder {directory} cannot be read: {reason}") from None


def _advice(path: Path) -> str:
    """Return what to do with a file that was named in place of a folder."""
    if _kind(path.name) == _ARCHIVE:
        return "unpack it, and name the folder that then holds the four files"
    return "name the folder that holds the four files"


def _choose(directory: Path, name: str, names: Iterable[str]) -> Path | None:
    """Return the file that is read as `name`; None if there is none."""
    found = [each for each in names if published_name(each) == name]
    found = [each for each in found if os.path.isfile(directory / each)]
    for wanted in (name, f"{name}.gz"):
        if wanted in found:
            return directory / wanted
    raw = [each for each in found if not each.lower().endswith(".gz")]
    if len(raw or found) > 1:
        raise DataError(f"{directory} holds {' and '.join(raw or found)}; keep one of them")
    return directory / (raw or found)[0] if found else None


def _unusable(directory: Path, names: Iterable[str]) -> Iterator[str]:
    """Say of each entry that has a file's name, and is no file, what it is."""
    for each in names:
        path = directory / each
        if published_name(each) and not os.path.isfile(path):
            if path.is_dir():
                yield f"{each} is a folder"
            elif path.is_symlink():
                yield f"{each} is a link to {os.readlink(path)}, which is not there"
            else:
                yield f"{each} is no regular file"


def _without_files(directory: Path, names: list[str]) -> str:
    """Return the message for a folder without the four files: what it holds, and what to do."""
    reason = f"{directory} holds none of the four files of a data set"
    if not names:
        return (
            f"{reason}: it is empty (if a disk belongs there, it is not mounted). It should hold "
            f"{', '.join(FILE_NAMES)}"
        )
    entries = list(islice(_entries_below(directory), _MOST_ENTRIES))
    elsewhere = _folders_with_all([directory.parent, *(path for path in entries if path.is_dir())])
    if len(elsewhere) == 1:
        return f"{reason}; {elsewhere[0]} holds them: name that folder"
    if elsewhere:
        shown = ", ".join(map(str, elsewhere[:_MOST_EXAMPLES]))
        return f"{reason}; these folders do: {shown}: name the one that is meant"
    by_kind: dict[str, list[str]] = {}
    for path in entries:
        if not path.is_dir():
            shown = path.relative_to(directory).as_posix()
            by_kind.setdefault(_kind(path.name), []).append(shown)
    holds = [_counted(kind, files) for kind, files in by_kind.items()]
    more = " and more" if len(entries) == _MOST_ENTRIES else ""
    return (
        f"{reason}, which are {', '.join(FILE_NAMES)}, raw or with .gz at the end. It holds "
        f"{', '.join(holds) or 'empty folders alone'}{more}. {_remedy(by_kind)}"
    )


def _counted(kind: str, files: list[str]) -> str:
    """Return such as "2 tables (train.csv, test.csv)"."""
    dots = ", …" if len(files) > _MOST_EXAMPLES else ""
    examples = f"{', '.join(files[:_MOST_EXAMPLES])}{dots}"
    plural = kind.replace("file", "files", 1) if "file" in kind else f"{kind}s"
    return f"{len(files)} {kind if len(files) == 1 else plural} ({examples})"


def _remedy(by_kind: dict[str, list[str]]) -> str:
    if _IDX in by_kind:
        emnist = any("emnist" in name.lower() for name in by_kind[_IDX])
        return "Give the four that are meant those names, by copies or links" + (
            "; EMNIST's images stand transposed, rows and columns exchanged" if emnist else ""
        )
    if _ARCHIVE in by_kind:
        return "Unpack the archive, and name the folder that then holds the four files"
    return (
        "Data in another form has a name of its own, as in datasets: {mine: {folder: photos}} "
        "(docs/data.md)"
    )


def _kind(name: str) -> str:
    name = name.lower()
    if _OTHER_NAME.search(name):
        return _IDX
    kinds = (kind for kind, endings in _KINDS.items() if name.endswith(endings))
    return next(kinds, _UNKNOWN)


def _entries_below(directory: Path) -> Iterator[Path]:
    """Yield what lies in a folder and below it, the nearest first; no links are followed."""
    folders = [directory]
    for _ in range(_DEPTH):
        below = []
        for folder in folders:
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                yield Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    below.append(Path(entry.path))
        folders = below


def _folders_with_all(folders: Iterable[Path]) -> list[Path]:
    """Return those of the folders that hold all four files."""
    found = []
    for folder in folders:
        try:
            names = _names_in(folder)
            complete = all(_choose(folder, name, names) for name in FILE_NAMES)
        except DataError:
            continue
        if complete:
            found.append(folder)
    return found
