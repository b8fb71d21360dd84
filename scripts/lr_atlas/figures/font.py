"""Tell letters that the figures' font has from those that would be drawn as boxes."""

import functools
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font

#: As style.theme names it; it comes with Matplotlib, whose other fonts have no more scripts.
_FONT = "fonts/ttf/DejaVuSans.ttf"


def has_letters(*texts: str) -> bool:
    """Return whether every letter of the texts can be drawn."""
    return all(letter.isspace() or ord(letter) in _letters() for text in texts for letter in text)


@functools.cache
def _letters() -> frozenset[int]:
    return frozenset(FT2Font(str(Path(matplotlib.get_data_path()) / _FONT)).get_charmap())
