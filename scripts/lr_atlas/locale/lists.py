"""Lists within sentences, in the language that is spoken."""

import functools
from collections.abc import Iterable

from lr_atlas.locale.speech import numeral, say


def joined(names: Iterable[str]) -> str:
    """Return such as "a and b and c", or "a"."""
    first, *others = [*names] or [""]
    return functools.reduce(
        lambda named, last: say("{names} and {last}", names=named, last=last), others, first
    )


def numbers_listed(texts: Iterable[str]) -> str:
    """Return numbers such as "0.1, 0.3", apart also where a comma stands for the point.

    texts: the numbers as English writes them.
    """
    first, *others = map(numeral, texts)
    return functools.reduce(
        lambda listed, last: say("{numbers}, {last}", numbers=listed, last=last), others, first
    )


def first_named(names: list[str], most: int) -> str:
    """Return the first of some names, and how many more there are: "a, b and 3 more"."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return say("{names} and {count} more", names=shown, count=len(names) - most)
