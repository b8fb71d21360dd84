"""An exponential fall: by the same factor after each so many steps, and evenly between."""

from lr_atlas.training.schedules._ranges import refuse_not_above
from lr_atlas.training.schedules._units import Length


def exponential(step: int, *, every: Length = 0.1, factor: float = 0.5) -> float:
    """Return factor to the power of step / every.

    factor: above 0. With `every: 1` the same as torch's ExponentialLR(gamma=factor), in steps.
    """
    refuse_not_above("factor", factor, 0)
    return float(factor ** (step / every))
