"""The mean over seeds and the spread around it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lr_atlas.figures import style
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.study_metric import StudyMetric


def without_diverged(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose runs count in a mean: a run that diverged has no final value."""
    return table[table["status"] != "diverged"]


def measured_columns(epochs: pd.DataFrame, metric: StudyMetric) -> list[str]:
    """Return the columns of metrics that hold a number: a program may write few of them."""
    return [column for column in metric.columns if epochs[column].notna().any()]


def mean_and_spread(table: pd.DataFrame, by: str | list[str], column: str) -> pd.DataFrame:
    """Return columns `mean`, `low` and `high` of `column`, a row per group of `by`."""
    values = table.astype({column: float}).groupby(by)[column]
    return pd.DataFrame({"mean": values.mean(), "low": values.min(), "high": values.max()})


def spread_note(settings: pd.DataFrame, wording: Wording) -> str:
    """Say what a line and its band mean, for a figure's note.

    The band holds all values: few seeds make a standard deviation misleading.
    """
    averaged = settings["runs"] - settings["diverged"]
    if averaged.max() == 0:
        return wording.say("All runs diverged.")
    if averaged.max() == 1:
        return wording.say("Line: the one run of each setting.")
    return wording.say("Line: mean over the seeds; band: smallest to largest value over the seeds.")


def collapsed_note(settings: pd.DataFrame, wording: Wording) -> str:
    """Say how many runs collapsed, for a figure's note; nothing if none did."""
    count = settings["collapsed"].sum()
    if count == 0:
        return ""
    if count == 1:
        return wording.say("One run collapsed (in the means).")
    return wording.say("{count} runs collapsed (in the means).", count=count)


def draw_line(
    axes: Axes,
    x: pd.Series | pd.Index,
    summary: pd.DataFrame,
    scale: float,
    opacity: float = 0.15,
    **line: Any,
) -> None:
    """Draw the mean as a line, the spread as a band; of a single point a marker and a bar.

    `summary` has the columns mean, low and high, which are multiplied by `scale`, and is as long
    as `x`. `opacity` is the band's; `line` are arguments of `Axes.plot`, `color` among them.
    """
    x = np.asarray(x, dtype=float)
    mean, low, high = (summary[name].to_numpy(float) * scale for name in ("mean", "low", "high"))
    if len(x) == 1:
        axes.errorbar(
            x,
            mean,
            yerr=[mean - low, high - mean],
            marker="o",
            markersize=style.strokes(5),
            capsize=style.strokes(3),
            **line,
        )
        return
    if np.any(high > low):
        axes.fill_between(x, low, high, color=line["color"], alpha=opacity, linewidth=0)
    axes.plot(x, mean, **line)
