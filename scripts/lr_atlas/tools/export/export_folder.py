"""The folder of an export: there as a whole or not at all, and known as what it is."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lr_atlas.common.atomic import unfinished_name
from lr_atlas.common.errors import UserError

#: Says in a folder which export it is; hidden, so that no reader takes it for a part.
RECORD = ".lr-atlas-export.json"


@dataclass(frozen=True)
class Export:
    """Say what an export is of; content: a digest of all that it is made from."""

    kind: str
    study: str
    content: str

    def is_at(self, folder: Path) -> bool:
        """Return whether just this export lies in a folder."""
        return _recorded(folder) == self


def _recorded(folder: Path) -> Export | None:
    """Return which export lies in a folder; None if it is none."""
    try:
        return Export(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextlib.contextmanager
def replaced(folder: Path, export: Export) -> Iterator[tuple[Path, Path]]:
    """Yield (an empty folder to be filled, the place where it will lie), and put it there.

    Until the block has ended without an error, what was there before stays. Raises UserError for a
    folder that holds something else than this study's export of this kind.
    """
    final = folder.absolute()
    _refuse_others(final, export)
    final.parent.mkdir(parents=True, exist_ok=True)
    building, old = (final.with_name(unfinished_name(final.name)) for _ in range(2))
    building.mkdir()
    try:
        yield building, final
        record = json.dumps(asdict(export), indent=1, ensure_ascii=False) + "\n"
        (building / RECORD).write_text(record, encoding="utf-8")
        _take_place(building, final, old)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _take_place(building: Path, final: Path, old: Path) -> None:
    """Rename a folder to its place; what lies there is kept as `old`, or comes back on an error."""
    if not final.exists():
        building.rename(final)
        return
    final.rename(old)
    try:
        building.rename(final)
    except BaseException:
        old.rename(final)
        raise


def _refuse_others(folder: Path, export: Export) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder} is no folder; name another place: --to FOLDER")
    if not folder.exists() or not any(folder.iterdir()):
        return
    found = _recorded(folder)
    if found is None:
        raise UserError(
            f"{folder} holds something that is no export, and would be replaced; name a new "
            "folder: --to FOLDER"
        )
    if (found.kind, found.study) != (export.kind, export.study):
        raise UserError(
            f"{folder} holds the export {found.kind} of study {found.study}, and would be "
            "replaced; name another folder: --to FOLDER"
        )
