"""Defaults of a run's configuration.

A default must never change: runs that left it out would silently mean something else.
"""

from typing import Any

#: The arguments of the network of each name that has some to leave out.
MODEL_DEFAULTS: dict[str, dict[str, Any]] = {
    "fully_connected": {"hidden": [128, 64], "activation": "relu", "dropout": 0.0}
}
DEFAULTS: dict[str, Any] = {
    "validation": 10_000,
    "model": {"name": "fully_connected", **MODEL_DEFAULTS["fully_connected"]},
    "loss": "cross_entropy",
    "pixels": [0.0, 1.0],
    "batch_size": 100,
    "schedule": "constant",
    "threads": 1,
}
#: Keys of training that stand in a configuration only where they have another value than this.
UNSET: dict[str, Any] = {
    "momentum_schedule": "constant",
    "weight_decay_schedule": "constant",
    "sharpness_aware": "none",
    "clip": "none",
    "accumulate": 1,
    "average": "none",
}
#: Keys of training that a study sets, an optimizer's entry overrides, and a list makes an axis.
TRAINING_AXES = ("schedule", *UNSET)
#: The values of these that go without saying.
USUAL = {key: {**DEFAULTS, **UNSET}[key] for key in TRAINING_AXES}

#: Keys of a configuration that set a source's seed apart: initial weights; order, dropout and
#: transforms; and the last bits of the initial weights, which stay as they are without it.
INITIALISATION, ORDER, ROUNDING = "initialisation_seed", "order_seed", "rounding_seed"

#: The groups of parameters of an optimizer that says nothing of them, see optimizer_groups.py.
USUAL_GROUPS: dict[str, Any] = {"rest": None, "takes": "hidden", "decay": "all", "multipliers": {}}


def is_plain(model: dict) -> bool:
    """Return whether a network, given by its name and arguments, has plain layers alone."""
    return model.get("name", DEFAULTS["model"]["name"]) == DEFAULTS["model"]["name"]


def model_defaults(name: str) -> dict[str, Any]:
    """Return what stands for keys that the configuration of a network leaves out."""
    return {**MODEL_DEFAULTS.get(name, {}), "name": DEFAULTS["model"]["name"]}


def grouping(optimizer: dict) -> dict[str, Any]:
    """Return what an optimizer's configuration says of groups of parameters.

    A class of one's own may have arguments of these names, which hold other values.
    """
    return {key: value for key, value in optimizer.items() if _says_groups(key, value)}


def _says_groups(key: str, value: Any) -> bool:
    if key == "rest":
        return isinstance(value, dict) and "name" in value
    if key == "multipliers":
        return isinstance(value, dict)
    return (key == "takes" and value in ("hidden", "matrices")) or (
        key == "decay" and value in ("all", "matrices")
    )


def own_arguments(optimizer: dict) -> dict[str, Any]:
    """Return the name and the arguments of an optimizer, without what says groups."""
    said = grouping(optimizer)
    return {key: value for key, value in optimizer.items() if key not in said}


def without_usual_groups(optimizer: dict) -> dict[str, Any]:
    """Return an optimizer without what it says of groups that goes without saying."""
    usual = {key for key, value in grouping(optimizer).items() if value == USUAL_GROUPS[key]}
    return {key: value for key, value in optimizer.items() if key not in usual}


def complete_configuration(canonical: dict) -> dict:
    """Return the configuration with DEFAULTS; the optimizer's arguments stay as they are."""
    given = canonical.get("model", {})
    model = {**model_defaults(given.get("name", DEFAULTS["model"]["name"])), **given}
    return {**DEFAULTS, **canonical, "model": model}


def seed_of(configuration: dict, source: str) -> int:
    """Return the seed of INITIALISATION or ORDER: its own, or else that of the run."""
    seed: int = configuration.get(source, configuration["seed"])
    return seed
