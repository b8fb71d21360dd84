"""Sentences on how much the learning rate of the best optimizer matters, and on its plateau."""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_word
from lr_atlas.report.number_text import (
    apart,
    diverged_counts,
    knows_chance,
    listed,
    margin_text,
    number,
    parameters,
)
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import StudyTables


def learning_rate_sentences(tables: StudyTables, labels: Mapping[str, str]) -> list[str]:
    """Return how much the learning rate matters, then how wide the plateau is."""
    best = tables.optimizers.iloc[0]
    own = tables.summary[tables.summary["optimizer"] == best["optimizer"]]
    name = optimizer_name(best["optimizer"])
    if own["learning_rate"].nunique() == 1:
        return [
            say(
                "{name} was run at one learning rate, so how much that matters is not known.",
                name=name,
            )
        ]
    seeds = int(own.loc[own["setting"] == best["best_setting"], "seeds"].iloc[0])
    diverged = bool(own["diverged"].sum())
    return [
        *_effect(tables.metric, best, labels, diverged),
        f"{plateau_sentence(tables, seeds)}.",
    ]


def _effect(
    metric: StudyMetric, best: pd.Series, labels: Mapping[str, str], diverged: bool
) -> list[str]:
    name = optimizer_name(best["optimizer"])
    sentences = [
        say(
            "No other learning rate of {name} was run with the other parameters of its best "
            "setting, so how much the rate alone matters is not known.",
            name=name,
        )
    ]
    if apart(metric, best["spread_fixed"]):
        clauses = (
            f"{_spread(metric, best, labels)}{_widest(metric, best, labels)}",
            _counting(metric, best) if diverged else "",
        )
        sentences = [f"{', '.join(filter(None, clauses))}."]
    tuned = _size(metric, best["spread_tuned"])
    if pd.notna(best["spread_tuned"]) and best["spread_tuned"] != best["spread_fixed"]:
        sentences.append(
            say(
                "With {name}'s other arguments tuned anew at each of {rates} rates it differs by "
                "**{size}**.",
                name=name,
                rates=number(best["tuned_rates"]),
                size=tuned,
            )
        )
    return sentences


def _size(metric: StudyMetric, difference: float) -> str:
    """Return a difference with its unit."""
    return f"{apart(metric, difference)} {say_word(metric.metric.unit_of_difference)}".rstrip()


def _spread(metric: StudyMetric, best: pd.Series, labels: Mapping[str, str]) -> str:
    """Return the clause on how much the learning rate alone matters."""
    values = {
        "rates": number(best["rates"]),
        "name": optimizer_name(best["optimizer"]),
        "metric": metric.called,
        "size": _size(metric, best["spread_fixed"]),
    }
    others = _other_parameters(labels, best["best_setting"])
    if others:
        return say(
            "Over {rates} learning rates of {name}, with {others} as in the best setting, {metric} "
            "differs by up to **{size}**",
            **values,
            others=others,
        )
    return say(
        "Over {rates} learning rates of {name} {metric} differs by up to **{size}**", **values
    )


def _widest(metric: StudyMetric, best: pd.Series, labels: Mapping[str, str]) -> str:
    """Return in brackets how much more it matters with other parameters, where it does."""
    widest = best["widest_setting"]
    if not (isinstance(widest, str) and widest and best["spread_widest"] > best["spread_fixed"]):
        return ""
    more = say(
        "by up to **{size}** with other parameters: {parameters}",
        size=apart(metric, best["spread_widest"]),
        parameters=_other_parameters(labels, widest) or widest,
    )
    return f" ({more})"


def _counting(metric: StudyMetric, best: pd.Series) -> str:
    """Return the clause on how runs that diverged enter into it."""
    if not knows_chance(metric, best["chance"]):
        return say("of the settings in which no run diverged")
    return say(
        "a diverged run counting as {chance}", chance=diverged_counts(metric, best["chance"])
    )


def plateau_sentence(tables: StudyTables, seeds: int) -> str:
    """Return how wide the plateau of the best optimizer is, without the full stop.

    seeds: how many runs its best setting has.
    """
    best = tables.optimizers.iloc[0]
    if not best["rates"] > 1:
        return say("Its plateau cannot be told from one rate")
    if pd.isna(best["plateau_margin"]):
        return say("Its plateau is not known, since the study names no margin (`margin:`)")
    margin = margin_text(tables.metric, best["plateau_margin"])
    told_by = counted(seeds, "seed")
    if pd.isna(best["plateau_from"]):
        return say(
            "How far its plateau reaches, within {margin} of the best, is **not determined with "
            "{seeds}**",
            margin=margin,
            seeds=told_by,
        )
    if best["plateau_from"] == best["plateau_to"]:
        return say("No neighbouring rate of its grid is within {margin} of the best", margin=margin)
    rates = rounded_texts(tables.summary["learning_rate"])
    text = say(
        "Its plateau, the rates shown to be within {margin} of the best, reaches from {low} to "
        "{high} (**{decades:.1f} decades**)",
        margin=margin,
        low=numeral(rates[best["plateau_from"]]),
        high=numeral(rates[best["plateau_to"]]),
        decades=best["plateau_decades"],
    )
    ends = (_cut(best["plateau_cut"]), _open(best["plateau_open"], told_by))
    return "; ".join([text, *filter(None, ends)])


def _cut(side: str) -> str:
    """Return where the plateau ends with the grid, of which side is low, high, both or nothing."""
    said = {
        "low": say("the grid ends there, so it may go on below"),
        "high": say("the grid ends there, so it may go on above"),
        "both": say("the grid ends there, so it may go on beyond both ends"),
    }
    return said.get(side, "")


def _open(side: str, seeds: str) -> str:
    """Return where nothing is shown of how the plateau goes on; side: as of `_cut`."""
    said = {
        "low": say("whether it goes on below is not determined with {seeds}", seeds=seeds),
        "high": say("whether it goes on above is not determined with {seeds}", seeds=seeds),
        "both": say(
            "whether it goes on beyond both ends is not determined with {seeds}", seeds=seeds
        ),
    }
    return said.get(side, "")


def _other_parameters(labels: Mapping[str, str], setting: str) -> str:
    """Return the parameters of a setting beside its learning rate: "momentum 0.9 and 15 epochs"."""
    named = parameters(labels, setting).split(", ")
    rate = say("learning rate {rate}", rate="").strip()
    return listed([each for each in named if not each.startswith(rate)])
