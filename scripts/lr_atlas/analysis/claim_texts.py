"""Sentences of the evidence on claims: means, who is ahead, and by how much."""

import math

import numpy as np

from lr_atlas.analysis.contrast_text import distance, interval, level
from lr_atlas.analysis.contrasts import Contrast, Sample
from lr_atlas.analysis.measures import Measure
from lr_atlas.locale.speech import say


def no_run(setting: str) -> str:
    """Return that a setting has no run, without a full stop."""
    return say("{setting}: no run is there", setting=setting)


def mean_text(setting: str, sample: Sample, kind: Measure) -> str:
    """Return a setting's name and mean, and how many of its runs are not in that mean."""
    runs, valued = len(sample.values), sample.valued
    if not runs:
        return no_run(setting)
    text = f"{setting} {level(valued.mean(), kind)}"
    lost = runs - len(valued)
    if not lost:
        return text
    if np.isinf(sample.values).any():
        why = say("{count} of {runs} did not reach the target", count=lost, runs=runs)
    else:
        why = say("{count} of {runs} diverged", count=lost, runs=runs)
    return f"{text} ({why})"


def ahead_text(first: str, found: Contrast, kind: Measure) -> str:
    """Return how far the first setting is ahead, after a semicolon, and the interval."""
    shown = f" ({interval(found, kind)})"
    if not found.n or not math.isfinite(found.advantage) or found.open_on_both_sides:
        return shown
    difference = distance(abs(found.advantage), kind)
    if found.advantage >= 0:
        side = say("{first} is ahead by {difference}", first=first, difference=difference)
    else:
        side = say("{first} is behind by {difference}", first=first, difference=difference)
    return f"; {side}{shown}"


def size_text(found: Contrast, kind: Measure, matters: float) -> str:
    """Return whether a difference is shown to matter, or not to, after a comma; or nothing."""
    shown = distance(matters, kind)
    if found.low > -matters and found.high < matters:
        return f", {say('less than what matters, {difference}', difference=shown)}"
    if found.low > matters or found.high < -matters:
        return f", {say('more than what matters, {difference}', difference=shown)}"
    return ""


def method_text(is_paired: bool, confidence: str) -> str:
    """Return how two settings are compared. confidence: of the interval, such as "95 %"."""
    if is_paired:
        return say("paired t interval, {confidence}", confidence=confidence)
    return say("Welch's t interval, {confidence}", confidence=confidence)


def slope_text(setting: str, metric: str, found: Contrast, kind: Measure, last: int) -> str:
    """Return the mean change of a metric an epoch, with its interval.

    metric: its name for reading. last: over how many epochs.
    """
    return say(
        "{setting}: {metric} changes by {change} an epoch over the last {last} ({interval})",
        setting=setting,
        metric=metric,
        change=distance(found.advantage, kind),
        last=last,
        interval=interval(found, kind),
    )


def share_text(confidence: str, ends: tuple[float, float], n: int) -> str:
    """Return the interval of a share. confidence: such as "95 %". ends: the shares, 0..1."""
    low, high = (100 * each for each in ends)
    return say(
        "{confidence} interval of the share {low:.0f} to {high:.0f} %, n = {n}",
        confidence=confidence,
        low=low,
        high=high,
        n=n,
    )
