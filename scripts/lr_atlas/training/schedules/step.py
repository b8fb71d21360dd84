"""Equal steps down, one after each so many steps of training."""

from lr_atlas.training.schedules._ranges import refuse_not_above
from lr_atlas.training.schedules._units import Length


def step(step: int, *, every: Length = 0.3, factor: float = 0.1) -> float:
    """Return factor to the power of how often `every` steps have gone by.

    factor: above 0. The same as torch's StepLR(step_size=every, gamma=factor), in steps.
    """
    refuse_not_above("factor", factor, 0)
    return float(factor ** (step // every))
