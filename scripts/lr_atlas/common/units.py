"""Numbers, seconds, bytes and lists as a person reads them."""

from collections.abc import Iterable


def time_text(seconds: float) -> str:
    """Return such as "48 s", "12 min", "3.4 h"; two digits are enough for an estimate."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} s"


def core_time_text(seconds: float) -> str:
    """Return the same of one core: "48 core-seconds", "12 core-minutes", "3.4 core-hours"."""
    number, unit = time_text(seconds).split()
    return f"{number} core-{ {'h': 'hours', 'min': 'minutes', 's': 'seconds'}[unit] }"


def size_text(size: int) -> str:
    """Return bytes in decimal units: "512 B", "4.1 kB", "3.2 GB"."""
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{_two_digits(number)} {unit}"
        number /= 1000
    return f"{_two_digits(number)} TB"


def counted(number: int, noun: str) -> str:
    """Return such as "1 run", "3 runs"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def shortened(names: Iterable[str], most: int = 3) -> str:
    """Return the first of some names, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def _two_digits(number: float) -> str:
    return f"{number:.0f}" if number >= 10 or number == 0 else f"{number:.2g}"
