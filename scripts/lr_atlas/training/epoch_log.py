"""The line of a job's log for each evaluation of its run."""

import logging

from lr_atlas.training.records import EpochRecord, Metrics

LOGGER = logging.getLogger(__name__)


def log_epoch(record: EpochRecord, length: int, unit: str = "epoch") -> None:
    """Write one line for the job's log. unit: epoch or step, in which the length is."""
    position = record.step if unit == "step" else record.epoch
    LOGGER.info(
        "%s %*s/%d  during %s  after %s  validation %s  %.2f s + %.2f s",
        *(unit, len(str(length)), f"{position:g}" if unit == "epoch" else position, length),
        *map(_shown, (record.running, record.train, record.validation)),
        record.train_seconds,
        record.evaluate_seconds,
    )


def _shown(metrics: Metrics) -> str:
    """Return such as "0.4031  87.25%", or "0.4031  rmse 0.635" of a regression."""
    if "accuracy" in metrics:
        return f"{metrics['loss']:.4f} {100 * metrics['accuracy']:6.2f}%"
    others = [f"  {name} {value:.4g}" for name, value in metrics.items() if name != "loss"]
    return "".join([f"{metrics['loss']:.4f}", *others[:1]])
