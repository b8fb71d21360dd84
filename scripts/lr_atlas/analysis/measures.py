"""Measure each run of a study, by what settings are compared by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.curve_shape import epochs_to, extrema_and_swing, overfitting


@dataclass(frozen=True)
class Measure:
    """Say which way a measure is better, and what it counts."""

    higher_is_better: bool
    kind: Literal["accuracy", "loss", "seconds", "count", "epochs", "images"]


MEASURES = {
    "running_loss": Measure(False, "loss"),
    "running_accuracy": Measure(True, "accuracy"),
    "train_loss": Measure(False, "loss"),
    "train_accuracy": Measure(True, "accuracy"),
    "validation_loss": Measure(False, "loss"),
    "validation_accuracy": Measure(True, "accuracy"),
    "best_validation_accuracy": Measure(True, "accuracy"),
    "seconds_per_epoch": Measure(False, "seconds"),
    "generalisation_gap": Measure(False, "accuracy"),
    "extrema": Measure(False, "count"),
    "loss_extrema": Measure(False, "count"),
    "swing": Measure(False, "accuracy"),
    "overfits": Measure(False, "count"),
    "overfit_epoch": Measure(True, "epochs"),
    "validation_loss_rise": Measure(False, "loss"),
    "epochs_to_target": Measure(False, "epochs"),
    "images_to_target": Measure(False, "images"),
    "seconds_to_target": Measure(False, "seconds"),
}
_CURVES = ("train_loss", "validation_loss", "validation_accuracy", "train_seconds")


def measure_runs(
    epochs: pd.DataFrame, runs: pd.DataFrame, target: float, training_images: int
) -> pd.DataFrame:
    """Return the runs with their measures: rows, index and columns of `runs`, then more.

    epochs, runs: the tables of collect.collect_study; their rows may be in any order.
    target: a validation accuracy (0..1). training_images: how many images an epoch trains on.
    Added are
        generalisation_gap    final training minus final validation accuracy
        extrema, swing        of validation accuracy over epochs, see curves.extrema_and_swing
        loss_extrema          the same count of validation loss
        overfits (bool), overfit_epoch, validation_loss_rise    see curves.overfitting
        epochs_to_target, images_to_target, seconds_to_target   until the end of the first epoch in
                              which validation accuracy reaches the target; the seconds are those
                              of training alone. A miss is inf: later than any, never left out.
    all float64 but for overfits. A run that diverged did not reach the target and does not overfit;
    its other measures are NaN.
    """
    added = pd.DataFrame(np.nan, index=runs.index, columns=list(_ADDED), dtype=float)
    added["overfits"] = False
    added[list(_TO_TARGET)] = np.inf
    kept = (runs["status"] != "diverged").to_numpy()
    gap = runs["train_accuracy"] - runs["validation_accuracy"]
    added["generalisation_gap"] = gap.where(kept)
    for rows, curves in _curves_by_length(epochs, runs, kept):
        measured = _measure_curves(curves, target, training_images)
        for name, values in measured.items():
            added.iloc[rows, added.columns.get_loc(name)] = values
    return runs.assign(**added)


_TO_TARGET = ("epochs_to_target", "images_to_target", "seconds_to_target")
_ADDED = tuple(MEASURES)[tuple(MEASURES).index("generalisation_gap") :]


def _curves_by_length(
    epochs: pd.DataFrame, runs: pd.DataFrame, kept: np.ndarray
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Yield the runs of each number of epochs: (their places, float64 [runs, epochs] by column)."""
    # Not by the run's name, which it has in common with the same run of another length.
    key = ["setting", "seed"]
    place = pd.MultiIndex.from_frame(runs[key]).get_indexer(pd.MultiIndex.from_frame(epochs[key]))
    order = np.lexsort((epochs["epoch"].to_numpy(dtype=int), place))
    order = order[(place[order] >= 0) & kept[place[order]]]
    lengths = np.bincount(place[order], minlength=len(runs))
    starts = np.cumsum(lengths) - lengths
    columns = {name: epochs[name].to_numpy(dtype=float)[order] for name in _CURVES}
    for length in np.unique(lengths[lengths > 0]):
        rows = np.flatnonzero(lengths == length)
        cells = starts[rows][:, None] + np.arange(length)
        yield rows, {name: values[cells] for name, values in columns.items()}


def _measure_curves(
    curves: dict[str, np.ndarray], target: float, training_images: int
) -> dict[str, np.ndarray]:
    accuracy = curves["validation_accuracy"]
    extrema, swing = extrema_and_swing(accuracy)
    overfits, overfit_epoch, rise = overfitting(curves["validation_loss"], curves["train_loss"])
    reached = epochs_to(accuracy, target)
    seconds = np.cumsum(curves["train_seconds"], axis=1)
    last = np.where(np.isfinite(reached), reached, 1).astype(int) - 1
    until = seconds[np.arange(len(seconds)), last]
    return {
        "extrema": extrema,
        "loss_extrema": extrema_and_swing(curves["validation_loss"])[0],
        "swing": swing,
        "overfits": overfits,
        "overfit_epoch": overfit_epoch,
        "validation_loss_rise": rise,
        "epochs_to_target": reached,
        "images_to_target": reached * training_images,
        "seconds_to_target": np.where(np.isfinite(reached), until, np.inf),
    }


def default_target(runs: pd.DataFrame) -> float:
    """Return the highest whole per cent that each optimizer's best setting reaches, as 0..1.

    By the mean final validation accuracy of the setting that choice.choose takes. An optimizer of
    which every run diverged does not count; if that holds for all, NaN: a target that nothing
    reaches.
    """
    reached = choose(runs)["validation_accuracy"].min()
    # Rounded first: 0.29 * 100 is 28.999999999999996.
    return float(np.floor(np.round(reached * 100, 6)) / 100)
