"""A claim: a statement of a study that its runs confirm, contradict or leave open.

Each kind is a file in the folder claims/, found by its name: a model of its keys, which also holds
its row of docs/claims.md, its words and its rule. Here is what kinds share.
"""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from lr_atlas.config.claim_evidence import Judgement, StudyRuns, metric_name
from lr_atlas.config.config_values import Positive, Sourced
from lr_atlas.training.records import METRICS

#: Columns of analysis.measures that every study has, named here once more because the
#: configuration is read without pandas; a test holds both together.
MEASURE_NAMES = (
    "generalisation_gap",
    "validation_loss_rise",
    "extrema",
    "loss_extrema",
    "swing",
    "seconds_per_epoch",
    "epochs_to_target",
    "images_to_target",
    "seconds_to_target",
)


def metric_names(columns: Sequence[str], best: str) -> tuple[str, ...]:
    """Return the metrics that a claim can be about.

    columns: of each epoch. best: the column of the best value over the epochs.
    """
    return (*columns, best, *MEASURE_NAMES)


METRIC_NAMES = metric_names(METRICS, "best_validation_accuracy")
_OF_AN_EPOCH = re.compile(r"(running|train|validation)_[A-Za-z_]\w*")
_OTHERS = r"^(running|train|validation|best_validation)_[A-Za-z_]\w*$"
if TYPE_CHECKING:
    EpochMetric = str
    Metric = str
else:
    #: Metrics that have a value after each epoch; and all. Which ones a study's runs have, only its
    #: metric and its data tell (studies.study_checks); an editor completes those of accuracy.
    EpochMetric, Metric = (
        Annotated[
            str,
            WithJsonSchema({"anyOf": [{"enum": names}, {"type": "string", "pattern": _OTHERS}]}),
        ]
        for names in (METRICS, METRIC_NAMES)
    )

#: The parameters that single out a setting, or several.
Where = Annotated[dict[str, Any], Field(min_length=1)]


class Row(NamedTuple):
    """The row of a kind in the table of docs/claims.md, as Markdown; lower places first."""

    place: int
    takes: str
    says: str
    confirmed: str
    contradicted: str


class Claim(Sourced):
    """A statement that the runs of a study confirm, contradict or leave open."""

    row: ClassVar[Row]
    if TYPE_CHECKING:
        claim: str  # the name of the kind, a Literal in each

    text: str = Field("", description="The statement in words; default: made from the other keys.")

    @property
    def settings(self) -> dict[tuple, dict]:
        """Return what has to match one setting each, by the keys under which it stands."""
        found = {("where",): getattr(self, "where", None), ("than",): getattr(self, "than", None)}
        return {keys: where for keys, where in found.items() if where is not None}

    @property
    def groups(self) -> dict[tuple, dict]:
        """Return what may match several settings, by the keys under which it stands."""
        return {}

    @property
    def metrics_named(self) -> Iterator[tuple[tuple, str, bool]]:
        """Yield (keys, metric, whether each epoch has to have it) for all that the claim names."""
        fields = type(self).model_fields
        for key in ("metric", "of_metric"):
            if key in fields and isinstance(name := getattr(self, key), str):
                yield (key,), name, self.is_of_epochs
        for index, name in enumerate(getattr(self, "metrics", None) or ()):
            yield ("metrics", index), name, True

    #: Is True where the claim's metric has to have a value after each epoch.
    is_of_epochs: ClassVar[bool] = False

    def about(self, column: str) -> Self:
        """Return the claim, about this metric where it names none."""
        names_none = getattr(self, "metric", "") is None
        return self.model_copy(update={"metric": column}) if names_none else self

    @abstractmethod
    def words(self, runs: StudyRuns) -> str:
        """Return the statement as a sentence without its full stop."""

    @abstractmethod
    def judge(self, runs: StudyRuns) -> Judgement:
        """Return the verdict of a study's runs, with its evidence."""

    def _takes_one_of(self, first: str, second: str) -> Self:
        """Return this if just one of two keys is given; else raise PydanticCustomError."""
        given = [key for key in (first, second) if getattr(self, key) is not None]
        if len(given) != 1:
            message = (
                f"'{self.claim}' takes either '{first}' or '{second}', "
                f"found {' and '.join(given) or 'neither'}"
            )
            raise PydanticCustomError("one_of_two", "{message}", {"message": message})
        return self


class AtEpoch(Claim):
    """A claim that may be about the values after an epoch in the middle of training."""

    at_epoch: Positive | None = Field(
        None,
        description="After which epoch (1, 2, 3 …) the metric counts; default: after the last one. "
        f"For {', '.join(METRICS)}.",
    )

    def named(self, metric: str) -> str:
        """Return a metric's name for reading, with the epoch after which it counts."""
        return metric_name(metric, self.at_epoch)

    @model_validator(mode="after")
    def _of_each_epoch(self) -> Self:
        metrics = [getattr(self, key, None) for key in ("metric", "of_metric")]
        metrics += getattr(self, "metrics", None) or []
        for metric in metrics if self.at_epoch else ():
            if metric and (metric in MEASURE_NAMES or not _OF_AN_EPOCH.fullmatch(metric)):
                message = (
                    f"'at_epoch' needs a metric that each epoch has, which {metric} is not; "
                    f"Allowed: {', '.join(METRICS)}"
                )
                raise PydanticCustomError("not_of_an_epoch", "{message}", {"message": message})
        return self


def opposite_row(place: int, of: str, takes: str = "") -> Row:
    """Return the row of a kind that is the opposite of another."""
    words = "the opposite", f"`{of}` is contradicted", f"`{of}` is confirmed"
    return Row(place, takes or f"as `{of}`", *words)


def setting_field(description: str) -> Any:
    """Return the field of a key that singles out one setting."""
    return Field(description=f"{description}, by parameters that single it out.")


def metric_field(description: str = "The compared metric, a value of each run.") -> Any:
    """Return the field of a metric: that of the study on its validation images, by default."""
    default = "Default: the study's metric on the validation images."
    return Field(None, description=f"{description} {default}")
