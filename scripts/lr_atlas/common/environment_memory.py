"""Findings about code and packages, remembered in the environment that Python runs in.

What is remembered can always be found out again; it is only spared. So a place that cannot be
written to, or a damaged file, does no harm.
"""

import contextlib
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.safe_files import read_plain

PLACE = Path(sys.prefix) / "share" / "lr-atlas"


def recall(name: str, place: Path = PLACE) -> Any:
    """Return what was remembered under a name; None if that is nothing, or damaged."""
    try:
        kept = json.loads(read_plain(place / name))
        whole = kept["digest"] == _digest(kept["value"])
    except (OSError, UserError, ValueError, KeyError, TypeError):
        return None
    return kept["value"] if whole else None


def remember(name: str, value: Any, place: Path = PLACE) -> None:
    """Remember a value, plain for JSON, under a name; where that cannot be written, do nothing.

    The name begins with its kind, as in "torch-2.13.0.json"; others of that kind are forgotten,
    which other code or another version has left.
    """
    kind = name.partition("-")[0]
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        for other in place.glob(f"{kind}-*"):
            if other.name != name:
                other.unlink()
        with open_atomically(place / name) as file:
            file.write(json.dumps({"digest": _digest(value), "value": value}).encode())


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
