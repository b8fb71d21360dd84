"""Numbers as a reader sees them: of shares in per cent, their differences in points.

They are written as the language that is spoken writes them, see `locale.speech`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import numeral, say, say_counted, say_word
from lr_atlas.studies.study_metric import StudyMetric

MINUS = "\N{MINUS SIGN}"


def percent(share: float, digits: int = 2) -> str:
    """Return such as "88.88 %" for 0.8888; empty for NaN."""
    return "" if pd.isna(share) else numeral(f"{100 * share:.{digits}f} %")


def level(metric: StudyMetric, value: float) -> str:
    """Return a value of a metric with its unit, such as "88.88 %"; empty for NaN."""
    return "" if pd.isna(value) else metric.text(value)


def round_level(metric: StudyMetric, value: float) -> str:
    """Return a round value of a metric with its unit, such as "88 %"."""
    if metric.is_share:
        return percent(value, 0)
    return numeral(f"{value:.4g} {say_word(metric.metric.unit)}".rstrip())


def guessing(metric: StudyMetric, chance: float) -> str:
    """Return the metric of guessing as "10 %" or "11.35 %", as few digits as it has."""
    if pd.isna(chance):
        return say("a value that nobody knows")
    unit = say_word(metric.metric.unit)
    return numeral(f"{metric.metric.scale * chance:.4g} {unit}".rstrip())


def unknown_chance() -> str:
    """Return the sentence that is said where nobody tells the value of guessing."""
    return say(
        "What guessing reaches is not known, so a setting with a run that diverged has no mean "
        "here."
    )


def knows_chance(metric: StudyMetric, chance: float) -> bool:
    """Return whether it is known what a run that diverged counts as."""
    return metric.metric.diverged is not None or pd.notna(chance)


def diverged_counts(metric: StudyMetric, chance: float) -> str:
    """Return what a run that diverged counts as: what guessing gives, or the worst answer."""
    lost = metric.metric.diverged
    return guessing(metric, chance if lost is None else lost)


def ahead(metric: StudyMetric, difference: float) -> str:
    """Return such as "+0.35" for 0.0035, in points of a per cent for shares; empty for NaN."""
    if pd.isna(difference):
        return ""
    return metric.number(difference, sign="+").replace("-", MINUS)


def apart(metric: StudyMetric, difference: float) -> str:
    """Return a difference that has no sign as a number, such as "0.35"; empty for NaN."""
    return "" if pd.isna(difference) else metric.number(difference)


def margin_text(metric: StudyMetric, margin: float) -> str:
    """Return such as "1 point" or "0.012 kg"; without a setting that learned it is not known."""
    if metric.is_share:
        points = round(metric.metric.scale * margin, 9)
        return counted(points, "point")
    if pd.isna(margin):
        return say("a margin that is not known")
    return numeral(f"{margin:g} {say_word(metric.metric.unit_of_difference)}".rstrip())


def between(metric: StudyMetric, low: float, high: float, signed: bool = False) -> str:
    """Return such as "88.70 to 89.06", shares in per cent; empty unless both are known."""
    if pd.isna(low) or pd.isna(high):
        return ""
    if signed:
        return say("{low} to {high}", low=ahead(metric, low), high=ahead(metric, high))
    return say("{low} to {high}", low=metric.number(low), high=metric.number(high))


def p_text(value: float) -> str:
    """Return a p-value as "0.012" or "< 0.001"; empty for NaN."""
    if pd.isna(value):
        return ""
    return numeral("< 0.001" if value < 0.001 else f"{value:.3f}")


def number(value: float) -> str:
    """Return a parameter or a count: "0.001", "3", "1e-05"; empty for NaN."""
    return "" if pd.isna(value) else numeral(f"{value:g}")


def seeds(count: int) -> str:
    """Return such as "n = 3 seeds"."""
    return say_counted("n = {count:g} seed", "n = {count:g} seeds", count)


def listed(names: Sequence[str]) -> str:
    """Return such as "SGD, Adam and RMSprop"."""
    if len(names) < 2:
        return "".join(names)
    return say("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def shortened(names: Iterable[str], most: int = 3) -> str:
    """Return the first of some names, and how many more there are: "a, b, c and 2 more"."""
    names = list(names)
    first = ", ".join(names[:most])
    if len(names) <= most:
        return first
    return say("{names} and {count} more", names=first, count=len(names) - most)


def in_words(labels: Mapping[str, str], setting: str) -> str:
    """Return a setting as part of a sentence: "SGD with learning rate 0.07 and momentum 0.9"."""
    name, *parameters = labels.get(setting, setting).split(", ")
    if not parameters:
        return name
    return say("{name} with {parameters}", name=name, parameters=listed(parameters))


def parameters(labels: Mapping[str, str], setting: str) -> str:
    """Return a setting's parameters without its optimizer, or else its name."""
    return ", ".join(labels.get(setting, setting).split(", ")[1:]) or setting


def plain_value(value: Any) -> str:
    """Return a value of a table as text, numbers as short as they are; empty for a missing one."""
    if pd.isna(value):
        return ""
    return numeral(f"{value:g}") if isinstance(value, float) else str(value)
