"""Ranges and ticks of the axes."""

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

PER_CENT = 100.0

_MARGIN = 0.05
_FAR_ABOVE = 1e3  # times the largest loss of averaged runs
_DECADES_WITH_MORE_TICKS = 2.5
_CHARACTER_WIDTH = 0.0115  # share of an axis as wide as a figure, in its letters


def limit_accuracy(
    axes: Axes, values: pd.Series | np.ndarray, reserved: float = 0.0, lowest: float | None = None
) -> None:
    """Fit the y axis to accuracies in per cent, and end it at 100.

    `values` is what is drawn; `reserved` is the share of the axis to keep free below them;
    `lowest`, if given, is where the axis begins even though values lie below.
    """
    values = _finite(values)
    if lowest is not None:
        values = np.append(values[values > lowest], lowest)
    low, high = (values.min(), values.max()) if len(values) else (0.0, 100.0)
    margin = max(_MARGIN * (high - low), 0.5)
    low, high = max(low - margin, -1.0), min(high + margin, 100.5)
    ticks = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in ticks if max(low, 0.0) <= tick <= min(high, 100.0)]
    axes.set_ylim(low - reserved / (1 - reserved) * (high - low), high)
    axes.yaxis.set_major_locator(FixedLocator(ticks))


def enlarged_from(means: pd.Series, drawn: np.ndarray) -> float | None:
    """Return from which accuracy on the better half of the settings is worth a panel of its own.

    `means` has a mean per setting, `drawn` all that is drawn, in per cent. None if enlarging would
    gain little.
    """
    means, drawn = _finite(means), _finite(drawn)
    if len(means) < 3:
        return None
    best, middle = means.max(), np.median(means)
    start = middle - 0.7 * (best - middle) - 0.5
    lowest, highest = drawn.min(), drawn.max()
    return start if start > lowest + 0.5 * (highest - lowest) else None


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
    """Return the last epoch that any run completed, or in which it diverged."""
    last = int(epochs.max()) if len(epochs) else 1
    diverged = runs.loc[runs["status"] == "diverged", "epochs_completed"]
    return max(last, int(diverged.max()) + 1) if len(diverged) else last


def epoch_axis(axes: Axes, last: int, wording: Wording) -> None:
    """Show whole epochs from the first to the last."""
    axes.set_xlabel(wording.say("epoch"))
    axes.set_xlim(*((0.5, 1.5) if last == 1 else (1 - 0.02 * last, last * 1.02)))
    axes.xaxis.set_major_locator(
        FixedLocator([1]) if last == 1 else MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
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
