"""The nearest right spelling of a word that is not known."""

import difflib
from collections import Counter
from collections.abc import Iterable

_CUTOFF = 0.55


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give ": did you mean 'adam'?" for the nearest known word, or "" where none is near."""
    nearness = {str(name): _nearness(str(word).lower(), str(name)) for name in known}
    best = max(nearness, key=nearness.get, default=None)
    return f": did you mean '{best}'?" if best and nearness[best] >= _CUTOFF else ""


def _nearness(word: str, name: str) -> float:
    """How near two words are, at most 1: letters in common, also out of order; length counts."""
    in_order = difflib.SequenceMatcher(None, word, name).ratio()
    shared = (Counter(word) & Counter(name)).total()
    in_any_order = 2 * shared / max(1, len(word) + len(name))
    return (in_order + in_any_order) / 2 - 0.05 * abs(len(word) - len(name))


def suggestion(word: str, known: Iterable[str]) -> str:
    """The nearest right spelling, and all that is allowed."""
    return f"{did_you_mean(word, known) or ';'} Allowed: {', '.join(str(name) for name in known)}"
