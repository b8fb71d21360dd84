"""A claim in words, where the study gives none."""

from collections.abc import Callable
from typing import Any

from lr_atlas.config.claim_models import (
    Above,
    AnyClaim,
    Below,
    Best,
    Better,
    Claim,
    Collapses,
    Falls,
    NotBetter,
    Order,
    Overfits,
    Rises,
    Stable,
    Unstable,
    Within,
)

Names = Callable[[dict], list[str]]


def claim_words(claim: AnyClaim, names: Names) -> str:
    """Return the statement as a sentence without its full stop.

    names: the names of the settings that a `where` matches.
    """
    return _WORDS[claim.claim](claim, names)


def metric_name(metric: str, at_epoch: int | None = None) -> str:
    """Return a metric's name for reading, with the epoch after which it counts."""
    return metric.replace("_", " ") + (f" after epoch {at_epoch}" if at_epoch else "")


def _epoch(claim: Claim) -> int | None:
    return getattr(claim, "at_epoch", None)


def _than(claim: Better | NotBetter, names: Names, words: str) -> str:
    by = f" by more than {claim.by:g}" if claim.by else ""
    return (
        f"{names(claim.where)[0]} is {words} than {names(claim.than)[0]} in "
        f"{metric_name(claim.metric, _epoch(claim))}{by}"
    )


def _better(claim: Better, names: Names) -> str:
    return _than(claim, names, "better")


def _not_better(claim: NotBetter, names: Names) -> str:
    return _than(claim, names, "not better")


def _best(claim: Best, names: Names) -> str:
    others = "all settings"
    if claim.of:
        listed = [name for where in claim.of for name in names(where)]
        others = ", ".join(dict.fromkeys([*names(claim.where), *listed]))
    metric = metric_name(claim.metric, _epoch(claim))
    return f"{names(claim.where)[0]} is the best of {others} in {metric}"


def _within(claim: Within, names: Names) -> str:
    first, metric = names(claim.where)[0], metric_name(claim.metric, _epoch(claim))
    if claim.of_metric:
        other = metric_name(claim.of_metric, _epoch(claim))
        return f"{metric} and {other} of {first} lie within {claim.by:g} of each other"
    assert claim.than is not None
    return f"{first} and {names(claim.than)[0]} lie within {claim.by:g} of each other in {metric}"


def _steadiness(claim: Stable | Unstable, names: Names) -> str:
    first = names(claim.where)[0]
    if claim.than:
        measured = "extrema" if claim.metric == "extrema" else "swing"
        return f"{first} is {{}} than {names(claim.than)[0]}, by the {measured} of its curve"
    return f"{first} is {{}}: it swings by {{}} than {claim.swing:g}"


def _stable(claim: Stable, names: Names) -> str:
    return _steadiness(claim, names).format("more stable" if claim.than else "stable", "less")


def _unstable(claim: Unstable, names: Names) -> str:
    return _steadiness(claim, names).format("less stable" if claim.than else "unstable", "more")


def _overfits(claim: Overfits, names: Names) -> str:
    return f"{names(claim.where)[0]} overfits"


def _collapses(claim: Collapses, names: Names) -> str:
    return f"{names(claim.where)[0]} collapses"


def _level(claim: Below | Above, names: Names) -> str:
    found = names(claim.where)
    each = found[0]
    if len(found) > 1:
        shared = ", ".join(f"{key} {value}" for key, value in claim.where.items())
        each = f"each of {len(found)} settings with {shared}"
    return f"{each} is {claim.claim} {claim.value:g} in {metric_name(claim.metric, _epoch(claim))}"


def _order(claim: Order, names: Names) -> str:
    if claim.of:
        settings = ", ".join(names(where)[0] for where in claim.of)
        metric = metric_name(claim.metric, _epoch(claim))
        return f"in {metric} the order is, best first: {settings}"
    assert claim.where is not None
    assert claim.metrics is not None
    metrics = ", ".join(metric_name(metric) for metric in claim.metrics)
    when = f" after epoch {claim.at_epoch}" if claim.at_epoch else ""
    return f"of {names(claim.where)[0]}{when} the order is, largest first: {metrics}"


def _trend(claim: Rises | Falls, names: Names) -> str:
    return (
        f"{metric_name(claim.metric)} of {names(claim.where)[0]} {claim.claim} over the last "
        f"{claim.last} epochs"
    )


_WORDS: dict[str, Callable[[Any, Names], str]] = {
    "better": _better,
    "not_better": _not_better,
    "best": _best,
    "within": _within,
    "stable": _stable,
    "unstable": _unstable,
    "overfits": _overfits,
    "collapses": _collapses,
    "below": _level,
    "above": _level,
    "order": _order,
    "rises": _trend,
    "falls": _trend,
}
