"""A fall with the inverse square root of the step, which has no end (Vaswani et al. 2017)."""

import math

from lr_atlas.training.schedules._units import Length


def inverse_sqrt(step: int, *, timescale: Length = 1000) -> float:
    """Return 1 / sqrt(1 + step / timescale).

    With a warm-up of `timescale` steps this is the schedule of Vaswani et al.: after step n of the
    run the factor is sqrt(timescale / n). torch has no such schedule.
    """
    return 1 / math.sqrt(1 + step / timescale)
