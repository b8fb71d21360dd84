"""Records of the evaluations of a run, and the text of their files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

#: Loss as mean over the examples, accuracy as a share of them, and others, by their names.
Metrics = Mapping[str, float]


#: The column of histories whose rows stand at steps.
STEP = "step"


def history_columns(recorded: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a history beside the epoch.

    recorded: the names of the metrics beside the loss, see metric.recorded_metrics. The loss
    and accuracy alone are recorded while the weights change as well.
    """
    usual = ["loss", *(name for name in recorded if name == "accuracy")]
    others = [name for name in recorded if name != "accuracy"]
    return (
        *(f"{series}_{name}" for series in ("running", "train", "validation") for name in usual),
        *(f"{series}_{name}" for name in others for series in ("train", "validation")),
    )


#: The columns of an ordinary classification.
METRICS = history_columns(("accuracy",))


@dataclass(frozen=True)
class EpochRecord:
    """One row of the history, and what it cost."""

    epoch: float  # a whole number at the end of an epoch
    running: Metrics  # averaged while the weights changed, since the record before
    train: Metrics  # after that, in evaluation mode
    validation: Metrics
    train_seconds: float
    evaluate_seconds: float
    step: int = 0  # of the run, from 1

    def as_dict(self) -> dict:
        """Return plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "EpochRecord":
        """Return the record of which `as_dict` gave the values. Raises ValueError for others."""
        running, train, validation = (values[key] for key in ("running", "train", "validation"))
        numbers = [*running.values(), *train.values(), *validation.values()]
        if (
            train.keys() != validation.keys()
            or not {"loss"} <= running.keys() <= train.keys()
            or not all(type(number) in (int, float) for number in numbers)
        ):
            raise ValueError("these are no metrics of an epoch")
        return cls(**values)

    def value(self, column: str) -> float:
        """Return the value of a column of the history, such as validation_accuracy, or step."""
        if column == STEP:
            return self.step
        series, _, name = column.partition("_")
        metrics: Metrics = getattr(self, series)
        return metrics[name]


def history_text(records: Sequence[EpochRecord], columns: Sequence[str] = METRICS) -> str:
    """Return a row per evaluation: epoch, then the columns with ten significant digits."""
    rows = [",".join(("epoch", *columns))]
    for record in records:
        values = [f"{record.value(column):.10g}" for column in columns]
        rows.append(",".join([f"{record.epoch:.10g}", *values]))
    return "\n".join(rows) + "\n"


def first_epoch_text(pieces: Sequence[dict]) -> str:
    """Return a row per piece of the first epoch: its last step, from 1, and its mean loss."""
    rows = ["step,loss", *(f"{piece['step']},{piece['loss']}" for piece in pieces)]
    return "\n".join(rows) + "\n"
