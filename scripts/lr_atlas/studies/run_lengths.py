"""Return how long the runs of an optimizer's entry go: in epochs or steps, and in steps alone."""

import itertools

from lr_atlas.common.lengths import Steps
from lr_atlas.config.optimizer_entries import OptimizerEntry
from lr_atlas.config.study_models import Study
from lr_atlas.training.accumulation import steps_of
from lr_atlas.training.configuration import USUAL
from lr_atlas.training.schedule import Budget


def lengths_of(study: Study, entry: OptimizerEntry) -> list[int]:
    """Return how long the runs of an entry go: epochs, or Steps; its own before the study's."""
    if entry.steps:
        return list(map(Steps, entry.steps))
    if entry.epochs:
        return list(entry.epochs)
    return [study.epochs if study.steps is None else Steps(study.steps)]


def budgets_of(study: Study, entry: OptimizerEntry, images: int) -> list[Budget]:
    """Return the lengths of the runs of an entry in steps, on so many training images."""
    batch_sizes = entry.batch_size or [study.batch_size]
    together = entry.accumulate or study.accumulate or [USUAL["accumulate"]]
    steps = {steps_of(images, *each) for each in itertools.product(batch_sizes, together)}
    return [
        Budget(each, length if isinstance(length, Steps) else each * length)
        for each in sorted(steps)
        for length in lengths_of(study, entry)
    ]
