"""Descriptions of data, remembered as long as its files keep their names, sizes and times."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.environment_memory import recall, remember
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.source import Description, Source

#: Descriptions that are remembered, those of the data that was read last.
_MOST = 200


def listing(place: str, files: Iterable[str]) -> str:
    """Return one value for the names, sizes and times of files, which are not read.

    files: paths from `place`; "" for a file that is the place itself. Raises DataError if one is
    not there.
    """
    found = hashlib.sha256()
    for name in files:
        path = os.path.join(place, name) if name else place
        try:
            status = os.stat(path)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from None
        found.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="replace"))
    return found.hexdigest()


def recalled(source: Source, state: str, find_out: Callable[[], Description]) -> Description:
    """Return the description of data in a state that is known; else find it out, and remember it.

    Bad data is not remembered: `find_out` tells of it again.
    """
    name, key = _name(), _key(source)
    known = recall(name) or {}
    if key in known and known[key]["state"] == state:
        return _from_plain(known[key]["description"])
    description = find_out()
    # Another process may have found out about other data meanwhile.
    known = recall(name) or {}
    known.pop(key, None)
    known[key] = {"state": state, "description": dataclasses.asdict(description)}
    remember(name, dict([*known.items()][-_MOST:]))
    return description


def _key(source: Source) -> str:
    return hashlib.sha256(canonical_json(dataclasses.asdict(source)).encode()).hexdigest()


@cache
def _name() -> str:
    """Return the name of the memory: other code may describe the same files in another way."""
    code = hashlib.sha256()
    here = Path(__file__).parent
    for path in [here.with_name("source.py"), *sorted(here.glob("*.py"))]:
        code.update(path.read_bytes())
    return f"data-{code.hexdigest()[:12]}.json"


def _from_plain(values: dict) -> Description:
    counts = {part: tuple(each) for part, each in values["counts"].items()}
    texts = {key: tuple(values[key]) for key in ("shape", "class_names", "notes")}
    return Description(**{**values, **texts, "counts": counts})
