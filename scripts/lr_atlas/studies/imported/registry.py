"""The formats of runs from elsewhere: a file each, found by its place, told by their content."""

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.common.units import shortened
from lr_atlas.studies.imported.content import ForeignFileError, description
from lr_atlas.studies.imported.log_lines import read_logs
from lr_atlas.studies.imported.raw import Raw

#: So deep may files lie in a folder.
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
        together: Reads many at once, as one table; where there is none, each is read for itself.
        general: Whether others that recognise a file as well go first, as a table of any columns.
    """

    name: str
    title: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Raw]
    together: Callable[[Sequence[Path]], Raw] | None = None
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


def read_files(paths: Iterable[Path], pattern: str | None = None) -> list[Raw]:
    """Read the runs in files, and in all files below folders; each once.

    pattern: of logs in plain text, see log_lines.py; all files are then read as such. What a folder
    holds beside runs is passed over, and links in it are not followed. Raises
    UserError for a file that was named and is of no format, and for a folder without runs.
    """
    if pattern is not None:
        return read_logs(map(Path, paths), pattern)
    things: dict[tuple[int, int], tuple[Path, Format]] = {}
    for path in map(Path, paths):
        found = list(_things(path, _DEEPEST)) if path.is_dir() else [(path, _format_named(path))]
        if not found:
            raise ForeignFileError(path, f"there are no runs in this folder; {_allowed()}")
        for each in found:
            status = each[0].stat()
            things.setdefault((status.st_dev, status.st_ino), each)
    return [
        raw for form, paths in _by_format(things.values()).items() for raw in _read(form, paths)
    ]


def _by_format(things: Iterable[tuple[Path, Format]]) -> dict[Format, list[Path]]:
    found: dict[Format, list[Path]] = {}
    for path, form in things:
        found.setdefault(form, []).append(path)
    return found


def _read(form: Format, paths: Sequence[Path]) -> list[Raw]:
    return [form.together(paths)] if form.together else [form.read(path) for path in paths]


def _format_named(path: Path) -> Format:
    found = format_of(path)
    if found is None:
        raise ForeignFileError(path, f"it is {description(path)}; {_allowed()}")
    return found


def _things(folder: Path, deepest: int) -> Iterator[tuple[Path, Format]]:
    """Yield what lies in a folder and is of a format: the folder as a whole, or what is below."""
    whole = format_of(folder)
    if whole:
        yield folder, whole
    else:
        yield from things_in(folder, deepest)


def things_in(folder: Path, deepest: int = _DEEPEST) -> Iterator[tuple[Path, Format]]:
    """Yield what lies below a folder and is of a format; links and hidden files are left out."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise ForeignFileError(folder, f"it cannot be read: {error.strerror}") from None
    for path in paths:
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir() and deepest:
            yield from _things(path, deepest - 1)
        elif path.is_file():
            with contextlib.suppress(ForeignFileError):  # of no matter: nobody has named it
                found = format_of(path)
                if found:
                    yield path, found


def _allowed() -> str:
    return f"read are {shortened(titles(), len(formats()))}"


def titles() -> Sequence[str]:
    """Return what people call the formats."""
    return [each.title for each in formats()]
