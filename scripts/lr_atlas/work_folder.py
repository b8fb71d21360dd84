"""Where the workflow works: folders that can be made and written to, before anything is."""

import os
from collections.abc import Iterable
from pathlib import Path

from lr_atlas.errors import UserError

#: The folders below `results` that jobs write to.
RESULTS = ("benchmarks", "checkpoints", "logs", "packs", "runs", "studies", "trained")
#: What is only read there may be somebody else's.
READ = "data"
#: Snakemake's own, and ours in it.
RECORDS = (
    ".snakemake",
    *(f".snakemake/{name}" for name in ("incomplete", "locks", "log", "lr-atlas", "metadata")),
)
#: The rules that have a folder in `logs` and in `benchmarks`.
_RULES = (
    *("analyse", "collect", "data", "evaluate", "figures", "select", "study_page"),
    *("train", "train_pack"),
)
#: The files that are not made anew by a job where a folder lies in their place.
_FILES = ("report.html", "verification.json")
_A_FILE = "this is a file, where a folder is needed; move it away"


def check_project_path(project: Path) -> None:
    """Raise UserError if Snakemake would take parts of the project's path for wildcards."""
    if set("{}") & set(str(project)):
        raise UserError(
            f"{project}: Snakemake takes braces in the project's path for wildcards; move or "
            "rename the folder"
        )


def check_folders(results: Path, records: Iterable[Path]) -> None:
    """Raise UserError, with a line each, for folders that cannot be made or written to."""
    folders = [results, *(results / name for name in RESULTS), *records]
    found = [_problem(results / READ, os.R_OK), *map(_problem, folders)]
    _tell(found)


def check_inside(
    results: Path, own: Path, runs: Iterable[tuple[str, int]], studies: Iterable[str]
) -> None:
    """Raise UserError, a line each, where a file lies in a folder's place, or the other way round.

    own: the folder of this workflow in Snakemake's record. runs: (name, epochs). Files and folders
    of other names are nobody's business.
    """
    runs, studies = [*runs], [*studies]
    names = {name for name, _ in runs}
    needed = {
        **{results / kind: _RULES for kind in ("logs", "benchmarks")},
        **{results / kind: studies for kind in ("studies", "packs")},
        **{results / kind: names for kind in ("runs", "checkpoints", "trained")},
        **{results / kind / "train": names for kind in ("logs", "benchmarks")},
        **{results / kind / "train_pack": studies for kind in ("logs", "benchmarks")},
    }
    files = [
        folder / name
        for folder, wanted in needed.items()
        for name in _files_in(folder).intersection(wanted)
    ]
    lengths = (f"{results}/runs/{name}/epochs-{epochs}" for name, epochs in runs)
    files += [path for path in lengths if os.path.isfile(path) and not os.path.islink(path)]
    folders = [
        path for path in (*(results / name for name in _FILES), *own.glob("*")) if path.is_dir()
    ]
    _tell(
        [
            *(f"{path}: {_A_FILE}" for path in files),
            *(
                f"{path}: this is a folder, where a file is needed; move it away"
                for path in folders
            ),
        ]
    )


def _files_in(folder: Path) -> set[str]:
    """Return the names of all in a folder that is no folder; none where it is not there.

    Without links, which `linked_places` refuses where they are in the way.
    """
    try:
        with os.scandir(folder) as entries:
            return {each.name for each in entries if not each.is_dir() and not each.is_symlink()}
    except OSError:
        return set()


def _tell(problems: Iterable[str]) -> None:
    found = sorted(set(filter(None, problems)))
    if found:
        raise UserError("\n".join(found))


def _problem(folder: Path, needed: int = os.R_OK | os.W_OK) -> str:
    """What is wrong with a folder or, if it is not there yet, with what it would lie in."""
    for path in (folder, *folder.parents):
        try:
            there = os.path.lexists(path)
            if there and path.is_symlink() and not path.exists():
                return f"{path}: this link leads nowhere, where a folder is needed"
            if there and not path.is_dir():
                return f"{path}: {_A_FILE}"
        except OSError as error:
            return f"{path}: {error.strerror}"
        if there:
            break
    if os.access(path, needed | os.X_OK):
        return ""
    where = "here" if path == Path() else path
    return (
        f"{where}: you may not write to this folder; work in one of your own (--directory) or ask "
        "for the right"
    )
