"""The course of a run in steps: where it is evaluated, and where it ends."""

import math
from collections.abc import Mapping
from typing import NamedTuple


def is_by_steps(configuration: Mapping) -> bool:
    """Return whether a run's rows stand at steps, not each at the end of an epoch.

    configuration: canonical or complete.
    """
    return "evaluate" in configuration or configuration.get("budget") == "steps"


def steps_of_an_epoch(images: int, together: int) -> int:
    """Return the steps of a pass over so many training images, of which so many are a step."""
    return math.ceil(images / together)


class Course(NamedTuple):
    """Know when a run is evaluated. Steps are counted from the run's beginning, from 1.

    Attributes:
        steps_per_epoch: Of a pass over the training images.
        every: Steps between two evaluations, where none are listed.
        listed: The steps after which the run is evaluated, rising; or empty.
        in_steps: Whether the length of the run is a number of steps, not of epochs.
    """

    steps_per_epoch: int
    every: int
    listed: tuple[int, ...] = ()
    in_steps: bool = False

    @classmethod
    def of(cls, configuration: Mapping, images: int) -> "Course":
        """Return the course of a run with that configuration, on so many training images."""
        together = configuration["batch_size"] * configuration.get("accumulate", 1)
        steps = steps_of_an_epoch(images, together)
        evaluate = configuration.get("evaluate", {})
        listed = tuple(evaluate.get("steps", ()))
        in_steps = configuration.get("budget") == "steps"
        return cls(steps, evaluate.get("every", steps), listed, in_steps)

    def end(self, length: int) -> int:
        """Return the last step of a run of so many steps or epochs."""
        return length if self.in_steps else length * self.steps_per_epoch

    def is_scheduled(self, step: int) -> bool:
        """Return whether the run is evaluated after a step, however long it goes on."""
        return step in self.listed if self.listed else step % self.every == 0

    def next_evaluation(self, step: int, end: int) -> int:
        """Return after which step the run is evaluated next; at its end in any case."""
        if self.listed:
            return next((each for each in self.listed if step < each < end), end)
        return min((step // self.every + 1) * self.every, end)

    def ends_an_epoch(self, before: int, step: int) -> bool:
        """Return whether an epoch has ended since an earlier step."""
        return step // self.steps_per_epoch > before // self.steps_per_epoch

    def place(self, step: int) -> tuple[int, int]:
        """Return (the epoch of a step, its number in that epoch), both from 1."""
        epoch, number = divmod(step - 1, self.steps_per_epoch)
        return epoch + 1, number + 1

    def epochs(self, step: int) -> float:
        """Return the epochs up to a step: a whole number at the end of one."""
        whole, rest = divmod(step, self.steps_per_epoch)
        return whole + rest / self.steps_per_epoch if rest else whole
