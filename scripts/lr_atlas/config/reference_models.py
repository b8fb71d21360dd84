"""The values that a study's source reports, as they stand under `reference:` in `config.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.config_values import AboveZero, Accuracy, Number, Sourced, Strict

#: The column of any other metric, such as validation_macro_f1.
_OTHER = re.compile(r"(train|validation|best_validation)_[A-Za-z_]\w*", re.ASCII)


class ReportedValues(Sourced):
    """Hold a source's values for one setting: final ones; losses as means per image.

    Those of other metrics stand under the names of their columns, such as validation_rmse.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    if not TYPE_CHECKING:
        __pydantic_extra__: dict[str, Number]

    where: Annotated[dict[str, Any], Field(min_length=1)] = Field(
        description="The parameters that single out the setting, such as {optimizer: sgd, lr: 0.1}."
    )
    running_loss: Number | None = Field(None, description="Loss, mean over the last epoch.")
    running_accuracy: Accuracy | None = Field(None, description="Accuracy during the last epoch.")
    train_loss: Number | None = Field(None, description="Loss on the training images at the end.")
    train_accuracy: Accuracy | None = Field(
        None, description="Accuracy on the training images at the end."
    )
    validation_loss: Number | None = Field(None, description="Validation loss at the end.")
    validation_accuracy: Accuracy | None = Field(
        None, description="Validation accuracy at the end."
    )
    best_validation_accuracy: Accuracy | None = Field(
        None, description="Validation accuracy after the best epoch."
    )
    seconds_per_epoch: AboveZero | None = Field(None, description="Seconds of an epoch.")
    tolerance: AboveZero | None = Field(
        None, description="The tolerance of these values; default: that of the reference."
    )

    @property
    def metrics(self) -> dict[str, float]:
        """Return the reported values, by metric."""
        values = {name: getattr(self, name) for name in REPORTED_METRICS}
        values |= self.model_extra or {}
        return {name: value for name, value in values.items() if value is not None}

    @model_validator(mode="after")
    def _known(self) -> ReportedValues:
        known = tuple(type(self).model_fields)
        for key in self.model_extra or {}:
            if not _OTHER.fullmatch(key):
                raise ValueError(f"unknown key '{key}'{suggestion(key, known)}")
        return self

    @model_validator(mode="after")
    def _something_reported(self) -> ReportedValues:
        if not self.metrics:
            raise ValueError(
                f"no value is reported here; give one of {', '.join(REPORTED_METRICS)}"
            )
        return self


REPORTED_METRICS = tuple(
    name for name in ReportedValues.model_fields if name not in ("from", "where", "tolerance")
)


class Reference(Strict):
    """Values that a source reports, to be shown beside the measured ones."""

    source: str = Field(description="The place that the values come from, such as a paper.")
    tolerance: AboveZero | None = Field(
        None,
        description="Largest difference that still counts as reproduced. Default: 0.015 of losses "
        "and of shares such as accuracy, 1.5 % of the reported value of other metrics.",
    )
    values: Annotated[list[ReportedValues], Field(min_length=1)] = Field(
        description="The reported values, a mapping per setting."
    )
