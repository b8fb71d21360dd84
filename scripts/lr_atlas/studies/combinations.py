"""The product of the axes of one entry of a study: each combination of values, and their number."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.common.lengths import Steps, unit_of
from lr_atlas.config.budgets import LrRule
from lr_atlas.config.network_models import Network, NetworkAxes
from lr_atlas.config.optimizer_entries import OptimizerEntry, arguments_of
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.studies.fresh_seeds import most_fresh_runs
from lr_atlas.studies.run_lengths import lengths_of
from lr_atlas.training.configuration import (
    DEFAULTS,
    TRAINING_AXES,
    USUAL,
    grouping,
    without_usual_groups,
)
from lr_atlas.training.form import REGRESSION

#: The loss of numbers that are to be predicted, where a study names none.
REGRESSION_LOSS = "mse"


class GridError(UserError):
    """A combination of values in a study that cannot be trained."""


def runs_asked_for(study: Study) -> int:
    """Return how many runs a study's grid multiplies out to, at most, without making them."""
    settings = sum(_settings_count(study, entry) for entry in study.optimizers)
    return settings * max(len(study.seeds), most_fresh_runs(study))


def _settings_count(study: Study, entry: OptimizerEntry) -> int:
    axes: list[list | None] = [*arguments_of(entry).values()]
    axes += [entry.loss, entry.batch_size, entry.epochs or entry.steps]
    axes += [*training_axes(study, entry).values()]
    networks = study.model.count
    if entry.model is not None:
        networks = sum(override.count for override in entry.model)
    return networks * math.prod(len(axis or [None]) for axis in axes)


def usual_loss(study: Study, task: str) -> str | dict:
    """Return the loss of a study's runs, unless an entry names another."""
    is_usual = study.loss == DEFAULTS["loss"]
    return REGRESSION_LOSS if task == REGRESSION and is_usual else study.loss


def combinations(
    study: Study, entry: OptimizerEntry, loss_of_study: str | dict
) -> Iterator[tuple[dict, int]]:
    """Yield every (configuration without seed, epochs or Steps) of one entry."""
    arguments, rule = arguments_of(entry), entry.lr_rule or study.lr_rule
    networks, axes = _networks(study, entry), training_axes(study, entry)
    for values in itertools.product(*arguments.values()):
        given = dict(zip(arguments, map(_as_list, values), strict=True))
        optimizer = {"name": entry.name, **without_usual_groups(given)}
        if not study.program:  # whose arguments mean what they mean to it
            _check_optimizer(optimizer)
            rest = grouping(optimizer).get("rest")
            _check_optimizer({**defaults(rest["name"]), **rest} if rest else {})
        for network, loss, batch_size, length, *training in itertools.product(
            networks,
            entry.loss or [loss_of_study],
            entry.batch_size or [study.batch_size],
            lengths_of(study, entry),
            *axes.values(),
        ):
            yield (
                {
                    "optimizer": _for_batch(optimizer, rule, batch_size, study.batch_size),
                    "model": network,
                    "loss": loss,
                    "batch_size": batch_size,
                    "budget": unit_of(length) if isinstance(length, Steps) else None,
                    **dict(zip(axes, training, strict=True)),
                },
                length,
            )


def _for_batch(optimizer: dict, rule: LrRule | None, batch_size: int, usual: int) -> dict:
    """Return an optimizer with the lr that it is trained with at a batch size."""
    if rule is None:
        return optimizer
    factor = rule.factor(batch_size, usual)
    rest = optimizer.get("rest")
    of_rest = {"rest": {**rest, "lr": rest["lr"] * factor}} if rest and "lr" in rest else {}
    return {**optimizer, "lr": optimizer["lr"] * factor, **of_rest}


def training_axes(study: Study, entry: OptimizerEntry) -> dict[str, list]:
    """Return the values of each of TRAINING_AXES in the settings of one entry.

    A program has none of them.
    """
    if study.program:
        return {}
    return {
        key: getattr(entry, key) or getattr(study, key) or [USUAL[key]] for key in TRAINING_AXES
    }


def _networks(study: Study, entry: OptimizerEntry) -> list[dict]:
    """Return the study's networks, or all that an entry's overrides make of them.

    Raises GridError for changes to a network that is no plain one.
    """
    if entry.model is None:
        return study.model.networks()
    networks: list[dict] = []
    for override in entry.model:
        if not isinstance(override, NetworkAxes):
            networks += override.networks()
        elif isinstance(study.model, Network):
            networks += override.networks(study.model)
        elif override.name:
            networks += override.networks(Network())
        else:
            raise GridError(
                f"the study's network is {study.model.name}; in an entry name the whole network, "
                f"as in {_example(study)}"
            )
    return networks


def _example(study: Study) -> str:
    key = "python" if hasattr(study.model, "python") else "name"
    return f"model: {{{key}: {study.model.name}, …}}"


def _check_optimizer(optimizer: dict) -> None:
    """Raise GridError for arguments that torch's constructors refuse together."""
    if (
        optimizer.get("nesterov")
        and "dampening" in optimizer
        and not (optimizer["momentum"] > 0 and optimizer["dampening"] == 0)
    ):
        raise GridError(
            f"{optimizer['name']} with nesterov: true needs momentum above 0 and dampening 0; "
            f"found momentum {optimizer['momentum']:g}, dampening {optimizer['dampening']:g}. "
            "Put the settings with nesterov into an entry of their own"
        )

    if optimizer.get("fused") and optimizer.get("foreach"):
        raise GridError(f"{optimizer['name']} cannot be both fused and foreach; set one of them")


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def default_arguments(entry: OptimizerEntry) -> dict[str, Any]:
    """Return an entry's optimizer with default arguments, and likewise the one of its rest."""
    found = {"name": entry.name, **defaults(entry.name)}
    rests = [grouping({"rest": each}).get("rest") for each in arguments_of(entry).get("rest", ())]
    rest = next(filter(None, rests), None)
    if rest:
        usual = defaults(rest["name"])
        found["rest"] = {"name": rest["name"], "lr": usual["lr"]} if "lr" in usual else rest
    return found
