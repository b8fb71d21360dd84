"""The identity of a run: its canonical configuration and the name of its folder.

The canonical configuration is a plain dictionary with typed values in which every key that has its
default, or that does not apply, is left out. So the spelling of a number, the order of keys, a
default written out, and a key that a later version adds, change nothing. How many epochs a run
went, the device, and the study that asked for it are no part of it.
"""

import hashlib
import re
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.rounding import compact
from lr_atlas.training.configuration import DEFAULTS, UNSET, grouping, is_plain, model_defaults
from lr_atlas.training.parts import short_name

_HASH_LENGTH = 12
_READABLE_LENGTH = 100
#: Texts of things of one's own may have any; blanks, slashes and the like have a meaning in a path.
_NOT_FOR_NAMES = re.compile(r"[^A-Za-z0-9._+-]")


def canonical_configuration(full: dict, optimizer_defaults: dict) -> dict:
    """Return the canonical configuration of a run, from one that may write out defaults.

    full: dict with the keys of DEFAULTS (all optional) and `dataset`, `optimizer` (with `name` and
    `lr`), `seed` and, for data that is not the canonical set, `data_digest`; `training_images` for
    a run that is trained on so many of those that it could be trained on; `transforms` where there
    are any, and keys of UNSET. Defaults of a network of another name are left out already.
    optimizer_defaults: that optimizer's default arguments.
    """
    given = full.get("model", {})
    model = _without_defaults(given, model_defaults(given.get("name", DEFAULTS["model"]["name"])))
    if is_plain(given) and given.get("hidden") == []:
        # No hidden layer, so no activation and no dropout.
        model = {key: value for key, value in model.items() if key in ("hidden", "initialisation")}
    optimizer = _without_defaults(full["optimizer"], {**optimizer_defaults, "lr": None})
    reduced = _without_defaults(
        {**full, "model": model, "optimizer": optimizer}, {**DEFAULTS, **UNSET}
    )
    return {key: value for key, value in reduced.items() if value not in ({}, None)}


def is_command(canonical: dict) -> bool:
    """Return whether a run is one of a program that its configuration names."""
    return "command" in canonical


def run_name(canonical: dict) -> str:
    """Return the name of a run's folder: what a reader wants to know first, then a hash."""
    digest = hashlib.sha256(canonical_json(canonical).encode()).hexdigest()[:_HASH_LENGTH]
    optimizer = dict(canonical["optimizer"])
    name, learning_rate = optimizer.pop("name"), optimizer.pop("lr")
    parts = [canonical["dataset"], short_name(name), f"lr{compact(learning_rate)}"]
    optimizer |= {key: text_of_groups(key, each) for key, each in grouping(optimizer).items()}
    parts += [f"{key}{compact(value)}" for key, value in sorted(optimizer.items())]
    readable = safe_in_names("-".join(parts))[:_READABLE_LENGTH]
    return f"{readable}-seed{canonical['seed']}-{digest}"


def text_of_groups(key: str, value: Any) -> str:
    """Return what names say of a value of configuration.USUAL_GROUPS: such as adamw-lr0.001."""
    if key == "rest":
        arguments = sorted((k, each) for k, each in value.items() if k not in ("name", "lr"))
        said = [f"{each}{compact(found)}" for each, found in [("lr", value["lr"]), *arguments]]
        return "-".join([short_name(value["name"]), *said])
    if key == "multipliers":
        return "_".join(f"{pattern}x{compact(factor)}" for pattern, factor in sorted(value.items()))
    return str(value)


def safe_in_names(text: str) -> str:
    """Return a text for the name of a file; of two texts both may become one."""
    return _NOT_FOR_NAMES.sub("_", text)


def _without_defaults(values: dict, defaults: dict) -> dict:
    return {
        key: value
        for key, value in values.items()
        if key not in defaults or canonical_json(value) != canonical_json(defaults[key])
    }
