"""Settings of runs from elsewhere: their parameters, their order and their names."""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.studies.parameters import (
    most_common,
    setting_name,
    shown_numbers,
    sort_key,
    varying_parameters,
)

_DIGEST_LENGTH = 12


def named_settings(
    of_runs: Sequence[dict[str, Any]],
) -> tuple[list[str], dict[str, dict[str, Any]], tuple[str, ...]]:
    """Return (the setting of each run, parameters of each setting, what varies).

    of_runs: the parameters of each run. Settings are in canonical order.
    """
    keys = [canonical_json(_comparable(each)) for each in of_runs]
    distinct = dict(zip(keys, of_runs, strict=True))
    order = sorted(distinct, key=lambda key: sort_key(_comparable(distinct[key])))
    settings = [distinct[key] for key in order]
    varying = varying_parameters(settings)
    base, shown = most_common(varying, settings), shown_numbers(settings)
    names = [setting_name(each, varying, base, shown, {}) for each in settings]
    names = [
        name if names.count(name) == 1 else f"{name}-{_digest(key)}"
        for name, key in zip(names, order, strict=True)
    ]
    called = dict(zip(order, names, strict=True))
    return [called[key] for key in keys], dict(zip(names, settings, strict=True)), varying


def _comparable(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters in which a learning rate that nobody knows comes first."""
    rate = parameters["learning_rate"]
    return {**parameters, "learning_rate": -1.0} if math.isnan(rate) else parameters


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]
