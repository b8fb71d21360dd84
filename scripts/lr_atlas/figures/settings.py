"""Name and style a study's settings: a row per setting."""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.common.rounding import rounded
from lr_atlas.figures import looks
from lr_atlas.figures.wording import ENGLISH, Wording
from lr_atlas.training.schedule import SCHEDULES


def describe_settings(runs: pd.DataFrame, wording: Wording = ENGLISH) -> pd.DataFrame:
    """Return the settings in the runs table, a row each, in the order in which figures list them.

    The columns: setting, optimizer, learning_rate; `loss` (None unless it varies in the study);
    `variant` (the optimizer and the other parameters that tell it apart), `label` (the variant
    with its learning rate), `short` (the same for a legend), `variant_index` (counted within the
    optimizer), `colour` (darker for a higher learning rate, see `_colours`); how many `runs`
    there are, and how many of them `diverged` or `collapsed`.
    """
    settings = runs.drop_duplicates("setting").reset_index(drop=True)
    parameters = _parameter_texts(settings, wording)
    named = _named_parameters(settings["optimizer"], parameters)
    settings = settings[["setting", "optimizer", "learning_rate"]].assign(loss=settings.get("loss"))
    rates = rounded(settings["learning_rate"])
    labels = [
        _labels(
            row.optimizer, rates.get(row.learning_rate), parameters.loc[row.Index], named, wording
        )
        for row in settings.itertuples()
    ]
    settings = settings.join(pd.DataFrame(labels, columns=["variant", "label", "short"]))
    settings = settings.loc[_order(settings, parameters)].reset_index(drop=True)
    settings["variant_index"] = settings.groupby("optimizer")["variant"].transform(
        lambda variant: pd.factorize(variant)[0]
    )
    settings["colour"] = _colours(settings)
    return settings.merge(_counts(runs), on="setting")


def measured_settings(runs: pd.DataFrame, summary: pd.DataFrame, wording: Wording) -> pd.DataFrame:
    """Return `describe_settings(runs)` with what the study's summary says of each setting.

    The columns `mean`, `low` and `high` (the final value of the metric on the validation images as
    it is shown, with the ends of its interval; empty where there is none), `best_of_optimizer`,
    `on_plateau` and the plateau's `margin`.
    """
    summary = summary.set_index("setting")
    settings = describe_settings(runs, wording)
    for name in ("mean", "low", "high"):
        values = settings["setting"].map(summary[f"{wording.metric.validation}_{name}"])
        settings[name] = values.astype(float) * wording.metric.metric.scale
    settings["margin"] = settings["setting"].map(summary["plateau_margin"]).astype(float)
    for name in ("best_of_optimizer", "on_plateau"):
        settings[name] = (
            settings["setting"].map(summary[name]).astype(bool) & settings["mean"].notna()
        )
    return settings


def lost_at_once(runs: pd.DataFrame) -> pd.Series:
    """Return how many runs diverged in the first epoch, by setting; of those alone that have any.

    `runs` is a study's table with a row per run.
    """
    lost = runs[(runs["status"] == "diverged") & (runs["epochs_completed"] == 0)]
    return lost.groupby("setting", sort=False).size()


def remarks(setting: Any, wording: Wording) -> str:
    """Say what a reader must know of a setting's runs: "1 of 3 diverged", or nothing."""
    parts = []
    if setting.diverged:
        parts.append(
            wording.say("{count} of {runs} diverged", count=setting.diverged, runs=setting.runs)
        )
    if setting.collapsed:
        parts.append(
            wording.say("{count} of {runs} collapsed", count=setting.collapsed, runs=setting.runs)
        )
    return ", ".join(parts)


def seeds_text(settings: pd.DataFrame, wording: Wording) -> str:
    """Say how many seeds the settings have: "3 seeds per setting.", "1 to 3 seeds per setting."."""
    fewest, most = settings["runs"].min(), settings["runs"].max()
    if fewest != most:
        return wording.say("{fewest} to {most} seeds per setting.", fewest=fewest, most=most)
    if most == 1:
        return wording.say("One seed per setting.")
    return wording.say("{most} seeds per setting.", most=most)


def _parameter_texts(settings: pd.DataFrame, wording: Wording) -> pd.DataFrame:
    columns = list(settings.columns)
    names = columns[columns.index("learning_rate") + 1 : columns.index("seed")]
    texts = {name: [wording.value(value) for value in _rounded(settings[name])] for name in names}
    for name in set(names) & set(SCHEDULES):
        texts[name] = _short_names(texts[name])
    return pd.DataFrame(texts, index=settings.index, dtype=object)


