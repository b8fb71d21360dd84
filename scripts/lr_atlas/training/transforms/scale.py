"""Scaling of pixels to a range."""

from collections.abc import Sequence


def scale(pixel_range: Sequence[float]) -> tuple[float, float]:
    """Return (factor, summand) that take pixels 0..255 to the range [low, high]."""
    low, high = pixel_range
    return (high - low) / 255, low
