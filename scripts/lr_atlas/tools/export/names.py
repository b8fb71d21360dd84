"""Names of others for ours: each as its receiver takes it, and no two of them the same."""

from collections.abc import Callable, Iterable


def distinct(names: Iterable[str], allowed: Callable[[str], str]) -> dict[str, str]:
    """Return {name: what `allowed` makes of it}; where two would be the same, with a number."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(names):
        plain = other = allowed(name)
        number = 2
        while other in found.values():
            other, number = f"{plain}_{number}", number + 1
        found[name] = other
    return found
