"""The key to lines that differ in their learning rate: names of few, a colour bar of many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from lr_atlas.figures import looks, style
from lr_atlas.figures.axes import rate_texts
from lr_atlas.figures.settings import remarks
from lr_atlas.figures.wording import Wording

#: An optimizer with more learning rates than this has a colour bar instead of a name for each.
MOST_NAMED = 8

_LINE_HEIGHT = 0.17  # of a label of the colour bar, in inches of the design


def look(setting: Any) -> dict[str, Any]:
    """Return the line of a setting, as arguments of `Axes.plot`: dashes tell variants apart."""
    dash = style.DASHES[setting.variant_index % len(style.DASHES)]
    return {"color": setting.colour, "linestyle": dash, "linewidth": style.strokes(1.6)}


def has_bar(settings: pd.DataFrame) -> bool:
    """Return whether a colour bar is the key to these settings, all of one optimizer."""
    return settings["optimizer"].nunique() == 1 and settings["learning_rate"].nunique() > MOST_NAMED


def lines_of_key(settings: pd.DataFrame) -> int:
    """Return how many lines of text the key to a panel's settings has, with its title."""
    if has_bar(settings):
        variants = settings["variant"].nunique()
        return variants if variants > 1 else 0
    return len(settings) + 1


def add_key(figure: Figure, axes: Sequence[Axes], settings: pd.DataFrame, wording: Wording) -> None:
    """Put the key to the settings beside the axes, which all show the same ones.

    `settings` are rows of `describe_settings`, all of one optimizer.
    """
    title = wording.say("learning rate")
    place: dict[str, Any] = {
        "loc": "upper left",
        "bbox_to_anchor": (1.01, 1.03),
        "alignment": "left",
    }
    if not has_bar(settings):
        name = looks.optimizer_name(settings["optimizer"].iloc[0])
        names = settings["short"].str.removeprefix(f"{name} ")
        axes[0].legend(handles=handles(settings, names, wording), title=title, **place)
        return
    _add_bar(figure, axes, settings, title)
    variants = settings.drop_duplicates("variant")
    if len(variants) > 1:
        dashes = [
            Line2D([], [], label=style.wrap(row.variant), **look(row) | {"color": "0.3"})
            for row in variants.itertuples()
        ]
        axes[0].legend(handles=dashes, **place | {"loc": "upper right", "bbox_to_anchor": (1, 1)})


def handles(settings: pd.DataFrame, names: pd.Series, wording: Wording) -> list[Line2D]:
    """Return the legend's entries of the settings, and that of diverged runs if there are any."""
    found = []
    for setting, name in zip(settings.itertuples(), names, strict=True):
        remark = remarks(setting, wording)
        remark = f" ({remark})" if remark else ""
        found.append(Line2D([], [], label=style.wrap(name + remark), **look(setting)))
    if settings["diverged"].any():
        found.append(style.diverged_handle(wording.say("diverged run")))
    return found


def _add_bar(figure: Figure, axes: Sequence[Axes], settings: pd.DataFrame, title: str) -> None:
    rates = settings.drop_duplicates("learning_rate").sort_values("learning_rate")
    values = rates["learning_rate"].to_numpy(float)
    norm = LogNorm(values[0], values[-1])
    places = np.clip(norm(values), 0.0, 1.0)
    colours = LinearSegmentedColormap.from_list(
        "rates", list(zip(places, rates["colour"], strict=True))
    )
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=list(axes), aspect=25, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(title)
    texts = rate_texts(values)
    ticks = _apart(values, places, figure.get_figheight() / len(axes) / style.letters(1))
    bar.ax.yaxis.set_major_locator(FixedLocator(ticks))
    bar.ax.yaxis.set_major_formatter(FixedFormatter([texts[tick] for tick in ticks]))
    bar.ax.yaxis.set_minor_locator(NullLocator())


def _apart(values: np.ndarray, places: np.ndarray, height: float) -> list[float]:
    """Return the values with room for a label beside a bar of that height, in letters' inches."""
    ticks, last = [], -np.inf
    for value, place in zip(values, places, strict=True):
        if (place - last) * height >= 1.3 * _LINE_HEIGHT:
            ticks.append(value)
            last = place
    return ticks
