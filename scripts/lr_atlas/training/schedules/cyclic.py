"""Rises and falls between a low value and the full one (Smith 2017)."""

from typing import Literal

from lr_atlas.training.schedules._ranges import refuse_not_above, refuse_outside
from lr_atlas.training.schedules._units import Length


def cyclic(
    step: int,
    *,
    up: Length = 0.125,
    down: Length | None = None,
    low: float = 0.1,
    shape: Literal["triangular", "triangular2", "exp_range"] = "triangular",
    gamma: float = 1.0,
) -> float:
    """Return the factor on the way up from `low` to 1 and down again, cycle after cycle.

    down: by default as long as `up`. low: 0..1. shape: of the height of the cycles; all alike, half
    of the one before, or times gamma after each step. The same as torch's CyclicLR(base_lr=low *
    lr, max_lr=lr, step_size_up=up, step_size_down=down, mode=shape, gamma=gamma).
    """
    refuse_outside("low", low, 0, 1)
    refuse_not_above("gamma", gamma, 0)
    whole = up + (up if down is None else down)
    cycle, inside = divmod(step, whole)
    share = inside / up if inside <= up else (whole - inside) / (whole - up)
    height = {"triangular": 1.0, "triangular2": 0.5**cycle, "exp_range": gamma**step}[shape]
    return float(low + (1 - low) * share * height)
