"""Ranges that the arguments of schedules have to be in."""


def refuse_outside(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError unless a value is within its range, both ends included."""
    if not low <= value <= high:
        raise ValueError(f"{name} is between {low:g} and {high:g}; found {value:g}")


def refuse_not_above(name: str, value: float, low: float) -> None:
    """Raise ValueError unless a value is above the lower end of its range."""
    if value <= low:
        raise ValueError(f"{name} is above {low:g}; found {value:g}")


def refuse_longer(name: str, steps: float, total: int) -> None:
    """Raise ValueError unless a part of a run fits into it, as far as a schedule goes over it."""
    if steps > total:
        raise ValueError(
            f"{name} takes {steps:g} steps, and the run has {total} (those of a warm-up left out)"
        )
