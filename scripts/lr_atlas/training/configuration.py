"""Defaults of a run's configuration.

A default must never change: runs that left it out would silently mean something else.
"""

from typing import Any

DEFAULTS: dict[str, Any] = {
    "validation": 10_000,
    "model": {"hidden": [128, 64], "activation": "relu", "dropout": 0.0},
    "loss": "cross_entropy",
    "pixels": [0.0, 1.0],
    "batch_size": 100,
    "threads": 1,
}


def complete_configuration(canonical: dict) -> dict:
    """The configuration with DEFAULTS filled in; the optimizer's arguments stay as they are."""
    model = {**DEFAULTS["model"], **canonical.get("model", {})}
    return {**DEFAULTS, **canonical, "model": model}
