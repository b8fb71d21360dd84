"""Training of one run: a pure function of its configuration, the images and this code."""

import logging
import time
from collections.abc import Callable

import torch

from lr_atlas.training.endings import DivergedError, Ending
from lr_atlas.training.epoch_log import log_epoch
from lr_atlas.training.image_sets import ImageSet
from lr_atlas.training.records import EpochRecord
from lr_atlas.training.trainer import Trainer

LOGGER = logging.getLogger(__name__)


def train(
    trainer: Trainer,
    validation_set: ImageSet,
    length: int,
    after_piece: Callable[[], None] = lambda: None,
) -> Ending:
    """Train a run, from where the trainer is, until it is so long or diverges.

    length: in epochs, or in steps where the run's budget is one of steps.
    after_piece: called whenever the trainer's state may be taken: after each piece of an epoch and
    after each evaluation.
    """
    # Averages of squared gradients that fade away (pixels that are always black) end in numbers so
    # small that processors handle them slowly; as zeros they cost RMSprop a third less time.
    torch.set_flush_denormal(True)
    try:
        return _train(trainer, validation_set, length, after_piece)
    finally:
        # For all of the process, which may have other things to do.
        torch.set_flush_denormal(False)


def _train(
    trainer: Trainer, validation_set: ImageSet, length: int, after_piece: Callable[[], None]
) -> Ending:
    progress, course = trainer.progress, trainer.course
    end = course.end(length)
    # A shorter run was evaluated at its end, which may be on no schedule.
    if progress.records and not course.is_scheduled(progress.evaluated):
        progress.records.pop()
        progress.dynamics.forget_evaluation()
    while progress.evaluated < end:
        step = course.next_evaluation(progress.evaluated, end)
        try:
            trainer.train_until(step, after_piece)
            trained = time.perf_counter()
            with trainer.steps.evaluated():
                train_metrics, evaluation = trainer.measure(trainer.training_set)
                validation_metrics, _ = trainer.measure(validation_set)
            trainer.check_evaluation(step, end, train_metrics["loss"], validation_metrics["loss"])
        except DivergedError as diverged:
            LOGGER.warning("epoch %d, step %d: %s", diverged.epoch, diverged.step, diverged.reason)
            return Ending("diverged", diverged.reason, diverged.epoch, diverged.step)
        evaluate_seconds = time.perf_counter() - trained
        record = EpochRecord(
            course.epochs(step),
            *(trainer.running(), train_metrics, validation_metrics),
            *(progress.seconds, evaluate_seconds, step),
        )
        trainer.end_dynamics(goes_on=not course.is_scheduled(step))
        progress.note(record, only_one_class=int((evaluation.answers > 0).sum()) == 1)
        if course.is_scheduled(step):
            progress.begin_sums()
        log_epoch(record, length, "step" if course.in_steps else "epoch")
        after_piece()
    return trainer.ending()
