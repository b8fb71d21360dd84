"""What a study's settings are called and how they look: a row per setting."""

import itertools
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.figures import style
from lr_atlas.run_identity import compact

_LOSS_UNITS = {"cross_entropy": "nats per image", "mse": "mean squared error"}


@dataclass(frozen=True)
class Wording:
    """What the axes and notes of a study's figures say.

    Attributes:
        study: The study's name.
        validation: "test" where the test images served as validation images, else anything else.
        loss: Such as "cross_entropy" or "mse", of the settings that name none of their own.
        selection: Which settings are shown, for the notes; empty if all are.
    """

    study: str
    validation: str
    loss: str
    selection: str = ""

    @property
    def validation_images(self) -> str:
        """Return the images on which settings are compared."""
        return "test images" if self.validation == "test" else "held-out images"

    @property
    def validation_accuracy(self) -> str:
        """Return what an accuracy is, without its unit."""
        return "validation accuracy" + " on the test images" * (self.validation == "test")

    def loss_axis(self, loss: str | None = None) -> str:
        """Return the label of a loss axis, of the study's loss if `loss` is None."""
        loss = loss or self.loss
        return f"loss ({_LOSS_UNITS.get(loss, loss)})"


def describe_settings(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the settings in the runs table, a row each, in the order in which figures list them.

    The columns: setting, optimizer, learning_rate; `loss` (None unless it varies in the study);
    `variant` (the optimizer and the other parameters that tell it apart), `label` (the variant
    with its learning rate), `short` (the same for a legend), `variant_index` (counted within the
    optimizer), `colour` (the optimizer's, darker for a higher learning rate); how many `runs`
    there are, and how many of them `diverged` or `collapsed`.
    """
    settings = runs.drop_duplicates("setting").reset_index(drop=True)
    parameters = _parameter_texts(settings)
    named = _named_parameters(settings["optimizer"], parameters)
    settings = settings[["setting", "optimizer", "learning_rate"]].assign(
        loss=parameters.get("loss")
    )
    labels = [
        _labels(row.optimizer, row.learning_rate, parameters.loc[row.Index], named[row.optimizer])
        for row in settings.itertuples()
    ]
    settings = settings.join(pd.DataFrame(labels, columns=["variant", "label", "short"]))
    settings = settings.loc[_order(settings, parameters)].reset_index(drop=True)
    settings["variant_index"] = settings.groupby("optimizer")["variant"].transform(
        lambda variant: pd.factorize(variant)[0]
    )
    settings["colour"] = _colours(settings)
    return settings.merge(_counts(runs), on="setting")


def value_text(value: Any) -> str | None:
    """Return a parameter's value as text: "64" for 64.0, "128-64" for a list, None for none."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return "-".join(value_text(part) or "none" for part in value) or "none"
    if value is None or value == "" or pd.isna(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, numbers.Real):
        return compact(float(value))
    return str(value)


def remarks(setting: Any) -> str:
    """Say what a reader must know of a setting's runs: "1 of 3 diverged", or nothing."""
    return ", ".join(
        f"{count} of {setting.runs} {status}"
        for status, count in (("diverged", setting.diverged), ("collapsed", setting.collapsed))
        if count
    )


def seeds_text(settings: pd.DataFrame) -> str:
    """Say how many seeds the settings have: "3 seeds per setting", "1 to 3 seeds per setting"."""
    fewest, most = settings["runs"].min(), settings["runs"].max()
    if fewest == most:
        return f"{most} seed{'s' if most != 1 else ''} per setting"
    return f"{fewest} to {most} seeds per setting"


def _parameter_texts(settings: pd.DataFrame) -> pd.DataFrame:
    columns = list(settings.columns)
    names = columns[columns.index("learning_rate") + 1 : columns.index("seed")]
    return pd.DataFrame(
        {name: [value_text(value) for value in settings[name]] for name in names},
        index=settings.index,
        dtype=object,
    )


def _named_parameters(optimizers: pd.Series, parameters: pd.DataFrame) -> dict[str, list[str]]:
    """Return, for every optimizer, the parameters by which its settings must be told apart.

    Those that vary within the optimizer, and those in which it shares no value with another one.
    """
    values = {
        (optimizer, name): set(group[name].dropna())
        for optimizer, group in parameters.groupby(optimizers)
        for name in parameters
    }
    named = {optimizer: [] for optimizer in optimizers.unique()}
    for optimizer, name in itertools.product(named, parameters):
        own = values[optimizer, name]
        others = [values[other, name] for other in named if other != optimizer]
        absent_somewhere = parameters.loc[optimizers == optimizer, name].isna().any()
        if own and (len(own) > 1 or absent_somewhere or any(o and not own & o for o in others)):
            named[optimizer].append(name)
    return named


def _labels(
    optimizer: str, learning_rate: float, parameters: pd.Series, named: list[str]
) -> tuple[str, str, str]:
    name = style.optimizer_name(optimizer)
    others = [
        style.parameter_label(parameter, parameters[parameter])
        for parameter in named
        if parameters[parameter] is not None
    ]
    return (
        ", ".join([name, *others]),
        ", ".join([name, f"learning rate {value_text(learning_rate)}", *others]),
        ", ".join([f"{name} {value_text(learning_rate)}", *others]),
    )


def _order(settings: pd.DataFrame, parameters: pd.DataFrame) -> list[int]:
    keys = {
        row.Index: (
            style.optimizer_rank(row.optimizer),
            [_sort_key(text) for text in parameters.loc[row.Index]],
            row.learning_rate,
        )
        for row in settings.itertuples()
    }
    return sorted(keys, key=keys.get)


def _sort_key(text: str | None) -> tuple[int, float, str]:
    try:
        return (0, float(text), "")
    except (TypeError, ValueError):
        return (-1, 0.0, "") if text is None else (1, 0.0, text)


def _colours(settings: pd.DataFrame) -> pd.Series:
    colours = pd.Series(index=settings.index, dtype=object)
    for optimizer, rates in settings.groupby("optimizer")["learning_rate"]:
        count = rates.nunique()
        furthest = min(1.0, 0.3 * count) if count > 1 else 0.0
        levels = np.linspace(-furthest, furthest, count)[rates.rank(method="dense").astype(int) - 1]
        colour = style.optimizer_colour(optimizer)
        colours[rates.index] = [style.shade(colour, level) for level in levels]
    return colours


def _counts(runs: pd.DataFrame) -> pd.DataFrame:
    status = runs.assign(
        diverged=runs["status"] == "diverged", collapsed=runs["status"] == "collapsed"
    )
    return (
        status.groupby("setting")
        .agg(runs=("run", "size"), diverged=("diverged", "sum"), collapsed=("collapsed", "sum"))
        .reset_index()
    )
