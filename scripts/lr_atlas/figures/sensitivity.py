"""Final validation accuracy against the learning rate."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lr_atlas.figures import axes as ranges
from lr_atlas.figures import style
from lr_atlas.figures.settings import Wording, describe_settings, seeds_text
from lr_atlas.figures.spread import mean_and_spread, spread_note, without_diverged

_CROSS_ROW = 0.055  # share of the y axis
_NARROWEST_WITH_COUNT = 0.075  # share of the x axis
_POINTS_BESIDE = 0.012  # share of the x axis


@style.themed
def sensitivity(runs: pd.DataFrame, wording: Wording) -> Figure:
    """Draw a line per variant (optimizer and its other parameters), a point per run."""
    settings = describe_settings(runs)
    variants = settings.drop_duplicates("variant").reset_index(drop=True)
    runs = runs.merge(settings[["setting", "variant"]], on="setting")
    lines = sum(1 + style.wrap(name).count("\n") for name in variants["variant"])
    figure = style.new_figure(9, max(4.4, 1.4 + 0.21 * lines))
    axes = figure.subplots()
    finals = without_diverged(runs)["validation_accuracy"] * ranges.PER_CENT
    with_crosses = list(settings.loc[settings["diverged"] > 0, "variant"].unique())
    reserved = _CROSS_ROW * len(with_crosses) + 0.02 if with_crosses else 0.0
    ranges.limit_accuracy(axes, finals, reserved=min(reserved, 0.6))
    ranges.learning_rate_axis(axes, settings["learning_rate"])
    offsets = _offsets(settings["learning_rate"], len(variants))
    for variant, offset in zip(variants.itertuples(), offsets, strict=True):
        _draw_variant(axes, variant, runs[runs["variant"] == variant.variant], offset)
    _draw_crosses(axes, settings, with_crosses)
    axes.set_ylabel(f"final {wording.validation_accuracy} (%)")
    _legend(axes, variants, bool(with_crosses))
    title = f"Sensitivity to the learning rate: {wording.study}"
    style.describe(figure, title, _note(settings) + wording.selection)
    return figure


def _look(variant: Any) -> dict[str, Any]:
    return {
        "color": style.optimizer_colour(variant.optimizer),
        "linestyle": style.DASHES[variant.variant_index % len(style.DASHES)],
        "marker": style.MARKERS[variant.variant_index % len(style.MARKERS)],
        "linewidth": 1.6,
        "markersize": 6,
    }


def _offsets(rates: pd.Series, count: int) -> np.ndarray:
    """Return factors that set the variants of one learning rate side by side."""
    steps = np.diff(np.log10(sorted(set(rates))))
    width = min(0.15 * steps.min(), 0.003 * count * steps.sum()) if len(steps) else 0.3
    return 10 ** (width * np.linspace(-1, 1, count)) if count > 1 else np.ones(1)


def _draw_variant(axes: Axes, variant: Any, runs: pd.DataFrame, offset: float) -> None:
    runs = without_diverged(runs)
    if runs.empty:
        return
    look = _look(variant)
    accuracy = runs["validation_accuracy"] * ranges.PER_CENT
    low, high = np.log10(axes.get_xlim())
    beside = offset * 10 ** (_POINTS_BESIDE * (high - low))
    if runs["setting"].duplicated().any():
        look_of_runs = {"s": 9, "color": look["color"], "linewidth": 0, "alpha": 0.6}
        axes.scatter(runs["learning_rate"] * beside, accuracy, **look_of_runs)
    summary = mean_and_spread(runs, "learning_rate", "validation_accuracy") * ranges.PER_CENT
    below, above = summary["mean"] - summary["low"], summary["high"] - summary["mean"]
    x = summary.index.to_numpy() * offset
    axes.errorbar(x, summary["mean"], yerr=[below, above], capsize=2.5, elinewidth=1, **look)


def _draw_crosses(axes: Axes, settings: pd.DataFrame, with_crosses: list[str]) -> None:
    """Draw a row of crosses at the lower edge for each variant with diverged runs.

    The numbers of runs are left out where the learning rates lie too close for them.
    """
    low, high = np.log10(axes.get_xlim())
    steps = np.diff(np.log10(sorted(settings["learning_rate"].unique())))
    counted = not len(steps) or steps.min() > _NARROWEST_WITH_COUNT * (high - low)
    place = axes.get_xaxis_transform()
    for setting in settings[settings["diverged"] > 0].itertuples():
        row = len(with_crosses) - 1 - with_crosses.index(setting.variant)
        x = setting.learning_rate
        y = 0.03 + row * _CROSS_ROW
        axes.plot(x, y, transform=place, clip_on=False, zorder=5, **style.cross(6))
        axes.annotate(
            f"{setting.diverged} of {setting.runs}" if counted else "",
            (x, y),
            xycoords=place,
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=7.5,
            color=style.optimizer_colour(setting.optimizer),
        )


def _legend(axes: Axes, variants: pd.DataFrame, crosses: bool) -> None:
    handles = [
        Line2D([], [], label=style.wrap(variant.variant), **_look(variant))
        for variant in variants.itertuples()
    ]
    if crosses:
        handles.append(style.diverged_handle("diverged runs"))
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.03))


def _note(settings: pd.DataFrame) -> str:
    note = f"{seeds_text(settings)}. {spread_note('bar', settings)}"
    if (settings["runs"] - settings["diverged"]).max() > 1:
        note += " Small points: the runs."
    if (settings["diverged"] > 0).any():
        note += " Diverged runs are in no mean."
    if settings["collapsed"].any():
        count = settings["collapsed"].sum()
        note += f" {count} run{'s' if count > 1 else ''} collapsed (in the means)."
    return note
