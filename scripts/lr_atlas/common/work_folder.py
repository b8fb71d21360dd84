"""Working folders of the workflow: folders that can be made and written to, before anything is."""

import os
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import length_name
from lr_atlas.common.units import size_text

#: The folders below `results` that jobs write to.
RESULTS = (
    *("benchmarks", "checkpoints", "imported", "logs", "looks", "packs", "runs", "studies"),
    "trained",
)
#: A folder that is only read, so it may be somebody else's.
READ = "data"
#: Snakemake's own, and ours in it.
RECORDS = (
    ".snakemake",
    *(f".snakemake/{name}" for name in ("incomplete", "locks", "log", "lr-atlas", "metadata")),
)
#: Bytes without which Snakemake would end in a traceback before anything is done.
LEAST_SPACE = 4_000_000
#: The rules that have a folder in `logs` and in `benchmarks`.
_RULES = (
    *("analyse", "collect", "data", "evaluate", "figures", "find_rates", "import_runs"),
    *("select", "study_page", "train", "train_pack"),
)
#: The files that are not made anew by a job where a folder lies in their place.
_FILES = ("report.html", "verification.json")
_A_FOLDER = "{}: this is a folder, where a file is needed; move it away"


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


def check_space(folders: Iterable[Path]) -> None:
    """Raise UserError for the first folder, of those that are there, on a disk that is full."""
    for folder in folders:
        if folder.exists():
            total, _, free = shutil.disk_usage(folder)
            if total and free < LEAST_SPACE:  # some file systems do not tell
                raise UserError(
                    f"{folder}: on its disk {size_text(free)} are free, and Snakemake needs "
                    f"{size_text(LEAST_SPACE)} to begin. What was finished is kept; make space and "
                    "start again"
                )


def check_inside(results: Path, own: Path, studies: Iterable[str]) -> None:
    """Raise UserError, with a line each, for folders and files inside these that cannot be written.

    own: the folder of this workflow in Snakemake's record. Files and folders of other names are
    nobody's business.
    """
    folders = [
        *(results / kind / rule for kind in ("logs", "benchmarks") for rule in _RULES),
        *(results / "studies" / study / name for study in studies for name in ("", "figures")),
    ]
    files = [*(results / name for name in _FILES), *own.glob("*")]
    _tell([*map(_problem, folders), *(_A_FOLDER.format(path) for path in files if path.is_dir())])


def check_runs(
    results: Path, runs: Collection[tuple[str, int]], files: Collection[str] = ()
) -> None:
    """Raise UserError, with a line each, for what is in the way of training runs.

    That is a folder that cannot be made or written to, and one in the place of a run's file.
    runs: (name, length) of those that are to be trained. files: the names of the files of a run.
    """
    folders = (
        Path(path)
        for name, length in runs
        for path in (
            f"{results}/runs/{name}",
            f"{results}/runs/{name}/{length_name(length)}",
            f"{results}/logs/train/{name}",
            f"{results}/benchmarks/train/{name}",
        )
        # Most are not there, and a Path takes its time.
        if os.path.lexists(path)
    )
    run_folders = (f"{results}/runs/{name}/{length_name(length)}" for name, length in runs)
    in_place = (
        _A_FOLDER.format(f"{folder}/{name}")
        for folder in run_folders
        if os.path.lexists(folder)
        for name in files
        if os.path.isdir(f"{folder}/{name}")
    )
    _tell([*map(_problem, folders), *in_place])


def _tell(problems: Iterable[str]) -> None:
    found = sorted(set(filter(None, problems)))
    if found:
        raise UserError("\n".join(found))


def _problem(folder: Path, needed: int = os.R_OK | os.W_OK) -> str:
    """Return what is wrong with a folder, or with what it would lie in if it is not there yet."""
    for path in (folder, *folder.parents):
        try:
            there = os.path.lexists(path)
            if there and path.is_symlink() and not path.exists():
                return f"{path}: this link leads nowhere, where a folder is needed"
            if there and not path.is_dir():
                return f"{path}: this is a file, where a folder is needed; move it away"
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
