"""Count the length of a run in epochs or in training steps, and name its folder by that.

A plain int counts epochs, a Steps counts steps. All runs of one name count in the same unit, which
is part of their configuration (`budget`), so a length is an int wherever lengths are compared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from lr_atlas.common.units import counted

_NAME = re.compile(r"(epochs|steps)-(0|[1-9]\d*)")


class Steps(int):
    """A length in training steps, each of a batch."""


def unit_of(length: int) -> str:
    """Return what a length counts: "steps" or "epochs"."""
    return "steps" if isinstance(length, Steps) else "epochs"


def length_name(length: int) -> str:
    """Return the name of the folder of a run that goes so long, such as "epochs-10"."""
    return f"{unit_of(length)}-{int(length)}"


def length_text(length: int) -> str:
    """Return such as "10 epochs" or "1 step"."""
    return counted(int(length), unit_of(length)[:-1])


def named_length(name: str) -> int | None:
    """Return the length whose folder has that name; None if it is none's."""
    match = _NAME.fullmatch(name)
    if not match:
        return None
    return Steps(match[2]) if match[1] == "steps" else int(match[2])


def length_of(configuration: Mapping, length: int) -> int:
    """Return a number as a length of the unit in which a run's configuration counts."""
    return Steps(length) if configuration.get("budget") == "steps" else int(length)


def sums_text(parts: Iterable[tuple[int, int]]) -> str:
    """Return such as "12 epochs", or "12 epochs and 300 steps".

    parts: (a length, by whose unit goes what of it is counted).
    """
    sums: Counter[str] = Counter()
    for length, part in parts:
        sums[unit_of(length)] += int(part)
    return " and ".join(counted(sums[unit], unit[:-1]) for unit in sorted(sums)) or "0 epochs"
