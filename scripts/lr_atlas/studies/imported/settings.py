"""Settings of runs from elsewhere: their parameters, their order and their names."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.canonical import canonical_json
from lr_atlas.common.errors import UserError
from lr_atlas.common.units import shortened
from lr_atlas.studies.imported.cells import floats, plain_values
from lr_atlas.studies.imported.frame import of_role
from lr_atlas.studies.imported.limits import impossible_text
from lr_atlas.studies.imported.pools import error_at
from lr_atlas.studies.parameters import (
    file_name_of,
    most_common,
    setting_name,
    shown_numbers,
    sort_key,
    varying_parameters,
)

#: The optimizer of runs of which no file says it.
UNKNOWN_OPTIMIZER = "unknown"
#: Columns of our tables; a parameter of such a name gets another one.
RESERVED = frozenset(
    (
        *("study", "run", "setting", "dataset", "optimizer", "learning_rate", "seed", "epoch"),
        *("step", "status", "reason", "chance", "loss_chance", "images", "device", "torch"),
        *("python", "blas", "processor", "packages", "name", "diverged_epoch", "diverged_step"),
        *("epochs_completed", "steps_completed", "seconds_per_epoch", "train_seconds"),
        *("evaluate_seconds", "best_validation_epoch", "best_validation_step"),
    )
)
_DIGEST_LENGTH = 12
_MOST_SHOWN = 5
#: Numbers whose difference is this share of them, or less, are one number, rounded or not.
_ALIKE = 1e-9


@dataclass(frozen=True)
class Settings:
    """The settings of runs.

    Attributes:
        of_runs: The name of the setting of each run.
        parameters: By name, in canonical order.
        varying: Names of the parameters that differ between them, learning rate left out.
    """

    of_runs: list[str]
    parameters: dict[str, dict[str, Any]]
    varying: tuple[str, ...]


def settings_of(first: pd.DataFrame, where: pd.DataFrame, names: Sequence[str]) -> Settings:
    """Return the settings of runs. Raises UserError for parameters that cannot be.

    first: a row per run. names: of the columns that are parameters beside optimizer and lr.
    """
    optimizers = _texts(first, where, "optimizer")
    rates = floats(first[of_role("learning_rate")], where, "the learning rate")
    _check_rates(rates, where)
    rates = np.array(as_written_shortest(rates.tolist()))
    for name in names:
        problem = impossible_text(name)
        if problem:
            raise error_at(where, 0, f"the name of a column is {problem}")
    others = {_free(name): _values(first, where, name) for name in names}
    of_runs = [
        {
            "optimizer": UNKNOWN_OPTIMIZER if optimizer is None else optimizer,
            "learning_rate": float(rate),
            **{name: values[run] for name, values in others.items() if values[run] is not None},
        }
        for run, (optimizer, rate) in enumerate(zip(optimizers, rates, strict=True))
    ]
    given = _texts(first, where, "setting")
    if any(name is not None for name in given):
        _check_given(given, of_runs, where)
        return _named(of_runs, [name or "" for name in given])
    return _named(of_runs, None)


def _free(name: str) -> str:
    """Return a name that no other column of our tables has."""
    return f"{name}_" if name in RESERVED else name


def _named(of_runs: Sequence[dict[str, Any]], given: Sequence[str] | None) -> Settings:
    keys = [canonical_json(_comparable(each)) for each in of_runs]
    if given is not None:
        keys = [f"{key} {name}" for key, name in zip(keys, given, strict=True)]
    distinct = dict(zip(keys, of_runs, strict=True))
    order = sorted(distinct, key=lambda key: sort_key(_comparable(distinct[key])))
    settings = [distinct[key] for key in order]
    varying = varying_parameters(settings)
    if given is None:
        base, shown = most_common(varying, settings), shown_numbers(settings)
        names = [setting_name(each, varying, base, shown, {}) for each in settings]
    else:
        called = dict(zip(keys, given, strict=True))
        names = [file_name_of(called[key]) for key in order]
    count = Counter(names)
    names = [
        name if count[name] == 1 else f"{name}-{_digest(key)}"
        for name, key in zip(names, order, strict=True)
    ]
    of_key = dict(zip(order, names, strict=True))
    return Settings([of_key[key] for key in keys], dict(zip(names, settings, strict=True)), varying)


def _texts(first: pd.DataFrame, where: pd.DataFrame, role: str) -> list[str | None]:
    values = plain_values(first[of_role(role)])
    texts = [None if value is None else str(value) for value in values]
    _check_texts(texts, where, role)
    return texts


def _values(first: pd.DataFrame, where: pd.DataFrame, name: str) -> list[Any]:
    values = plain_values(first[name])
    _check_texts([value if isinstance(value, str) else None for value in values], where, name)
    return as_written_shortest(values)


def as_written_shortest(values: Sequence[Any]) -> list[Any]:
    """Return values with one number for those that differ by less than a billionth.

    Files of the same runs have a number in full and rounded, such as 0.002511886431509582 and
    0.0025118864315. The one with the fewest digits stands for both.
    """
    numbers = sorted({each for each in values if isinstance(each, float) and math.isfinite(each)})
    alike: list[list[float]] = []
    for number in numbers:
        if alike and number - alike[-1][-1] <= _ALIKE * abs(number):
            alike[-1].append(number)
        else:
            alike.append([number])
    shortest = {
        number: min(group, key=lambda each: len(repr(each))) for group in alike for number in group
    }
    return [shortest.get(each, each) if isinstance(each, float) else each for each in values]


def _check_texts(texts: Sequence[str | None], where: pd.DataFrame, name: str) -> None:
    """Raise ForeignFileError for texts that pages, figures or spreadsheets cannot show."""
    for text in dict.fromkeys(texts):
        problem = impossible_text(text) if text else ""
        if problem:
            raise error_at(where, texts.index(text), f"{name} is {problem}")


def _check_rates(rates: np.ndarray, where: pd.DataFrame) -> None:
    wrong = np.flatnonzero(np.isinf(rates) | (rates < 0))
    if len(wrong):
        row = int(wrong[0])
        raise error_at(where, row, f"the learning rate is {rates[row]:g}; a finite number above 0")


def _check_given(
    given: Sequence[str | None], of_runs: Sequence[Mapping[str, Any]], where: pd.DataFrame
) -> None:
    """Raise UserError for a setting whose runs have other parameters."""
    seen: dict[str | None, Mapping[str, Any]] = {}
    for run, (name, parameters) in enumerate(zip(given, of_runs, strict=True)):
        before = seen.setdefault(name, parameters)
        differing = [
            key
            for key in {**before, **parameters}
            if canonical_json([before.get(key)]) != canonical_json([parameters.get(key)])
        ]
        if differing:
            key = differing[0]
            raise error_at(
                where,
                run,
                f"the setting {name} has {key} {parameters.get(key)} here and {before.get(key)} "
                f"before. If '{key}' is no parameter: columns: {{ignore: [{key}]}}",
            )


def refuse_settings_of_one(
    settings: Settings, seeds: Sequence[Any], names: Sequence[str], first: pd.DataFrame
) -> None:
    """Raise UserError where columns that differ from run to run leave each setting a single run.

    seeds: of the runs. Of columns that nobody has called parameters, such as a duration, a table
    of final values does not tell that they are measured.
    """
    count = Counter(settings.of_runs)
    if len(set(seeds)) < 2 or max(count.values()) > 1 or len(count) < 3:
        return
    unlike = [name for name in names if first[name].nunique() > len(first) / 2]
    rest = pd.DataFrame({name: first[name].astype(str) for name in names if name not in unlike})
    for role in ("optimizer", "learning_rate"):
        rest[role] = first[of_role(role)].astype(str)
    if unlike and rest.duplicated().any():
        raise UserError(
            f"each of the {len(count)} settings has a single run, since {shortened(unlike)} "
            f"differ from run to run. Say that they are measured (columns: {{ignore: "
            f"[{', '.join(unlike[:_MOST_SHOWN])}]}}), or which columns make up a setting "
            "(columns: {by: […]})"
        )


def _comparable(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters in which a learning rate that nobody knows comes first."""
    rate = parameters["learning_rate"]
    return {**parameters, "learning_rate": -1.0} if math.isnan(rate) else parameters


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]
