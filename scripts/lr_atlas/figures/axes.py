"""Ranges and ticks of the axes."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import (
    FixedFormatter,
    FixedLocator,
    LogLocator,
    MaxNLocator,
    NullLocator,
    StrMethodFormatter,
)

from lr_atlas.common.rounding import rounded
from lr_atlas.figures import looks, style
from lr_atlas.figures.wording import Wording
from lr_atlas.training.metric import Metric

PER_CENT = 100.0

_MARGIN = 0.05
_FAR_ABOVE = 1e3  # times the largest loss of averaged runs
_DECADES_WITH_MORE_TICKS = 2.5
_CHARACTER_WIDTH = 0.0115  # share of an axis as wide as a figure, in its letters


def limit_metric(
    axes: Axes,
    values: pd.Series | np.ndarray,
    metric: Metric,
    reserved: float = 0.0,
    worst: float | None = None,
) -> None:
    """Fit the y axis to values of a metric, and end it where these cannot go on, as at 100 %.

    `values` is what is drawn, as it is shown; `reserved` is the share of the axis to keep free on
    the worse side of them; `worst`, if given, is where the axis begins even though some are worse.
    Where less is better the axis is that of a loss.
    """
    values = _finite(values)
    sign = 1 if metric.higher_is_better else -1
    is_share = metric.scale == PER_CENT
    if sign < 0 and worst is None and not is_share and (values > 0).all():
        limit_loss(axes, values, values[:0], reserved)
        return
    if worst is not None:
        values = np.append(values[sign * values > sign * worst], worst)
    if len(values):
        low, high = values.min(), values.max()
    else:
        low, high = (0.0, PER_CENT) if is_share else (0.0, 1.0)
    least = 0.5 if is_share else max(1e-3 * max(abs(low), abs(high)), 1e-9)
    margin = max(_MARGIN * (high - low), least)
    ends = metric.scale * metric.lowest, metric.scale * metric.highest
    low, high = max(low - margin, ends[0] - 2 * least), min(high + margin, ends[1] + least)
    ticks = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in ticks if max(low, ends[0]) <= tick <= min(high, ends[1])]
    free = reserved / (1 - reserved) * (high - low)
    axes.set_ylim(*((low - free, high) if sign > 0 else (low, high + free)))
    axes.yaxis.set_major_locator(FixedLocator(ticks))


def enlarged_from(means: pd.Series, drawn: np.ndarray, metric: Metric) -> float | None:
    """Return from which value on the better half of the settings is worth a panel of its own.

    `means` has a mean per setting, `drawn` all that is drawn, both as shown. None if enlarging
    would gain little.
    """
    sign = 1 if metric.higher_is_better else -1
    means, drawn = sign * _finite(means), sign * _finite(drawn)
    if len(means) < 3:
        return None
    best, middle = means.max(), np.median(means)
    start = middle - 0.7 * (best - middle) - (0.5 if metric.scale == PER_CENT else 0.0)
    lowest, highest = drawn.min(), drawn.max()
    return sign * start if start > lowest + 0.5 * (highest - lowest) else None


def limit_loss(
    axes: Axes,
    averaged: pd.DataFrame | pd.Series,
    diverged: pd.DataFrame | pd.Series,
    reserved: float = 0.0,
) -> None:
    """Fit the y axis to losses: logarithmic where they span decades, see looks.LOG_LOSS_FROM_RATIO.

    Diverged runs are in it as well, but for what is far above the averaged ones: that leaves the
    axis at the top. `reserved` is the share of the axis to keep free above.
    """
    kept, lost = _finite(averaged), _finite(diverged)
    if len(kept):
        lost = lost[lost <= _FAR_ABOVE * kept.max()]
    values = np.concatenate([kept, lost])
    values = values[values > 0]  # a loss of nothing has no place on a logarithmic axis
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    if low > 0 and high / low > looks.LOG_LOSS_FROM_RATIO:
        axes.set_yscale("log")
        decades = np.log10(high / low)
        bottom, top = np.log10(low) - _MARGIN * decades, np.log10(high) + _MARGIN * decades
        axes.set_ylim(10**bottom, 10 ** (top + reserved / (1 - reserved) * (top - bottom)))
        every = (1.0, 2.0, 5.0) if decades < _DECADES_WITH_MORE_TICKS else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=every))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        return
    margin = max(_MARGIN * (high - low), 0.02 * high, 1e-6)
    bottom, top = 0.0 if low < high / 2 else low - margin, high + margin
    axes.set_ylim(bottom, top + reserved / (1 - reserved) * (top - bottom))


def loss_label(losses: pd.Series, wording: Wording) -> str:
    """Return the label of a loss axis of settings with these losses, None for the study's own."""
    names = losses.dropna().unique()
    if len(names) > 1:
        return wording.say("loss (each its own)")
    return wording.loss_axis(names[0] if len(names) else None)


def last_epoch(epochs: pd.Series, runs: pd.DataFrame) -> int:
    """Return the last epoch that any run completed, or in which it diverged; or such a step."""
    places = np.unique([0, *epochs.astype(float)])
    last = math.ceil(places[-1]) if len(epochs) else 1
    diverged = runs.loc[runs["status"] == "diverged", "epochs_completed"]
    gap = np.diff(places).min() if len(places) > 1 else 1
    return max(last, int(diverged.max() + gap)) if len(diverged) else last


def epoch_axis(axes: Axes, last: int, wording: Wording, first: float = 1.0) -> None:
    """Show whole epochs, or steps, from the first to the last."""
    axes.set_xlabel(wording.place_label)
    first = min(first, 1.0)
    is_one = last == 1 and first == 1
    axes.set_xlim(*((0.5, 1.5) if is_one else (first - 0.02 * last, last * 1.02)))
    axes.xaxis.set_major_locator(
        FixedLocator([1]) if is_one else MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
    )


def learning_rate_axis(axes: Axes, rates: pd.Series, wording: Wording, share: float = 1.0) -> None:
    """Make the x axis logarithmic, with the learning rates that were run as its ticks.

    `share` is how much of the figure's width the axes have; ticks without room are left out.
    """
    rates = np.array(sorted(set(rates)), dtype=float)
    low, high = rates[0], rates[-1]
    span = np.log10(high / low)
    room = 0.08 * span if span else 0.5
    axes.set_xscale("log")
    axes.set_xlim(low * 10**-room, high * 10**room)
    axes.set_xlabel(wording.say("learning rate"))
    ticks = [rates[0]]
    texts = rate_texts(rates)
    width = _CHARACTER_WIDTH * style.crowding() / share
    for rate in rates[1:]:
        characters = len(texts[rate] + texts[ticks[-1]]) / 2
        if np.log10(rate / ticks[-1]) >= (characters + 2) * width * span:
            ticks.append(rate)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([texts[tick] for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())


def rate_texts(rates: Iterable[float]) -> dict[float, str]:
    """Return learning rates as an axis names them: "0.00316", "1e+06", each unlike the others."""
    return {
        rate: f"{short:g}" if float(f"{short:g}") == short else f"{short:.15g}"
        for rate, short in rounded(rates).items()
    }


def _finite(values: pd.DataFrame | pd.Series | np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float).ravel()
    return values[np.isfinite(values)]
