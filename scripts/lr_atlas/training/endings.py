"""Tell how a run ended: finished, collapsed or diverged."""

import math
from dataclasses import dataclass

from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.records import EpochRecord


@dataclass(frozen=True)
class Ending:
    """Hold how a run ended."""

    status: str  # "finished", "diverged" or "collapsed"
    reason: str = ""
    diverged_epoch: int | None = None
    diverged_step: int | None = None  # from 1, within that epoch


class DivergedError(Exception):
    """The loss is not finite, or far above where it began."""

    def __init__(self, epoch: int, step: int, reason: str) -> None:
        super().__init__(reason)
        self.epoch, self.step = epoch, step
        self.reason = reason


def check_steps(losses: list[float], epoch: int, before: int, accumulate: int = 1) -> None:
    """Raise DivergedError if a loss of the batches that follow the first `before` is not finite.

    accumulate: batches of a step.
    """
    for batch, loss in enumerate(losses, before):
        if not math.isfinite(loss):
            raise DivergedError(epoch, batch // accumulate + 1, f"the loss is {loss}")


def ending(
    records: list[EpochRecord], only_one_class: bool, training_set: ImageSet
) -> tuple[str, str]:
    """("finished" or "collapsed", the reason) of a run that went to its end.

    Collapsed: after the last epoch it answers one class for all training images, or the training
    accuracy was at chance after every epoch, where chance is the share of the most frequent class
    plus three standard deviations of a binomial count. Training images, since there are more of
    them, so that chance is known well even where few are held out.
    """
    if only_one_class:
        return "collapsed", "it answers one class for all training images"
    count = len(training_set)
    share = training_set.chance
    chance = share + 3 * math.sqrt(share * (1 - share) / count)
    if all(record.train["accuracy"] <= chance for record in records):
        return "collapsed", f"training accuracy never rose above chance ({chance:.3f})"
    return "finished", ""
