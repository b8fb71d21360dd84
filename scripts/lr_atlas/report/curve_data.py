"""The curves of a study as compact JSON, for the page to draw those that a reader chooses."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.figures import looks
from lr_atlas.figures.settings import lost_at_once
from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.report.setting_names import named_settings
from lr_atlas.studies.metric_columns import name_in, title_of
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

#: A page carries no more values than this; a value takes some seven bytes.
MOST_VALUES = 300_000
#: Curves are not thinned out below this many epochs; rather the seeds are left out.
FEWEST_EPOCHS = 30
_DIGITS = 5
#: Metrics that are shown beside those that count right answers, as `say_word` says them.
ERRORS = mark("error rate"), mark("top-5 error rate"), mark("balanced error rate")


def curve_data(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    metric: StudyMetric = ACCURACY,
    most_values: int = MOST_VALUES,
    unit: str = "epoch",
) -> dict:
    """Return what the page's script draws, as plain values.

    epochs, runs: the tables of collect.collect_study. metric: of the study. unit: of the places of
    the rows, epoch or step. Returns a dict with
    - measures: dicts with what a reader may look at, the first one first: see `measures_of`
    - settings: dicts with name, label, optimizer (index), colour, variant (index), remark
    - optimizers: dicts with name, colour
    - runs: dicts with setting (index), seed, diverged (0 or 1), epoch and each metric (lists of
      equal length, five significant digits); without single runs, one per setting, its seed None
    - lost: dicts with setting (index) and runs, how many diverged in the first epoch
    - log_loss_from: the factor that losses span where their axis is logarithmic
    - seeds: whether the runs are there, or only their means (see MOST_VALUES)
    - every: of how many values one is kept; the last one always is
    - unit: as given
    """
    described = named_settings(runs)
    names = list(dict.fromkeys(described["optimizer"]))
    # A program may write few of them.
    measured = [column for column in metric.columns if epochs[column].notna().any()]
    columns = measured or metric.columns
    every, with_seeds = _thinning(epochs, len(columns), most_values)
    kept = epochs[_is_kept(epochs, every)]
    settings = {name: index for index, name in enumerate(described["setting"])}
    if with_seeds:
        # The run's name does not do: a study may ask for it with several numbers of epochs.
        groups = kept.groupby(["setting", "seed"], sort=False)
        curves = [_run(group, settings, columns) for _, group in groups]
    else:
        finished = kept[kept["status"] != "diverged"]
        means = finished.groupby(["setting", "epoch"], sort=False)[list(columns)].mean()
        curves = [
            _curve(group.reset_index(), settings[name], None, 0, columns)
            for name, group in means.groupby("setting", sort=False)
        ]
    return {
        "measures": measures_of(metric, columns),
        "settings": [_setting(row, names) for row in described.itertuples()],
        "optimizers": [
            {"name": looks.optimizer_name(name), "colour": looks.optimizer_colour(name)}
            for name in names
        ],
        "runs": curves,
        "lost": [
            {"setting": settings[name], "runs": int(count)}
            for name, count in lost_at_once(runs).items()
        ],
        "log_loss_from": looks.LOG_LOSS_FROM_RATIO,
        "seeds": with_seeds,
        "every": every,
        "unit": unit,
    }


def measures_of(metric: StudyMetric, columns: Sequence[str]) -> list[dict]:
    """Return the measures of a page's curves, that of the study first.

    columns: those that were measured. Each has key, name (of its columns), label, title (of its
    axis), series (those that there are), scale and offset (of the values that are shown), digits
    (None: four significant ones), unit, higher (0 or 1: whether more is better), open (whether
    worse values have no end) and range (of an axis without a curve).
    """
    named = dict.fromkeys([metric.name, *map(name_in, columns)])
    found = []
    for name in named:
        of = metric.of_column(f"validation_{name}")
        assert of is not None
        title = say_word(title_of(of))
        unit = f" ({say_word(of.unit)})" if of.unit else ""
        found.append(
            {
                "key": name,
                "name": name,
                "label": title,
                "title": f"{title}{unit}",
                "series": [
                    column.removesuffix(f"_{name}")
                    for column in metric.series(name)
                    if column in columns
                ],
                "scale": of.scale,
                "offset": 0,
                "digits": None if name == "loss" else of.digits,
                "unit": say_word(of.unit),
                "higher": int(of.higher_is_better),
                "open": int(not of.higher_is_better and math.isinf(of.highest)),
                "range": [0, 100] if of.scale != 1 else [0.1, 1],
            }
        )
        if of.counts:
            key = title_of(of).replace("accuracy", "error rate")
            label = say_word(key)
            wrong = {"key": key, "label": label, "title": f"{label}{unit}", "higher": 0}
            found.append({**found[-1], **wrong, "scale": -of.scale, "offset": of.scale})
    return found


def script_json(data: Any) -> str:
    """Return JSON that can stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _thinning(epochs: pd.DataFrame, columns: int, most_values: int) -> tuple[int, bool]:
    """Return (keep every how many epochs, whether to keep single runs), for a small page."""
    values = len(epochs) * columns
    longest = epochs.groupby(["setting", "seed"]).size().max() if len(epochs) else 1
    most_thinned = max(1, longest // FEWEST_EPOCHS)
    every = min(most_thinned, max(1, -(-values // most_values)))
    if values <= every * most_values:
        return every, True
    settings = epochs.drop_duplicates(["setting", "epoch"])
    values = len(settings) * columns
    return min(most_thinned, max(1, -(-values // most_values))), False


def _is_kept(epochs: pd.DataFrame, every: int) -> pd.Series:
    rows = epochs.groupby(["setting", "seed"])["epoch"]
    number = rows.rank().astype(int)
    return (number % every == 0) | (number == 1) | (number == rows.transform("size"))


def _run(group: pd.DataFrame, settings: dict[str, int], columns: Sequence[str]) -> dict:
    first = group.iloc[0]
    diverged = int(first["status"] == "diverged")
    return _curve(group, settings[first["setting"]], int(first["seed"]), diverged, columns)


def _curve(
    group: pd.DataFrame, setting: int, seed: int | None, diverged: int, columns: Sequence[str]
) -> dict:
    return {
        "setting": setting,
        "seed": seed,
        "diverged": diverged,
        "epoch": [int(epoch) for epoch in group["epoch"]],
        **{metric: _rounded(group[metric].to_numpy(dtype=float)) for metric in columns},
    }


def _rounded(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None for value in values]


def _setting(row: Any, optimizers: list[str]) -> dict:
    ended = []
    if row.diverged:
        ended.append(say("{count} of {runs} diverged", count=row.diverged, runs=row.runs))
    if row.collapsed:
        ended.append(say("{count} of {runs} collapsed", count=row.collapsed, runs=row.runs))
    return {
        "name": row.setting,
        "label": row.short,
        "optimizer": optimizers.index(row.optimizer),
        "colour": row.colour,
        "variant": int(row.variant_index),
        "remark": ", ".join(ended),
    }
