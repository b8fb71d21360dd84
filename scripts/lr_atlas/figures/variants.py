"""Share a line per variant, side by side, and its legend among figures over the rate."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lr_atlas.figures import looks, style

_POINTS_BESIDE = 0.012  # share of the x axis


def variants_of(settings: pd.DataFrame) -> pd.DataFrame:
    """Return the variants in the table of `describe_settings`, a row each, with an `offset`.

    That is a factor on the learning rate which sets the variants of one rate side by side.
    """
    variants = settings.drop_duplicates("variant").reset_index(drop=True)
    return variants.assign(offset=_offsets(settings["learning_rate"], len(variants)))


def look(variant: Any) -> dict[str, Any]:
    """Return the line and the marker of a variant, as arguments of `Axes.plot`."""
    return {
        "color": looks.optimizer_colour(variant.optimizer),
        "linestyle": style.DASHES[variant.variant_index % len(style.DASHES)],
        "marker": style.MARKERS[variant.variant_index % len(style.MARKERS)],
        "linewidth": style.strokes(1.6),
        "markersize": style.strokes(5.5),
    }


def legend_height(variants: pd.DataFrame, others: int = 0) -> float:
    """Return the inches of text that the legend of the variants and `others` has in the design."""
    lines = sum(1 + style.wrap(name).count("\n") for name in variants["variant"])
    return 1.4 + 0.21 * (lines + others)


def legend_handles(variants: pd.DataFrame) -> list[Line2D]:
    """Return the legend's entries of the variants."""
    return [
        Line2D([], [], label=style.wrap(variant.variant), **look(variant))
        for variant in variants.itertuples()
    ]


def draw_means(axes: Axes, variant: Any, means: pd.DataFrame) -> None:
    """Draw a variant's line through `mean`, with bars from `low` to `high` where there are any.

    `means` has these columns and learning_rate, a row per setting; an empty mean is left out.
    """
    means = means.dropna(subset="mean").sort_values("learning_rate")
    if means.empty:
        return
    x = means["learning_rate"].to_numpy() * variant.offset
    below, above = means["mean"] - means["low"], means["high"] - means["mean"]
    bars = np.maximum(np.array([below, above], dtype=float), 0.0)  # rounding
    sizes: dict[str, Any] = {"capsize": style.strokes(2.5), "elinewidth": style.strokes(1)}
    sizes["capthick"] = style.strokes(1)
    axes.errorbar(x, means["mean"], yerr=bars, **sizes, **look(variant))


def draw_runs(axes: Axes, variant: Any, rates: pd.Series, values: pd.Series) -> None:
    """Draw a small point per run beside its mean, if there is more than one per mean."""
    if not rates.duplicated().any():
        return
    low, high = np.log10(axes.get_xlim())
    beside = variant.offset * 10 ** (_POINTS_BESIDE * (high - low))
    colour = looks.optimizer_colour(variant.optimizer)
    points: dict[str, Any] = {"s": style.strokes(2.8) ** 2, "linewidth": 0, "alpha": 0.6}
    axes.scatter(rates * beside, values, color=colour, **points)


def _offsets(rates: pd.Series, count: int) -> np.ndarray:
    steps = np.diff(np.log10(sorted(set(rates))))
    width = min(0.15 * steps.min(), 0.003 * count * steps.sum()) if len(steps) else 0.3
    return 10 ** (width * np.linspace(-1, 1, count)) if count > 1 else np.ones(1)
