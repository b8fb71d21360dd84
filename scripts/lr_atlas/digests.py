"""Digests of files, by which they are told apart."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's content. Raises OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def combined_digest(digests: Iterable[str]) -> str:
    """One SHA-256 (hex) for several (hex), in their order."""
    return hashlib.sha256("".join(digests).encode("ascii")).hexdigest()
