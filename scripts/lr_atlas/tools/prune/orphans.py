"""Orphans: what training jobs have left in the results folder and no study asks for any more.

Only files under names that training jobs give are looked at, in the folders that they write to.
Links are not followed.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lr_atlas.common.atomic import is_abandoned, unfinished_name
from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import named_length
from lr_atlas.runs.checkpoints import UnreadableError, read_checkpoint
from lr_atlas.runs.run_folders import explained_refusals
from lr_atlas.runs.run_locks import LOCK, take_lock
from lr_atlas.runs.training_code import changed_code

_RUN = re.compile(r".+-seed-?\d+-[0-9a-f]{12}")
_CHECKPOINTS = "checkpoints"
#: Folders that training jobs write to, and the names of what lies there in the folder of a run; the
#: group is its length.
_PLACES = {
    "runs": re.compile(r"((?:epochs|steps)-\d+)"),
    "trained": re.compile(r"((?:epochs|steps)-\d+)"),
    "logs/train": re.compile(r"((?:epochs|steps)-\d+)(?:\.packed)?\.log"),
    "benchmarks/train": re.compile(r"((?:epochs|steps)-\d+)\.tsv"),
    # A folder holds the checkpoints of one origin, or what a program keeps between attempts.
    _CHECKPOINTS: re.compile(r"[0-9a-f]{12}|((?:epochs|steps)-\d+)"),
}


class Reason(StrEnum):
    """Name why something is an orphan."""

    RUN = "runs that no study asks for"
    LENGTH = "lengths of runs that no study asks for"
    CODE = "checkpoints by other code than the present, or damaged"
    UNFINISHED = "what killed jobs left unfinished"


@dataclass(frozen=True)
class Orphan:
    """A file or folder that no study asks for."""

    path: Path
    reason: Reason
    run: str
    size: int  # bytes, of all files in it


@explained_refusals()
def find_orphans(
    results: Path,
    asked: Mapping[str, Set[int]],
    codes: Collection[dict[str, str]],
    caches: Iterable[Path] = (),
) -> tuple[list[Orphan], list[Path]]:
    """Return (orphans by path, links that were left alone) in a results folder.

    asked: the lengths for which each run is asked for, by its name.
    codes: the present digests of the training code, for each configuration with its own files.
    caches: folders that are shared; one that lies among the results is left alone.
    Raises UserError for a folder that may not be read.
    """
    orphans: list[Orphan] = []
    links: list[Path] = []
    for place, run in _runs_everywhere(results, {cache.resolve() for cache in caches}, links):
        for entry in _entries(run, links):
            reason = _reason(place, run.name, entry, asked, codes)
            if reason:
                orphans.append(_orphan(entry, reason, run.name))
                continue
            orphans += [
                _orphan(inner, Reason.UNFINISHED, run.name)
                for inner in _entries(entry, links)
                if is_abandoned(inner)
            ]
    return orphans, links


def delete(orphan: Orphan, checkpoints: Iterable[Path]) -> bool:
    """Delete an orphan, and the run's folder around it if nothing else is in it.

    Returns whether that was done: a run that a job works on is left alone.

    checkpoints: the folders in which jobs keep checkpoints, and lock runs that they work on.
    A folder loses its name first: interrupted, this leaves no half of a run under a run's name, and
    the rest is an orphan again. Raises UserError if it cannot be deleted.
    """
    path = orphan.path
    try:
        with contextlib.ExitStack() as stack:
            for directory in checkpoints:
                if not take_lock(directory, orphan.run, stack):
                    return False
            if path.is_dir():
                if orphan.reason != Reason.UNFINISHED:
                    path = path.rename(path.with_name(unfinished_name(path.name)))
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            if set(os.listdir(path.parent)) <= {LOCK}:
                (path.parent / LOCK).unlink(missing_ok=True)
                path.parent.rmdir()
    except OSError as error:
        raise UserError(f"{orphan.path} cannot be deleted: {error}. The rest was kept") from None
    return True


def _runs_everywhere(
    results: Path, shared: Set[Path], links: list[Path]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Return (place, folder of a run in it) for all of _PLACES; links go to `links`."""
    for place in _PLACES:
        folder = results / place
        if folder.resolve() != results.resolve() / place:
            links.append(folder)
        elif folder.resolve() not in shared:
            for run in _entries(folder, links):
                if _RUN.fullmatch(run.name):
                    yield place, run


def _entries(folder: os.PathLike[str], links: list[Path]) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name; links in it go to `links`."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    links += [Path(entry) for entry in entries if entry.is_symlink()]
    return [entry for entry in entries if not entry.is_symlink()]


def _reason(
    place: str,
    run: str,
    entry: os.DirEntry,
    asked: Mapping[str, Set[int]],
    codes: Collection[dict[str, str]],
) -> Reason | None:
    """Return why an entry in the folder of a run is an orphan; None if it is none."""
    if is_abandoned(entry):
        return Reason.UNFINISHED
    match = _PLACES[place].fullmatch(entry.name)
    if not match:
        return None
    if run not in asked:
        return Reason.RUN
    if place == _CHECKPOINTS and match[1] is None:
        return None if _is_by(Path(entry), codes) else Reason.CODE
    return None if named_length(match[1]) in asked[run] else Reason.LENGTH


def _is_by(folder: Path, codes: Collection[dict[str, str]]) -> bool:
    """Return whether checkpoints in a folder are by one of these codes; all have one origin."""
    for path in sorted(folder.glob("*.zip")):
        try:
            found = read_checkpoint(path).origin["code"]
            return not all(changed_code(found, code) for code in codes)
        except UnreadableError:
            return True
        except ValueError:
            continue
    return False


def _orphan(entry: os.DirEntry, reason: Reason, run: str) -> Orphan:
    return Orphan(Path(entry), reason, run, _size(entry))


def _size(entry: os.DirEntry[str]) -> int:
    if not entry.is_dir(follow_symlinks=False):
        return entry.stat(follow_symlinks=False).st_size
    return sum(_size(inner) for inner in os.scandir(entry))
