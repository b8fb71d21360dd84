"""Parameters in sentences, in names and on axes: rounded as far as different ones stay apart."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_FEWEST_DIGITS = 3
_MOST_DIGITS = 17  # every double has an own text with so many


def rounded(values: Iterable[float]) -> dict[float, float]:
    """Return each value with the fewest significant digits, 3 or more, that keep all apart.

    Whole numbers and infinities stay as they are, and no other number becomes a whole one: 0.99999
    is not shown as 1. NaN is left out.
    """
    values = {value: None for value in values if not math.isnan(value)}
    found = {}
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
        found = {value: _to_digits(value, digits) for value in values}
        if len(set(found.values())) == len(values) and not any(
            _is_whole(short) and not _is_whole(value) for value, short in found.items()
        ):
            break
    return found


def rounded_texts(values: Iterable[float]) -> dict[float, str]:
    """Return the values of `rounded` as texts: "0.00316", "1e-05", "64"."""
    return {value: compact(float(short)) for value, short in rounded(values).items()}


def digits_given(value: float) -> int:
    """Return how many significant digits a number has, as it would be written."""
    return len(Decimal(repr(value)).normalize().as_tuple().digits)


def to_digits(value: float, digits: int) -> float:
    """Return a value rounded to so many significant digits."""
    return float(f"{value:.{digits}g}")


def compact(value: Any) -> str:
    """Return a value as a short text that is safe in file names.

    Such as 1.0 -> "1", [0.9, 0.99] -> "0.9_0.99".
    """
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, list | tuple):
        return "_".join(compact(element) for element in value) or "none"
    return str(value)


def _to_digits(value: float, digits: int) -> float:
    return value if _is_whole(value) or math.isinf(value) else to_digits(value, digits)


def _is_whole(value: float) -> bool:
    return math.isfinite(value) and float(value).is_integer()
