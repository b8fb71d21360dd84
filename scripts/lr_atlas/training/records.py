"""Records of the epochs of a run, and the text of their files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

METRICS = (
    "running_loss",
    "running_accuracy",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)


@dataclass(frozen=True)
class Metrics:
    """Loss as mean per image, accuracy as a share of the images."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history, and what it cost."""

    epoch: int
    running: Metrics  # averaged while the weights changed
    train: Metrics  # after the epoch, in evaluation mode
    validation: Metrics
    train_seconds: float
    evaluate_seconds: float

    def as_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "EpochRecord":
        """Return the record of which `as_dict` gave the values."""
        series = {key: Metrics(**values[key]) for key in ("running", "train", "validation")}
        return cls(**{**values, **series})


def history_text(records: Sequence[EpochRecord]) -> str:
    """Return a row per epoch: epoch, then METRICS with ten significant digits."""
    rows = [",".join(("epoch", *METRICS))]
    for record in records:
        values = [
            value
            for metrics in (record.running, record.train, record.validation)
            for value in (metrics.loss, metrics.accuracy)
        ]
        rows.append(",".join([str(record.epoch), *(f"{value:.10g}" for value in values)]))
    return "\n".join(rows) + "\n"


def first_epoch_text(pieces: Sequence[dict]) -> str:
    """Return a row per piece of the first epoch: its last step, from 1, and its mean loss."""
    rows = ["step,loss", *(f"{piece['step']},{piece['loss']}" for piece in pieces)]
    return "\n".join(rows) + "\n"
