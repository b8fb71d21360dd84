"""Set Numba's options for the steps, and tell its cache of their sources."""

import hashlib
import logging
from pathlib import Path
from typing import Any

from lr_atlas.training.steps.plain_numba import njit

LOGGER = logging.getLogger(__name__)


def _can_cache() -> bool:
    """Return whether Numba finds a folder where it may write."""
    try:
        njit(cache=True)(_can_cache)
    except RuntimeError as error:
        LOGGER.warning("each job will compile for some ten seconds: %s", error)
        return False
    return True


# Not the flags that forget what infinity and NaN are: a run that diverges is known by them.
COMPILED: dict[str, Any] = {
    "cache": _can_cache(),
    "error_model": "numpy",
    "fastmath": {"contract", "nsz", "reassoc"},
}
# Functions that the two compiled ones call become part of them. By themselves they would
# be machine code twice, in a process that compiles and in one that finds all in the cache, with
# other roundings (seen with Adam).
INLINED = {**COMPILED, "cache": False, "inline": "always"}


def sources_digest() -> str:
    """Return a digest of the files that are compiled.

    Numba's cache notices an edit of the file alone that the cached function is in.
    """
    files = [*sorted(Path(__file__).parent.glob("compiled_*.py")), Path(__file__)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
