"""A straight line down to zero, or to a floor."""

from lr_atlas.training.schedules._ranges import refuse_outside


def linear(step: int, total: int, *, floor: float = 0.0) -> float:
    """Return 1 - (1 - floor) * step / total.

    floor: what is left of the value at the end, 0..1. The line comes there after the last step, as
    that of torch's LinearLR(start_factor=1, end_factor=floor, total_iters=total), so that no step
    has a rate of zero.
    """
    refuse_outside("floor", floor, 0, 1)
    return 1 - (1 - floor) * step / total
