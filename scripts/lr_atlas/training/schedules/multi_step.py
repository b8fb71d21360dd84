"""Steps down at moments that are listed."""

from collections.abc import Sequence

from lr_atlas.training.schedules._ranges import refuse_not_above
from lr_atlas.training.schedules._units import Moment


def multi_step(step: int, *, at: Sequence[Moment] = (0.5, 0.75), factor: float = 0.1) -> float:
    """Return factor to the power of how many of the moments `at` have come.

    factor: above 0. The same as torch's MultiStepLR(milestones=at, gamma=factor), in steps; but
    moments are counted from the beginning of the run after a warm-up too, where torch's
    SequentialLR counts them from the end of it.
    """
    refuse_not_above("factor", factor, 0)
    return float(factor ** sum(moment <= step for moment in at))
