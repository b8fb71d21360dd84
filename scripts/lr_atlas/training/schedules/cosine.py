"""Half a cosine down to zero, or to a floor (Loshchilov and Hutter 2017, without restarts)."""

import math

from lr_atlas.training.schedules._ranges import refuse_outside


def cosine(step: int, total: int, *, floor: float = 0.0) -> float:
    """Return floor + (1 - floor) * (1 + cos(pi * step / total)) / 2.

    floor: what is left of the value at the end, 0..1. The curve comes there after the last step, as
    that of torch's CosineAnnealingLR(T_max=total, eta_min=floor * lr).
    """
    refuse_outside("floor", floor, 0, 1)
    return floor + (1 - floor) * (1 + math.cos(math.pi * step / total)) / 2
