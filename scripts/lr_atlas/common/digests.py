"""Digests of files, by which they are told apart."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lr_atlas.common.safe_files import open_plain


def file_digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a plain file's content. Raises as `safe_files.open_plain`."""
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def combined_digest(digests: Iterable[str]) -> str:
    """Return one SHA-256 (hex) for several (hex), in their order."""
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()


def rule_digests(project: Path) -> dict[str, str]:
    """Return {file: digest} of the rules, which the Snakemake of each job reads again."""
    return {
        path.relative_to(project).as_posix(): file_digest(path)
        for path in [project / "Snakefile", *project.glob("rules/*.smk")]
    }
