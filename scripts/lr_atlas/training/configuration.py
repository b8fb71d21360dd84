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


def model_defaults(name: str) -> dict[str, Any]:
    """Return what stands for keys that the configuration of a network leaves out."""
    return {**MODEL_DEFAULTS.get(name, {}), "name": DEFAULTS["model"]["name"]}


def complete_configuration(canonical: dict) -> dict:
    """Return the configuration with DEFAULTS; the optimizer's arguments stay as they are."""
    given = canonical.get("model", {})
    model = {**model_defaults(given.get("name", DEFAULTS["model"]["name"])), **given}
    return {**DEFAULTS, **canonical, "model": model}
