"""Numbers as people and programs write them: decimal commas, thousands, per cent, nan."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d*)(?:,\d*)?(?:[eE][+-]?\d+)?")
#: Between thousands, in both ways of writing: blanks of any width, apostrophes.
_GAPS = re.compile(r"(?<=\d)[ '\u2019\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_NO_NUMBER = {
    **dict.fromkeys(("nan", "-nan", "+nan", "nan(ind)", "-nan(ind)", "1.#qnan", "#num!"), np.nan),
    **dict.fromkeys(("inf", "+inf", "infinity", "+infinity", "1.#inf", "∞"), np.inf),
    **dict.fromkeys(("-inf", "-infinity", "-1.#inf", "-∞"), -np.inf),
}
#: Signs and words that stand where nothing is said.
_NOTHING = ("", "-", "--", "none", "null", "na", "n/a", "#n/a", "<na>")

POINT, COMMA, EITHER = "point", "comma", "either"


def is_nothing(value: Any) -> bool:
    """Return whether a cell says nothing: empty, or a word for that."""
    return (
        value is None
        or value is pd.NA
        or (isinstance(value, str) and value.strip().lower() in _NOTHING)
    )


def decimal_sign(texts: Iterable[str]) -> str | None:
    """Return which sign stands before decimals in all of these texts.

    EITHER if both readings are possible; None where none fits all, so that they are no numbers.
    """
    ways = {POINT, COMMA}
    for text in texts:
        bare = _bare(text)
        if bare.lower() in _NO_NUMBER or is_nothing(bare):
            continue
        ways &= {way for way, form in ((POINT, _POINT), (COMMA, _COMMA)) if _fits(form, bare)}
        if not ways:
            return None
    return EITHER if len(ways) > 1 else ways.pop()


def _fits(form: re.Pattern, text: str) -> bool:
    before_exponent = re.split("[eE]", text, maxsplit=1)[0]
    return bool(form.fullmatch(text)) and any(letter.isdigit() for letter in before_exponent)


def with_point(text: str) -> str:
    """Return a number with a decimal comma as one with a point; other texts as they are."""
    bare = _bare(text)
    if not _fits(_COMMA, bare):
        return text
    unit = "%" if text.rstrip().endswith("%") else ""
    return bare.replace(".", "").replace(",", ".") + unit


def number(text: str) -> float:
    """Return the number of a text, a share of one in per cent. Raises ValueError if it is none."""
    bare = _bare(text)
    if bare.lower() in _NO_NUMBER:
        return _NO_NUMBER[bare.lower()]
    if not _fits(_POINT, bare):
        raise ValueError(f"'{text[:40]}' is no number")
    return float(bare.replace(",", "")) / (100 if text.rstrip().endswith("%") else 1)


def _bare(text: str) -> str:
    return _GAPS.sub("", text.strip().removesuffix("%").strip()).replace("\u2212", "-")
