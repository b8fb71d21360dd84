"""The formats of runs from elsewhere: a file each, found by its place, told by their content."""

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.units import shortened
from lr_atlas.tables.imported.content import ForeignFileError
from lr_atlas.tables.imported.raw import Raw

#: The most files that are taken from one folder, and how deep they may lie.
MOST_FILES = 100_000
_DEEPEST = 20


@dataclass(frozen=True)
class Format:
    """A form in which others keep runs; FORMAT of each file in formats/.

    Attributes:
        name: As its file.
        title: What people call it: "MLflow's folder".
        recognises: Whether a file, or a folder as a whole, is of it; by content, and cheap. It may
            raise UserError for what no format can read, as `content.start_of` does.
        read: Reads what it has recognised; raises UserError with file and line.
        general: Whether others that recognise a file as well go first, as a table of any columns.
    """

    name: str
    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Raw]
    general: bool = False


@functools.cache
def formats() -> tuple[Format, ...]:
    """Return all formats, general ones last."""
    names = sorted(path.stem for path in (Path(__file__).parent / "formats").glob("[!_]*.py"))
    modules = (importlib.import_module(f"{__package__}.formats.{name}") for name in names)
    found = [module.FORMAT for module in modules]
    return tuple(sorted(found, key=lambda each: (each.general, each.name)))


def format_of(path: Path) -> Format | None:
    """Return the format of a file or of a folder as a whole; None if it is of none."""
    return next((each for each in formats() if each.recognises(path)), None)


def read_files(paths: Iterable[Path]) -> list[Raw]:
    """Read the runs in files, and in all files below folders.

    What a folder holds beside runs is passed over. Raises UserError for a file that was named and
    is of no format, and for a folder without runs.
    """
    raws: list[Raw] = []
    for path in dict.fromkeys(map(Path, paths)):
        if path.is_dir():
            raws += _read_folder(path)
        else:
            raws.append(_read_named(path))
    return raws


def _read_named(path: Path) -> Raw:
    found = format_of(path)
    if found is None:
        raise ForeignFileError(path, f"no runs that can be read; {_allowed()}")
    return found.read(path)


def _read_folder(folder: Path) -> list[Raw]:
    raws = [form.read(path) for path, form in _things(folder, _DEEPEST)]
    if not raws:
        raise ForeignFileError(folder, f"there are no runs in this folder; {_allowed()}")
    return raws


def _things(folder: Path, deepest: int) -> Iterator[tuple[Path, Format]]:
    """Yield what lies in a folder and is of a format: the folder as a whole, or what is below."""
    whole = format_of(folder)
    if whole:
        yield folder, whole
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir() and deepest:
            yield from _things(path, deepest - 1)
        elif path.is_file():
            found = format_of(path)
            if found:
                yield path, found


def _allowed() -> str:
    return f"read are {shortened(titles(), len(formats()))}"


def titles() -> Sequence[str]:
    """Return what people call the formats."""
    return [each.title for each in formats()]
