"""The entries of the grid as pydantic models: an optimizer, and the values of each argument.

They are made from what torch says of its optimizers, one for each, so that unknown arguments and
wrong values are found here and the JSON schema completes them in an editor. They are made when a
study is first read: what only imports this asks torch nothing.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, ValidationInfo, create_model, model_validator

from lr_atlas.common.spelling import did_you_mean
from lr_atlas.config.budgets import AnyLrRule, StepCount
from lr_atlas.config.config_notes import note_on
from lr_atlas.config.config_values import Epochs, Positive, axis
from lr_atlas.config.network_models import AnyNetworkAxes, Network
from lr_atlas.config.one_of_models import OneOfModels
from lr_atlas.config.optimizer_fields import argument_fields
from lr_atlas.config.optimizer_groups import Groups, complete_own_entry, group_axes
from lr_atlas.config.own_optimizers import (
    OwnOptimizer,
    is_own_optimizer,
    with_its_name_under_python,
)
from lr_atlas.config.part_arguments import Loss
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.config.training_axes import TrainingAxes


class OptimizerEntry(TrainingAxes):
    """Hold the keys of every optimizer entry beside its optimizer's own arguments."""

    # Read as part of a study alone, with which the model is built.
    model_config = ConfigDict(defer_build=True)

    if TYPE_CHECKING:
        name: str  # each model of an entry has one of its own

    @classmethod
    def unknown_key_message(cls, key: str) -> str:
        """Name the optimizer, since another one may well have that argument."""
        name = get_args(cls.model_fields["name"].annotation)[0]
        arguments = list(torch_optimizers()[name]["arguments"])
        others = [key for key in cls.model_fields if key not in ("name", *arguments)]
        from lr_atlas.config.study_models import Study  # which has entries

        note = note_on(key)
        if key in Network.model_fields:
            note = "it belongs under `model`"
        elif key in Study.model_fields:
            note = "it belongs into the study, beside `optimizers`"
        told = did_you_mean(key, arguments + others) or (f": {note};" if note else ";")
        return (
            f"{name} has no argument '{key}'{told} it has {', '.join(arguments)}; "
            f"an entry may also set {', '.join(others)}"
        )

    epochs: Annotated[list[Epochs], *axis(Epochs)] | None = Field(
        None, description="Overrides the study's epochs for this entry; a list is an axis."
    )
    steps: Annotated[list[StepCount], *axis(StepCount)] | None = Field(
        None, description="Overrides the study's steps for this entry; a list is an axis."
    )
    lr_rule: AnyLrRule | None = Field(
        None,
        description="Overrides the study's rule for lr and batch size for this entry; none: lr is "
        "what it says.",
    )
    batch_size: Annotated[list[Positive], *axis(Positive)] | None = Field(
        None, description="Overrides the study's batch size for this entry; a list is an axis."
    )
    model: Annotated[list[AnyNetworkAxes], *axis(AnyNetworkAxes)] | None = Field(
        None,
        description="Overrides keys of the study's model for this entry; a list of mappings, or "
        "lists inside the mapping, are axes.",
    )
    loss: Annotated[list[Loss], *axis(Loss)] | None = Field(
        None, description="Overrides the study's loss for this entry; a list is an axis."
    )


def _entry_model(name: str, optimizer: dict) -> type[OptimizerEntry]:
    """Return the model of an entry for an optimizer, see `torch_optimizers`."""
    optimizer_class = optimizer["class"]
    fields: dict[str, Any] = {
        "name": (Literal[name], Field(description=f"torch.optim.{optimizer_class}")),
        **argument_fields(optimizer),
    }
    # A step that evaluates the loss itself goes over all parameters alike.
    base: Any = OptimizerEntry if optimizer.get("needs_closure") else (OptimizerEntry, Groups)
    return create_model(f"{optimizer_class}Entry", __base__=base, **fields)


def arguments_of(entry: OptimizerEntry) -> dict[str, list]:
    """Return the values of each argument of an entry's optimizer, lr included."""
    own: dict[str, list] | None = getattr(entry, "arguments", None)
    if own is not None:  # of one's own, or of a program
        return own
    known = {key: getattr(entry, key) for key in torch_optimizers()[entry.name]["arguments"]}
    return {**known, **group_axes(entry.model_dump(include={*Groups.model_fields}))}


@functools.cache
def entry_models() -> dict[str, type[OptimizerEntry]]:
    """Return the model of an entry for each optimizer of torch, by name."""
    return {name: _entry_model(name, each) for name, each in torch_optimizers().items()}


class OwnEntry(OptimizerEntry):
    """An optimizer of one's own: a class like those of torch.optim, and its arguments as axes."""

    model_config = ConfigDict(
        extra="allow", frozen=True, json_schema_extra=with_its_name_under_python
    )

    name: OwnOptimizer = Field(
        description="package.Class, folder/file.py:Class, or package.module:Class."
    )

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, value: Any, info: ValidationInfo) -> Any:
        """Check the arguments against the class's signature, and fill its defaults in."""
        if info.context is None or not isinstance(value, dict):
            return value
        return complete_own_entry(value, OptimizerEntry.model_fields, info.context)

    @property
    def arguments(self) -> dict[str, list]:
        """Return the values of each argument, lr included, and what is said of groups."""
        extra = dict(self.model_extra or {})
        return {**extra, **group_axes(extra)}


def _kind_of_entry(value: Any) -> str | None:
    """Return which model reads an entry: that of its optimizer, or of one's own."""
    if isinstance(value, dict) and "python" in value:
        return "own"
    name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
    if is_own_optimizer(name):
        return "own"
    return None if name is None else str(name)


def _all_models() -> dict[str, type[OptimizerEntry]]:
    return {"own": OwnEntry, **entry_models()}


Entry = Annotated[OptimizerEntry, OneOfModels(_all_models, _kind_of_entry)]
