"""Keep how far a run has come."""

from dataclasses import asdict, dataclass, field

from lr_atlas.training.dynamics import Dynamics
from lr_atlas.training.first_epoch_losses import FirstEpoch
from lr_atlas.training.records import EpochRecord


@dataclass
class Progress:
    """Keep all of a run's state that is no tensor."""

    records: list[EpochRecord] = field(default_factory=list)  # of the evaluations
    only_one_class: bool = False  # answered for all training images after the last of them
    first_loss: float | None = None  # of the run's first step
    first_epoch: FirstEpoch = field(default_factory=FirstEpoch)
    dynamics: Dynamics = field(default_factory=Dynamics)
    step: int = 0  # steps in all
    epochs: int = 0  # complete ones
    images: int = 0  # of the epoch that is not complete, how many it has trained on
    # Since the last evaluation of those that a longer run has too:
    seen: int = 0  # images
    loss_sum: float = 0.0  # over these images
    correct: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict:
        """Plain values, for JSON, which keeps every bit of a float."""
        return asdict(self)

    @property
    def epoch(self) -> int:
        """The epoch that is not complete, from 1."""
        return self.epochs + 1

    @property
    def evaluated(self) -> int:
        """Return after which step the run was evaluated last; 0 if it never was."""
        return self.records[-1].step if self.records else 0

    def note(self, record: EpochRecord, only_one_class: bool) -> None:
        """Note an evaluation."""
        self.records.append(record)
        self.only_one_class = only_one_class

    def begin_sums(self) -> None:
        """Begin the sums up to the next evaluation."""
        self.seen, self.loss_sum, self.correct, self.seconds = 0, 0.0, 0, 0.0

    @classmethod
    def from_dict(cls, values: dict) -> "Progress":
        """Return the progress of which `as_dict` gave the values."""
        records = [EpochRecord.from_dict(record) for record in values["records"]]
        first_epoch = FirstEpoch(**values["first_epoch"])
        dynamics = Dynamics(**values["dynamics"])
        own = {"records": records, "first_epoch": first_epoch, "dynamics": dynamics}
        return cls(**{**values, **own})
