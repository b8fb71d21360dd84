"""The values that a study's source reports, as they stand under `reference:` in `config.yaml`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from lr_atlas.config.config_values import AboveZero, Accuracy, Number, Sourced, Strict


class ReportedValues(Sourced):
    """Hold a source's values for one setting: final ones; losses as means per image."""

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
        return {name: value for name, value in values.items() if value is not None}

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

    source: str = Field(description="Where the values come from.")
    tolerance: AboveZero = Field(
        0.015, description="Largest difference that still counts as reproduced."
    )
    values: Annotated[list[ReportedValues], Field(min_length=1)] = Field(
        description="The reported values, a mapping per setting."
    )