def _short_names(schedules: list[str | None]) -> list[str | None]:
    """Return schedules by their names alone, where a study has one of each name.

    Their arguments crowd legends; they stand in the tables and beside the panel of schedules.
    """
    of_name: dict[str, set[str]] = {}
    for text in filter(None, schedules):
        of_name.setdefault(text.partition("-")[0], set()).add(text)
    names = {text: name for name, texts in of_name.items() for text in texts if len(texts) == 1}
    return [names.get(text, text) if text else text for text in schedules]


def _rounded(values: pd.Series) -> list:
    if not pd.api.types.is_float_dtype(values):
        return list(values)
    shown = rounded(values)
    return [shown.get(value, value) for value in values]


def _named_parameters(optimizers: pd.Series, parameters: pd.DataFrame) -> dict[str, list[str]]:
    """Return, for every optimizer, the parameters by which its settings must be told apart.

    Those that vary within the optimizer, and those in which it shares no value with another one.
    """
    values = {
        (optimizer, name): set(group[name].dropna())
        for optimizer, group in parameters.groupby(optimizers)
        for name in parameters
    }
    named: dict[str, list[str]] = {optimizer: [] for optimizer in optimizers.unique()}
    for optimizer, name in itertools.product(named, parameters):
        own = values[optimizer, name]
        others = [values[other, name] for other in named if other != optimizer]
        absent_somewhere = parameters.loc[optimizers == optimizer, name].isna().any()
        if own and (len(own) > 1 or absent_somewhere or any(o and not own & o for o in others)):
            named[optimizer].append(name)
    return named


def _labels(
    optimizer: str,
    learning_rate: float | None,
    parameters: pd.Series,
    named: dict[str, list[str]],
    wording: Wording,
) -> tuple[str, str, str]:
    name = looks.optimizer_name(optimizer)
    others = [
        wording.parameter(parameter, parameters[parameter])
        for parameter in named[optimizer]
        if parameters[parameter] is not None
    ]
    variant = ", ".join([name, *others])
    if learning_rate is None:  # nobody has said it
        return variant, variant, variant
    rate = wording.value(learning_rate)
    return (
        variant,
        ", ".join([name, wording.say("learning rate {rate}", rate=rate), *others]),
        ", ".join([f"{name} {rate}", *others]),
    )


def _order(settings: pd.DataFrame, parameters: pd.DataFrame) -> list[int]:
    keys = {
        row.Index: (
            looks.optimizer_rank(row.optimizer),
            [_sort_key(text) for text in parameters.loc[row.Index]],
            row.learning_rate,
        )
        for row in settings.itertuples()
    }
    return sorted(keys, key=keys.__getitem__)


def _sort_key(text: str | None) -> tuple[int, float, str]:
    if text is None:
        return (-1, 0.0, "")
    try:
        return (0, float(text), "")
    except ValueError:
        return (1, 0.0, text)


def _colours(settings: pd.DataFrame) -> pd.Series:
    """Return a colour per setting, the darker the higher the learning rate.

    Tones of the optimizer's own colour tell few learning rates apart; where no other optimizer
    needs a colour, the scale does better.
    """
    colours = pd.Series(index=settings.index, dtype=object)
    for optimizer, rates in settings.groupby("optimizer")["learning_rate"]:
        if rates.nunique() <= 1:
            colours[rates.index] = looks.optimizer_colour(optimizer)
            continue
        places = _places(rates)
        if settings["optimizer"].nunique() == 1:
            colours[rates.index] = [looks.scale_colour(place) for place in places]
            continue
        lightest, darkest = _lightness(rates.nunique())
        colours[rates.index] = [
            looks.tone(looks.optimizer_colour(optimizer), lightest + place * (darkest - lightest))
            for place in places
        ]
    return colours


def _places(rates: pd.Series) -> pd.Series:
    """Return where learning rates are on a scale from 0 to 1.

    Half by their logarithm, half by their rank, so that one that is far away does not leave a
    single colour for all others.
    """
    decades, ranks = np.log10(rates), rates.rank(method="dense") - 1
    logarithmic = (decades - decades.min()) / (decades.max() - decades.min())
    return (logarithmic + ranks / ranks.max()) / 2


def _lightness(rates: int) -> tuple[float, float]:
    """Return how light the lines of so many learning rates are, from the lowest to the highest."""
    reach = min(30.0, 9.0 * rates)
    return 52.0 + reach, 52.0 - reach


def _counts(runs: pd.DataFrame) -> pd.DataFrame:
    status = runs.assign(
        diverged=runs["status"] == "diverged", collapsed=runs["status"] == "collapsed"
    )
    return (
        status.groupby("setting")
        .agg(runs=("run", "size"), diverged=("diverged", "sum"), collapsed=("collapsed", "sum"))
        .reset_index()
    )
