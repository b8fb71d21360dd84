"""What a run is: its canonical configuration and the name of its folder.

The canonical configuration is a plain dictionary with typed values in which every key that has its
default, or that does not apply, is left out. So the spelling of a number, the order of keys, a
default written out, and a key that a later version adds, change nothing. How many epochs a run
went, the device, and the study that asked for it are no part of it.

A default below must never change: runs that left it out would silently mean something else.
"""

import hashlib
import json
from typing import Any

DEFAULTS = {
    "validation": 10_000,
    "model": {"hidden": [128, 64], "activation": "relu", "dropout": 0.0},
    "loss": "cross_entropy",
    "pixels": [0.0, 1.0],
    "batch_size": 100,
    "threads": 1,
}

_HASH_LENGTH = 12
_READABLE_LENGTH = 100


def canonical_configuration(full: dict, optimizer_defaults: dict) -> dict:
    """The canonical configuration of a run, from one that may write out defaults.

    full: dict with the keys of DEFAULTS (all optional) and `dataset`, `optimizer` (with `name` and
    `lr`), `seed` and, for data that is not the canonical set, `data_digest`; `training_images` for
    a run that is trained on so many of those that it could be trained on.
    optimizer_defaults: that optimizer's default arguments.
    """
    model = _without_defaults({**DEFAULTS["model"], **full.get("model", {})}, DEFAULTS["model"])
    if full.get("model", {}).get("hidden") == []:
        model = {"hidden": []}  # no hidden layer, so no activation and no dropout
    optimizer = _without_defaults(full["optimizer"], {**optimizer_defaults, "lr": None})
    reduced = _without_defaults({**full, "model": model, "optimizer": optimizer}, DEFAULTS)
    return {key: value for key, value in reduced.items() if value not in ({}, None)}


def complete_configuration(canonical: dict) -> dict:
    """The configuration with DEFAULTS filled in; the optimizer's arguments stay as they are."""
    model = {**DEFAULTS["model"], **canonical.get("model", {})}
    return {**DEFAULTS, **canonical, "model": model}


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, shortest exact numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def run_name(canonical: dict) -> str:
    """The name of a run's folder: what a reader wants to know first, then a hash of everything."""
    digest = hashlib.sha256(canonical_json(canonical).encode()).hexdigest()[:_HASH_LENGTH]
    optimizer = dict(canonical["optimizer"])
    name, learning_rate = optimizer.pop("name"), optimizer.pop("lr")
    parts = [canonical["dataset"], name, f"lr{compact(learning_rate)}"]
    parts += [f"{key}{compact(value)}" for key, value in sorted(optimizer.items())]
    readable = "-".join(parts)[:_READABLE_LENGTH]
    return f"{readable}-seed{canonical['seed']}-{digest}"


def compact(value: Any) -> str:
    """A value as a short text that is safe in file names: 1.0 -> "1", [0.9, 0.99] -> "0.9_0.99"."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, list | tuple):
        return "_".join(compact(element) for element in value) or "none"
    return str(value)


def _without_defaults(values: dict, defaults: dict) -> dict:
    return {
        key: value
        for key, value in values.items()
        if key not in defaults or canonical_json(value) != canonical_json(defaults[key])
    }
