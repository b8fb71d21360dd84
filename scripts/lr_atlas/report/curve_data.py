"""The curves of a study as compact JSON, for the page to draw those that a reader chooses."""

import json
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.figures import looks
from lr_atlas.figures.settings import describe_settings, lost_at_once
from lr_atlas.training.records import METRICS

#: How many values a page carries at most; a value takes some seven bytes.
MOST_VALUES = 300_000
#: Curves are not thinned out below this many epochs; rather the seeds are left out.
FEWEST_EPOCHS = 30
_DIGITS = 5


def curve_data(epochs: pd.DataFrame, runs: pd.DataFrame, most_values: int = MOST_VALUES) -> dict:
    """Return what the page's script draws, as plain values.

    epochs, runs: the tables of collect.collect_study. Returns a dict with
    - settings: dicts with name, label, optimizer (index), colour, variant (index), remark
    - optimizers: dicts with name, colour
    - runs: dicts with setting (index), seed, diverged (0 or 1), epoch and each of METRICS (lists of
      equal length, five significant digits); without single runs, one per setting, its seed None
    - lost: dicts with setting (index) and runs, how many diverged in the first epoch
    - log_loss_from: the factor that losses span where their axis is logarithmic
    - seeds: whether the runs are there, or only their means (see MOST_VALUES)
    - every: how many epochs lie between two values that are kept; the last one always is.
    """
    described = describe_settings(runs)
    names = list(dict.fromkeys(described["optimizer"]))
    every, with_seeds = _thinning(epochs, most_values)
    kept = epochs[_is_kept(epochs, every)]
    settings = {name: index for index, name in enumerate(described["setting"])}
    if with_seeds:
        # Not by the name of the run, which a study may ask for with several numbers of epochs.
        groups = kept.groupby(["setting", "seed"], sort=False)
        curves = [_run(group, settings) for _, group in groups]
    else:
        finished = kept[kept["status"] != "diverged"]
        means = finished.groupby(["setting", "epoch"], sort=False)[list(METRICS)].mean()
        curves = [
            _curve(group.reset_index(), settings[name], None, 0)
            for name, group in means.groupby("setting", sort=False)
        ]
    return {
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
    }


def script_json(data: Any) -> str:
    """Return JSON that can stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _thinning(epochs: pd.DataFrame, most_values: int) -> tuple[int, bool]:
    """Return (keep every how many epochs, whether to keep single runs), for a small page."""
    values = len(epochs) * len(METRICS)
    longest = int(epochs["epoch"].max()) if len(epochs) else 1
    most_thinned = max(1, longest // FEWEST_EPOCHS)
    every = min(most_thinned, max(1, -(-values // most_values)))
    if values <= every * most_values:
        return every, True
    settings = epochs.drop_duplicates(["setting", "epoch"])
    values = len(settings) * len(METRICS)
    return min(most_thinned, max(1, -(-values // most_values))), False


def _is_kept(epochs: pd.DataFrame, every: int) -> pd.Series:
    last = epochs.groupby(["setting", "seed"])["epoch"].transform("max")
    return (epochs["epoch"] % every == 0) | (epochs["epoch"] == 1) | (epochs["epoch"] == last)


def _run(group: pd.DataFrame, settings: dict[str, int]) -> dict:
    first = group.iloc[0]
    diverged = int(first["status"] == "diverged")
    return _curve(group, settings[first["setting"]], int(first["seed"]), diverged)


def _curve(group: pd.DataFrame, setting: int, seed: int | None, diverged: int) -> dict:
    return {
        "setting": setting,
        "seed": seed,
        "diverged": diverged,
        "epoch": [int(epoch) for epoch in group["epoch"]],
        **{metric: _rounded(group[metric].to_numpy(dtype=float)) for metric in METRICS},
    }


def _rounded(values: np.ndarray) -> list[float | None]:
    return [float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None for value in values]


def _setting(row: Any, optimizers: list[str]) -> dict:
    ended = [
        f"{count} of {row.runs} {status}"
        for status, count in (("diverged", row.diverged), ("collapsed", row.collapsed))
        if count
    ]
    return {
        "name": row.setting,
        "label": row.short,
        "optimizer": optimizers.index(row.optimizer),
        "colour": row.colour,
        "variant": int(row.variant_index),
        "remark": ", ".join(ended),
    }
