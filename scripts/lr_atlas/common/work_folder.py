"""Working folders of the workflow: folders that can be made and written to, before anything is."""

import os
from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.errors import UserError

#: The folders below `results` that jobs write to.
RESULTS = ("benchmarks", "checkpoints", "logs", "packs", "runs", "studies", "trained")
#: What is only read there may be somebody else's.
READ = "data"
#: Snakemake's own, and ours in it.
RECORDS = (".snakemake", ".snakemake/lr-atlas", ".snakemake/log", ".snakemake/locks")


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
    problems = sorted(set(filter(None, found)))
    if problems:
        raise UserError("\n".join(problems))


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
