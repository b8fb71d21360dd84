"""Measure each run of a study, by what settings are compared by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.curve_shape import epochs_to, extrema_and_swing, overfitting
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.training.metric import Metric
from lr_atlas.training.records import STEP


@dataclass(frozen=True)
class Measure:
    """Say which way a measure is better, and what it counts.

    Attributes:
        higher_is_better: Which way it is better.
        kind: "metric", or seconds, count, epochs, images.
        metric: Whose values, or differences of values, it has.
        is_difference: Which of the two.
    """

    higher_is_better: bool
    kind: str
    metric: Metric | None = None
    is_difference: bool = False


_ADDED = {
    "extrema": Measure(False, "count"),
    "loss_extrema": Measure(False, "count"),
    "overfits": Measure(False, "count"),
    "overfit_epoch": Measure(True, "epochs"),
    "validation_loss_rise": Measure(False, "metric", metrics()["loss"]),
    "epochs_to_target": Measure(False, "epochs"),
    "images_to_target": Measure(False, "images"),
    "seconds_to_target": Measure(False, "seconds"),
}


def measures_of(metric: StudyMetric) -> dict[str, Measure]:
    """Return the measures of the runs of a study, by their columns."""
    found: dict[str, Measure] = {}
    for column in (*metric.columns, metric.best):
        of = metric.of_column(column)
        assert of is not None
        found[column] = Measure(of.higher_is_better, "metric", of)
    difference = Measure(False, "metric", metric.metric, is_difference=True)
    return {
        **found,
        "seconds_per_epoch": Measure(False, "seconds"),
        "generalisation_gap": difference,
        "swing": difference,
        **_ADDED,
    }


#: The measures of a study of accuracy.
MEASURES = measures_of(ACCURACY)


def measure_runs(
    epochs: pd.DataFrame,
    runs: pd.DataFrame,
    target: float,
    training_images: int,
    metric: StudyMetric = ACCURACY,
) -> pd.DataFrame:
    """Return the runs with their measures: rows, index and columns of `runs`, then more.

    epochs, runs: the tables of collect.collect_study; their rows may be in any order.
    target: a value of metric.timed on the validation images. training_images: how many images an
    epoch trains on. Added are
        generalisation_gap    by how much the metric is better on the training images at the end
        extrema, swing        of the metric on the validation images over epochs, see
                              curves.extrema_and_swing
        loss_extrema          the same count of validation loss
        overfits (bool), overfit_epoch, validation_loss_rise    see curves.overfitting
        epochs_to_target, images_to_target, seconds_to_target   until the end of the first epoch in
                              which the metric reaches the target; the seconds are those of
                              training alone. A miss is inf: later than any, never left out.
        steps_to_target       likewise, where runs are evaluated by steps: then all four are until
                              the first evaluation that reaches it
    all float64 but for overfits. A run that diverged did not reach the target and does not overfit;
    its other measures are NaN.
    """
    columns = ["generalisation_gap", "extrema", "loss_extrema", "swing", *tuple(_ADDED)[2:]]
    added = pd.DataFrame(np.nan, index=runs.index, columns=columns, dtype=float)
    added["overfits"] = False
    added[list(_TO_TARGET)] = np.inf
    kept = (runs["status"] != "diverged").to_numpy()
    gap = metric.sign * (runs[metric.train] - runs[metric.validation])
    added["generalisation_gap"] = gap.where(kept)
    curve_columns = ["train_loss", "validation_loss", metric.validation, "train_seconds", "epoch"]
    curve_columns.append(metric.timed.validation)
    if STEP in epochs:
        curve_columns.append(STEP)
        added["steps_to_target"] = np.inf
    for rows, curves in _curves_by_length(epochs, runs, kept, curve_columns):
        measured = _measure_curves(curves, target, training_images, metric)
        for name, values in measured.items():
            added.iloc[rows, added.columns.get_loc(name)] = values
    return runs.assign(**added)


_TO_TARGET = ("epochs_to_target", "images_to_target", "seconds_to_target")


def _curves_by_length(
    epochs: pd.DataFrame, runs: pd.DataFrame, kept: np.ndarray, curves: Sequence[str]
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Yield the runs of each number of epochs: (their places, float64 [runs, epochs] by column)."""
    # The run's name alone does not do: the same run of another length has it too.
    key = ["setting", "seed"]
    place = pd.MultiIndex.from_frame(runs[key]).get_indexer(pd.MultiIndex.from_frame(epochs[key]))
    order = np.lexsort((epochs["epoch"].to_numpy(dtype=float), place))
    order = order[(place[order] >= 0) & kept[place[order]]]
    lengths = np.bincount(place[order], minlength=len(runs))
    starts = np.cumsum(lengths) - lengths
    columns = {name: epochs[name].to_numpy(dtype=float)[order] for name in curves}
    for length in np.unique(lengths[lengths > 0]):
        rows = np.flatnonzero(lengths == length)
        cells = starts[rows][:, None] + np.arange(length)
        yield rows, {name: values[cells] for name, values in columns.items()}


def _measure_curves(
    curves: dict[str, np.ndarray], target: float, training_images: int, metric: StudyMetric
) -> dict[str, np.ndarray]:
    values = metric.sign * curves[metric.validation]
    extrema, swing = extrema_and_swing(values)
    overfits, overfit_row, rise = overfitting(curves["validation_loss"], curves["train_loss"])
    timed = metric.timed
    reached = epochs_to(timed.sign * curves[timed.validation], timed.sign * target)
    seconds = np.cumsum(curves["train_seconds"], axis=1)
    epochs = _at(curves["epoch"], reached)
    found = {
        "extrema": extrema,
        "loss_extrema": extrema_and_swing(curves["validation_loss"])[0],
        "swing": swing,
        "overfits": overfits,
        "overfit_epoch": _at(curves["epoch"], overfit_row),
        "validation_loss_rise": rise,
        "epochs_to_target": epochs,
        "images_to_target": epochs * training_images,
        "seconds_to_target": _at(seconds, reached),
    }
    return found | ({"steps_to_target": _at(curves[STEP], reached)} if STEP in curves else {})


def _at(course: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the value of each course, float64 [runs, epochs], at its row, counted from 1.

    rows: float64 [runs]; NaN and inf, which are none, stay as they are.
    """
    there = np.isfinite(rows)
    places = np.where(there, rows, 1).astype(int) - 1
    return np.where(there, course[np.arange(len(course)), places], rows)


def default_target(runs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> float:
    """Return the best round value that each optimizer's best setting reaches.

    By the mean final value on the validation images of the setting that choice.choose takes; see
    StudyMetric.target. An optimizer of which every run diverged does not count; if that holds for
    all, NaN: a target that nothing reaches.
    """
    return metric.target(
        metric.sign * (metric.sign * choose(runs, metric)[metric.validation]).min()
    )
