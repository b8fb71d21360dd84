"""The values of an optimizer that schedules change: as they were given, times a factor."""

from collections.abc import Sequence
from typing import Any, Protocol

from lr_atlas.training.step_factors import MOMENTA, WEIGHT_DECAY, StepFactors


class HasGroups(Protocol):
    """An optimizer, or several that are taken for one."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Return the groups of parameters, each with its values."""


class ScheduledValues:
    """Holds an optimizer's values as they were given, by the groups of its parameters."""

    def __init__(self, optimizer: HasGroups) -> None:
        # Whose groups are others after it was restored.
        self._optimizer = optimizer
        self._given = [dict(group) for group in optimizer.param_groups]

    def set(self, factors: StepFactors, step: int) -> None:
        """Set the values of one of the steps for which there are factors, from 0."""
        for group, given in zip(self._optimizer.param_groups, self._given, strict=True):
            if factors.lr:
                group["lr"] = given["lr"] * factors.lr[step]
            if factors.weight_decay:
                group[WEIGHT_DECAY] = given[WEIGHT_DECAY] * factors.weight_decay[step]
            for key in MOMENTA if factors.momentum else ():
                if key in given:
                    group[key] = _times(given[key], factors.momentum[step])


def _times(momentum: float | Sequence[float], factor: float) -> float | tuple[float, ...]:
    if isinstance(momentum, Sequence):
        return (momentum[0] * factor, *momentum[1:])
    return momentum * factor
