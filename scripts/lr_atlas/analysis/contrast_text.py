"""Contrasts as a reader sees them: values, differences and intervals in words."""

import math
from collections.abc import Mapping

from lr_atlas.analysis.contrasts import Contrast
from lr_atlas.analysis.measures import Measure
from lr_atlas.locale.speech import mark, numeral, say, say_word
from lr_atlas.studies.study_metric import distance_of, number_of, text_of

#: The format and the unit of values that are no metric's, by kind.
_SCALES: Mapping[str, tuple[str, str]] = {
    "seconds": (".3g", "s"),
    "count": (".3g", ""),
    "epochs": (".3g", mark("epochs")),
    "images": (",.0f", mark("images")),
    "steps": (",.0f", mark("steps")),
}


def level(value: float, measure: Measure) -> str:
    """Return a value such as "87.14 %" or "0.28 s"."""
    if not math.isfinite(value):
        return say("no value")
    if measure.metric is None or measure.is_difference:
        return distance(value, measure)
    return text_of(measure.metric, value)


def distance(value: float, measure: Measure) -> str:
    """Return a difference such as "2.21 points" or "0.03 s"."""
    if not math.isfinite(value):
        return say("no value")
    if measure.metric is not None:
        return distance_of(measure.metric, value)
    return f"{_number(value, measure)} {say_word(_SCALES[measure.kind][1])}".rstrip()


def _number(value: float, measure: Measure) -> str:
    if measure.metric is not None:
        return number_of(measure.metric, value)
    return numeral(f"{value:{_SCALES[measure.kind][0]}}")


def difference_found(found: Contrast, measure: Measure) -> str:
    """Return the difference that so many runs find, such as "1.20 points"; or nothing."""
    if not math.isfinite(found.shows) or not found.shows:
        return ""
    return distance(found.shows, measure)


def interval(found: Contrast, measure: Measure, of_level: bool = False) -> str:
    """Return such as "95 % interval 1.02 to 3.40 points, n = 3"; says what cannot be said.

    of_level: whether it is of the measure itself, not of a difference.
    """
    n = say("n = {n}, fresh seeds", n=found.n) if found.fresh else f"n = {found.n}"
    if found.n < 2 or math.isnan(found.low):
        return say("no interval, {n}", n=n)
    if math.isinf(found.advantage):
        return _exact(found, n)
    if found.open_on_both_sides:
        return say("no bound on either side, {n}", n=n)
    return _with_ends(found, measure, n, of_level)


def _exact(found: Contrast, n: str) -> str:
    if found.p < found.error:
        return say("p = {p:.2g} by an exact test, {n}", p=found.p, n=n)
    return say("too few runs to show it, p = {p:.2g} by an exact test, {n}", p=found.p, n=n)


def _with_ends(found: Contrast, measure: Measure, n: str, of_level: bool) -> str:
    shown = level if of_level else distance
    high = shown(found.high, measure)
    values = {"confidence": 100 * (1 - found.error), "n": n}
    if math.isinf(found.low):
        return say("at most {high}, {confidence:.4g} % interval, {n}", high=high, **values)
    if math.isinf(found.high):
        low = shown(found.low, measure)
        return say("at least {low}, {confidence:.4g} % interval, {n}", low=low, **values)
    values |= {"low": _number(found.low, measure), "high": high}
    if found.of_table:
        return say(
            "{confidence:.4g} % interval of the table of pairs {low} to {high}, {n}", **values
        )
    return say("{confidence:.4g} % interval {low} to {high}, {n}", **values)
