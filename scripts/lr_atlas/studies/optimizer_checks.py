"""Checks that the optimizers of a study go with what else its steps are asked to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.own_optimizers import is_own_optimizer
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import torch_optimizers
from lr_atlas.studies.grid import Plan
from lr_atlas.training.configuration import USUAL, own_arguments
from lr_atlas.training.parts import short_name

if TYPE_CHECKING:
    import torch

_ACCUMULATE, _AWARE, _AVERAGE = "accumulate", "sharpness_aware", "average"


def check_optimizers(plan: Plan, study: Study, file: ConfigFile) -> None:
    """Raise ConfigError for steps of several batches, or averages, that a method has not."""
    problems = Problems()
    for optimizer, keys in _asked_for_more(plan):
        with problems.noted():
            problem = _looks_again(optimizer, keys) or _averages_twice(optimizer, keys)
            if problem:
                index = [entry.name for entry in study.optimizers].index(optimizer["name"])
                raise file.error(("studies", plan.study, "optimizers", index), problem)
    problems.tell()


def _asked_for_more(plan: Plan) -> list[tuple[dict, frozenset[str]]]:
    """Return each (optimizer, keys that are set) once, of runs that accumulate or average."""
    found = {}
    for run in plan.trained:
        keys = frozenset(
            key
            for key in (_ACCUMULATE, _AWARE, _AVERAGE)
            if run.configuration.get(key, USUAL[key]) != USUAL[key]
        )
        if keys & {_ACCUMULATE, _AVERAGE}:
            optimizer = {**run.configuration["optimizer"], "lr": 1.0}
            found[canonical_json([optimizer, sorted(keys)])] = (optimizer, keys)
    return list(found.values())


def _looks_again(optimizer: dict, keys: frozenset[str]) -> str:
    """Return why the gradients of several batches cannot be those of one step, or ""."""
    if _ACCUMULATE not in keys:
        return ""
    name, is_aware = optimizer["name"], _AWARE in keys
    known = torch_optimizers().get(name, {}) if not is_own_optimizer(name) else {}
    if not (is_aware or known.get("needs_closure") or _own_needs_closure(optimizer)):
        return ""
    return (
        f"{_AWARE if is_aware else short_name(name)} takes the gradients of a step more than "
        "once, which steps of several batches (accumulate) keep for none of them; use a larger "
        "batch_size"
    )


def _own_needs_closure(optimizer: dict) -> bool:
    """Return whether a class of a package or a file evaluates the loss in its step."""
    if not is_own_optimizer(optimizer["name"]):
        return False
    from lr_atlas.training.optimizer import class_arguments
    from lr_atlas.training.optimizer_needs import needs_closure

    arguments = class_arguments(own_arguments(optimizer), is_cuda=False)
    return needs_closure(_class_of(optimizer["name"]), arguments)


def _averages_twice(optimizer: dict, keys: frozenset[str]) -> str:
    """Return which method averages the weights by itself where `average` asks for it too, or ""."""
    if _AVERAGE not in keys:
        return ""
    named = [optimizer["name"], *(rest["name"] for rest in [optimizer.get("rest")] if rest)]
    for name in named:
        if is_own_optimizer(name) and _has_modes(name):
            return (
                f"{short_name(name)} averages the weights by itself, and evaluates that average; "
                "an `average` of it would be one of both. Leave `average` out, or say `average: "
                "none` in its entry"
            )
    return ""


def _has_modes(name: str) -> bool:
    from lr_atlas.training.optimizer_needs import has_modes

    return has_modes(_class_of(name))


def _class_of(name: str) -> type[torch.optim.Optimizer]:
    from lr_atlas.training.optimizer import optimizer_class

    return optimizer_class(name)
