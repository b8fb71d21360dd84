"""A power of a straight line down to zero, or to a floor."""

from lr_atlas.training.schedules._ranges import refuse_not_above, refuse_outside


def polynomial(step: int, total: int, *, power: float = 2.0, floor: float = 0.0) -> float:
    """Return floor + (1 - floor) * (1 - step / total) ** power.

    power: above 0; 1 is a straight line. floor: what is left of the value at the end, 0..1. The
    curve comes there after the last step. Without a floor the same as torch's
    PolynomialLR(total_iters=total, power=power), which has none.
    """
    refuse_not_above("power", power, 0)
    refuse_outside("floor", floor, 0, 1)
    return float(floor + (1 - floor) * (1 - step / total) ** power)
