"""Extend a grid of learning rates: at its edge by its own ratio, in a gap by its middle."""

import math
from collections.abc import Sequence

from lr_atlas.studies.grid import Plan

#: A gap this wide may hide a better value: over a factor of ten results often change much.
DECADE = 10.0
_ROUNDING = 1e-6


def learning_rates(plan: Plan, optimizer: str) -> list[float]:
    """Return all learning rates that the plan has for the optimizer, rising."""
    return sorted(
        {
            run.parameters["learning_rate"]
            for run in plan.runs
            if run.parameters["optimizer"] == optimizer
        }
    )


def siblings(plan: Plan, setting: str) -> dict[float, str]:
    """Return a setting, and those that differ from it in their learning rate alone, by that."""
    parameters = {run.setting: run.parameters for run in plan.runs}
    own = parameters[setting]
    found = {
        each["learning_rate"]: name
        for name, each in parameters.items()
        if {**each, "learning_rate": own["learning_rate"]} == own
    }
    return dict(sorted(found.items()))


def beyond(rates: Sequence[float], side: str) -> float | None:
    """Return the next learning rate below ("low") or above ("high") a rising grid.

    By a decade at most, and where the grid has one value alone. None where there is nothing beyond,
    below 0.
    """
    edge, neighbour = (rates[0], rates[1:2]) if side == "low" else (rates[-1], rates[-2:-1])
    if edge == 0:
        return None
    step = DECADE
    if neighbour and neighbour[0]:
        step = min(max(edge / neighbour[0], neighbour[0] / edge), DECADE)
    return rounded(edge / step if side == "low" else edge * step)


def sides(at_edge: str) -> tuple[str, ...]:
    """Return the sides on which the best lies at the edge, from the column `at_edge`."""
    return ("low", "high") if at_edge == "both" else (at_edge,) if at_edge else ()


def wide_gaps(rates: Sequence[float], best: float) -> list[tuple[float, float]]:
    """Return (neighbour, value between) for each neighbour of the best a decade away or more.

    None of a best rate that nobody knows.
    """
    if math.isnan(best):
        return []
    place = sorted(rates).index(best)
    neighbours = [sorted(rates)[at] for at in (place - 1, place + 1) if 0 <= at < len(rates)]
    return [
        (neighbour, rounded(math.sqrt(neighbour * best)))
        for neighbour in neighbours
        if neighbour
        and best
        and max(neighbour / best, best / neighbour) >= DECADE * (1 - _ROUNDING)
    ]


def rounded(rate: float) -> float:
    """Return the rate in two significant digits: a grid needs no more."""
    return float(f"{rate:.2g}")
