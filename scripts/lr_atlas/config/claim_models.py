"""The claims that a study may carry in `config.yaml`: a small vocabulary over settings and metrics.

docs/claims.md says what each of them means and when it is confirmed. Metrics are columns of
analysis.measures, named here once more because the configuration is read without pandas; a test
holds both together.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from lr_atlas.config.config_values import MOST, AboveZero, Number, Positive, Sourced, number, whole

#: Metrics that have a value after each epoch.
EpochMetric = Literal[
    "running_loss",
    "running_accuracy",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
]
Metric = Literal[
    EpochMetric,
    "best_validation_accuracy",
    "generalisation_gap",
    "validation_loss_rise",
    "extrema",
    "loss_extrema",
    "swing",
    "seconds_per_epoch",
    "epochs_to_target",
    "images_to_target",
    "seconds_to_target",
]
METRIC_NAMES: tuple[str, ...] = get_args(Metric)
EPOCH_METRICS: tuple[str, ...] = get_args(EpochMetric)

Where = Annotated[dict[str, Any], Field(min_length=1)]
NotNegative = Annotated[float, *number(ge=0)]


def _metric(description: str = "What is compared, a value of each run.") -> Any:
    return Field("validation_accuracy", description=description)


class Claim(Sourced):
    """A statement that the runs of a study confirm, contradict or leave open."""

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


class AtEpoch(Claim):
    """A claim that may be about the values after an epoch in the middle of training."""

    at_epoch: Positive | None = Field(
        None,
        description="After which epoch (1, 2, 3 …) the metric counts; default: after the last one. "
        f"For {', '.join(EPOCH_METRICS)}.",
    )

    @model_validator(mode="after")
    def _of_each_epoch(self) -> AtEpoch:
        metrics = [getattr(self, key, None) for key in ("metric", "of_metric")]
        metrics += getattr(self, "metrics", None) or []
        for metric in metrics if self.at_epoch else ():
            if metric and metric not in EPOCH_METRICS:
                message = (
                    f"'at_epoch' needs a metric that each epoch has, which {metric} is not; "
                    f"Allowed: {', '.join(EPOCH_METRICS)}"
                )
                raise PydanticCustomError("not_of_an_epoch", "{message}", {"message": message})
        return self


def _setting(description: str) -> Any:
    return Field(description=f"{description}: the parameters that single out one setting.")


class Better(AtEpoch):
    """One setting is better than another in a metric."""

    claim: Literal["better"]
    where: Where = _setting("Which is better")
    than: Where = _setting("Than which")
    metric: Metric = _metric()
    by: NotNegative = Field(0.0, description="By more than this, in the metric's unit.")


class NotBetter(AtEpoch):
    """One setting is not better than another in a metric."""

    claim: Literal["not_better"]
    where: Where = _setting("Which is not better")
    than: Where = _setting("Than which")
    metric: Metric = _metric()
    by: NotNegative = Field(0.0, description="By more than this, in the metric's unit.")


class Best(AtEpoch):
    """One setting is the best of several in a metric."""

    claim: Literal["best"]
    where: Where = _setting("Which is best")
    of: Annotated[list[Where], Field(min_length=1)] | None = Field(
        None,
        description="Of which; each may match several settings. Default: of all in the study.",
    )
    metric: Metric = _metric()

    @property
    def groups(self) -> dict[tuple, dict]:
        """Return the others."""
        return {("of", index): where for index, where in enumerate(self.of or ())}


class Within(AtEpoch):
    """Two settings, or two metrics of one setting, lie near each other."""

    claim: Literal["within"]
    where: Where = _setting("Which is near")
    than: Where | None = Field(
        None, description="To which: the parameters that single out the other setting."
    )
    metric: Metric = _metric()
    of_metric: Metric | None = Field(
        None, description="Instead of `than`: the metric of the same setting that is as near."
    )
    by: AboveZero = Field(description="How near, in the metric's unit.")

    @model_validator(mode="after")
    def _one_other(self) -> Within:
        return _exactly_one(self, "than", "of_metric")


class _Steadiness(Claim):
    where: Where = _setting("Which")
    swing: AboveZero | None = Field(
        None,
        description="The border: the mean change of validation accuracy between a local extremum "
        "of the curve and the next, 0..1.",
    )
    than: Where | None = Field(
        None, description="Instead of `swing`: the parameters that single out another setting."
    )
    metric: Literal["extrema", "swing", "loss_extrema"] = Field(
        "extrema",
        description="With `than`: whether the number of extrema of validation accuracy, their "
        "swing or the number of extrema of validation loss counts.",
    )

    @model_validator(mode="after")
    def _one_border(self) -> _Steadiness:
        return _exactly_one(self, "swing", "than")


class Stable(_Steadiness):
    """The validation curve of a setting swings little, or less than that of another."""

    claim: Literal["stable"]


class Unstable(_Steadiness):
    """The validation curve of a setting swings much, or more than that of another."""

    claim: Literal["unstable"]


class Overfits(Claim):
    """Validation loss turns upwards while training goes on, in every run."""

    claim: Literal["overfits"]
    where: Where = _setting("Which")


class Collapses(Claim):
    """Every run collapses or diverges."""

    claim: Literal["collapses"]
    where: Where = _setting("Which")


class _Level(AtEpoch):
    where: Where = Field(
        description="Which: parameters of one or several settings; it has to hold for each."
    )
    metric: Metric = _metric("What is compared with the value.")
    value: Number = Field(description="The value, in the metric's unit; accuracies in 0..1.")

    @property
    def settings(self) -> dict[tuple, dict]:
        """Return nothing: it may be about several."""
        return {}

    @property
    def groups(self) -> dict[tuple, dict]:
        """Return all that it is about."""
        return {("where",): self.where}


class Below(_Level):
    """A metric lies below a value, in every setting that matches."""

    claim: Literal["below"]


class Above(_Level):
    """A metric lies above a value, in every setting that matches."""

    claim: Literal["above"]


class Order(AtEpoch):
    """Metrics of one setting, or settings in one metric, stand in an order."""

    claim: Literal["order"]
    where: Where | None = Field(
        None, description="Whose metrics: the parameters that single out one setting."
    )
    metrics: Annotated[list[EpochMetric], Field(min_length=2)] | None = Field(
        None, description="With `where`: the metrics, the largest first."
    )
    of: Annotated[list[Where], Field(min_length=2)] | None = Field(
        None, description="Instead of `where`: the settings, the best in `metric` first."
    )
    metric: Metric = _metric("With `of`: what is compared.")

    @model_validator(mode="after")
    def _one_kind(self) -> Order:
        return _exactly_one(_exactly_one(self, "where", "of"), "metrics", "of")

    @property
    def settings(self) -> dict[tuple, dict]:
        """Return what has to match one setting each."""
        if self.where is not None:
            return {("where",): self.where}
        return {("of", index): where for index, where in enumerate(self.of or ())}


class _Trend(Claim):
    where: Where = _setting("Which")
    metric: EpochMetric = _metric("Whose course over the last epochs counts.")
    last: Annotated[StrictInt, *whole(ge=2, le=MOST)] = Field(
        10, description="Over how many epochs, counted from the end."
    )


class Rises(_Trend):
    """A metric rises over the last epochs, by the slope of a straight line through them."""

    claim: Literal["rises"]


class Falls(_Trend):
    """A metric falls over the last epochs, by the slope of a straight line through them."""

    claim: Literal["falls"]


MODELS: tuple[type[Claim], ...] = (
    *(Better, NotBetter, Best, Within, Stable, Unstable, Overfits, Collapses, Below, Above),
    *(Order, Rises, Falls),
)
KINDS = {get_args(model.model_fields["claim"].annotation)[0]: model for model in MODELS}

AnyClaim = Annotated[
    Better
    | NotBetter
    | Best
    | Within
    | Stable
    | Unstable
    | Overfits
    | Collapses
    | Below
    | Above
    | Order
    | Rises
    | Falls,
    Field(discriminator="claim"),
]


def _exactly_one(claim: Any, first: str, second: str) -> Any:
    given = [key for key in (first, second) if getattr(claim, key) is not None]
    if len(given) != 1:
        raise PydanticCustomError(
            "one_of_two",
            "{message}",
            {
                "message": f"'{claim.claim}' takes either '{first}' or '{second}', "
                f"found {' and '.join(given) or 'neither'}"
            },
        )
    return claim
