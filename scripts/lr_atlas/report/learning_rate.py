"""Sentences on how much the learning rate of the best optimizer matters, and on its plateau."""

from collections.abc import Mapping

import pandas as pd

from lr_atlas.common.rounding import rounded_texts
from lr_atlas.figures.looks import optimizer_name
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
        return [f"{name} was run at one learning rate, so how much that matters is not known."]
    seeds = int(own.loc[own["setting"] == best["best_setting"], "seeds"].iloc[0])
    diverged = bool(own["diverged"].sum())
    return [
        *_effect(tables.metric, best, labels, diverged),
        f"{plateau_sentence(tables, seeds)}.",
    ]


def _effect(
    metric: StudyMetric, best: pd.Series, labels: Mapping[str, str], diverged: bool
) -> list[str]:
    sentences = []
    name = optimizer_name(best["optimizer"])
    fixed, unit = apart(metric, best["spread_fixed"]), metric.metric.unit_of_difference
    if fixed:
        text = f"Over {number(best['rates'])} learning rates of {name}"
        at = _other_parameters(labels, best["best_setting"])
        text += f", with {at} as in the best setting," if at else ""
        text += f" {metric.title} differs by up to **{f'{fixed} {unit}'.rstrip()}**"
        widest = best["widest_setting"]
        if isinstance(widest, str) and widest and best["spread_widest"] > best["spread_fixed"]:
            text += (
                f" (by up to **{apart(metric, best['spread_widest'])}** with other parameters: "
                f"{_other_parameters(labels, widest) or widest})"
            )
        counting = ""
        if diverged and knows_chance(metric, best["chance"]):
            counting = f", a diverged run counting as {diverged_counts(metric, best['chance'])}"
        elif diverged:
            counting = ", of the settings in which no run diverged"
        sentences.append(f"{text}{counting}.")
    else:
        sentences.append(
            f"No other learning rate of {name} was run with the other parameters of its best "
            "setting, so how much the rate alone matters is not known."
        )
    tuned = apart(metric, best["spread_tuned"])
    if tuned and best["spread_tuned"] != best["spread_fixed"]:
        sentences.append(
            f"With {name}'s other arguments tuned anew at each of {number(best['tuned_rates'])} "
            f"rates it differs by **{f'{tuned} {unit}'.rstrip()}**."
        )
    return sentences


def plateau_sentence(tables: StudyTables, seeds: int) -> str:
    """Return how wide the plateau of the best optimizer is, without the full stop.

    seeds: how many runs its best setting has.
    """
    best, rates = tables.optimizers.iloc[0], rounded_texts(tables.summary["learning_rate"])
    margin = f"{margin_text(tables.metric, best['plateau_margin'])} of the best"
    with_seeds = f"with {seeds} seed" + ("" if seeds == 1 else "s")
    if not best["rates"] > 1:
        return "Its plateau cannot be told from one rate"
    if pd.isna(best["plateau_margin"]):
        return "Its plateau is not known, since the study names no margin (`margin:`)"
    if pd.isna(best["plateau_from"]):
        return f"How far its plateau reaches, within {margin}, is **not determined {with_seeds}**"
    if best["plateau_from"] == best["plateau_to"]:
        return f"No neighbouring rate of its grid is within {margin}"
    text = (
        f"Its plateau, the rates shown to be within {margin}, reaches from "
        f"{rates[best['plateau_from']]} to {rates[best['plateau_to']]} "
        f"(**{best['plateau_decades']:.1f} decades**)"
    )
    sides = {"low": "below", "high": "above", "both": "beyond both ends"}
    is_open, is_cut = (sides.get(best[f"plateau_{why}"]) for why in ("open", "cut"))
    if is_cut:
        text += f"; the grid ends there, so it may go on {is_cut}"
    if is_open:
        text += f"; whether it goes on {is_open} is not determined {with_seeds}"
    return text


def _other_parameters(labels: Mapping[str, str], setting: str) -> str:
    """Return the parameters of a setting beside its learning rate: "momentum 0.9 and 15 epochs"."""
    named = parameters(labels, setting).split(", ")
    return listed([each for each in named if not each.startswith("learning rate")])
