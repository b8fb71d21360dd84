"""Half a cosine again and again (Loshchilov and Hutter 2017)."""

import math

from lr_atlas.training.schedules._ranges import refuse_outside
from lr_atlas.training.schedules._units import Length


def cosine_restarts(
    step: int, *, period: Length = 0.25, growth: int = 1, floor: float = 0.0
) -> float:
    """Return the factor on the way from 1 down to `floor`, and again from 1 after each period.

    period: of the first fall. growth: each is so many times as long as the one before, from 1.
    floor: 0..1. The same as torch's CosineAnnealingWarmRestarts(T_0=period, T_mult=growth,
    eta_min=floor * lr), in steps.
    """
    refuse_outside("floor", floor, 0, 1)
    if growth < 1:
        raise ValueError(f"growth is at least 1; found {growth}")
    if growth == 1:
        step = int(step % period)
    while step >= period:
        step, period = int(step - period), period * growth
    return floor + (1 - floor) * (1 + math.cos(math.pi * step / period)) / 2
