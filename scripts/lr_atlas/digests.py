"""Digests of files, by which they are told apart."""

import hashlib
from pathlib import Path

from lr_atlas.safe_files import open_plain


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a plain file's content. Raises as `safe_files.open_plain`."""
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
