"""Find the measured column that a study of runs from elsewhere is about, and all others."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lr_atlas.common.errors import UserError
from lr_atlas.common.units import shortened
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.usual_names import Measured, measured
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import OF_PROGRAM, StudyMetric
from lr_atlas.training.metric import DEFAULT_METRICS, Metric

_PER_CENT = 100
_LONGEST_NAME = 40
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]+")
#: Ends of columns of our tables that hold something else than a metric.
_TAKEN = ("seconds", "loss_rise", "epoch", "step", "chance")
_TITLES = {"train": "training", "test": "test", "running": "running"}
_MOST_SHOWN = 12


def metric_column(names: Sequence[str], columns: Columns) -> str:
    """Return the column that the study is about.

    names: all columns that may be measured. Without a word of the user it is the only one on
    validation data, or else the only one, of which the metric is known; of several, accuracy.
    Raises UserError where that leaves none, or a choice.
    """
    if columns.metric is not None:
        return columns.metric
    known = {name: each for name in names if (each := measured(name)).known and not each.is_best}
    for series in (("validation",), ("",), ("test",)):
        there = {name: each for name, each in known.items() if each.series in series}
        usual = [name for name, each in there.items() if each.name == "accuracy"]
        found = usual or list(there)
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(
                f"the metric may be {' or '.join(found[:_MOST_SHOWN])}. Say which: "
                f"columns: {{metric: {found[0]}}}"
            )
    raise UserError(
        f"no column has the name of a metric on validation data; there are "
        f"{shortened(names, _MOST_SHOWN) or 'none'}. Say which one the runs are judged by: "
        "columns: {metric: …}"
    )


@dataclass(frozen=True)
class Values:
    """Say how the values of a column are read.

    metric: of the study. factor: values in the file divided by it; 100 of per cent that are read as
    shares. note: for the user, maybe empty.
    """

    metric: StudyMetric
    factor: float
    note: str


def study_metric_of(column: str, values: np.ndarray, columns: Columns) -> Values:
    """Return how the values of a column are read. Raises UserError where it cannot be told.

    values: float64, those of all rows; NaN where there is none.
    """
    found = measured(column)
    known = found.known
    if columns.better is None and known is None:
        raise UserError(
            f"nothing says whether higher or lower values of '{column}' are better. Say it: "
            "columns: {better: lower}, or higher"
        )
    finite = values[np.isfinite(values)]
    factor, note = 1.0, ""
    ours = metrics().get(found.name)
    is_share = (ours is not None and ours.scale == _PER_CENT) or columns.unit == "%"
    if is_share and len(finite) and 1 < finite.max() <= _PER_CENT and finite.min() >= 0:
        if np.median(finite) <= 1 and columns.unit != "%":
            raise UserError(
                f"the values of '{column}' are {finite.min():g} to {finite.max():g}, most of them "
                "at most 1: neither shares nor per cent. If they are per cent, say so: "
                'columns: {unit: "%"}'
            )
        factor, note = float(_PER_CENT), f"{column}: read as per cent, as values go above 1"
    base = _metric(found, known, columns, is_share)
    low, high = (finite.min() / factor, finite.max() / factor) if len(finite) else (0.0, 0.0)
    if low < base.lowest or high > base.highest:
        base = replace(base, lowest=-math.inf, highest=math.inf)
        note = f"{column}: its values, {low:g} to {high:g}, are none of the usual {found.name}"
    return Values(StudyMetric(base, base, OF_PROGRAM, "examples"), factor, note)


def _metric(found: Measured, known: Metric | None, columns: Columns, is_share: bool) -> Metric:
    name = _NOT_IN_NAMES.sub("_", found.name).strip("_")[:_LONGEST_NAME] or "value"
    if found.series in _TITLES:
        name = f"{found.series}_{name}"
    if not name[0].isalpha() or any(name.endswith(each) for each in _TAKEN):
        name = f"value_{name}"
    more: dict = {"name": name, "tasks": tuple(DEFAULT_METRICS)}
    if known is None or (columns.better and (columns.better == "higher") != known.higher_is_better):
        unit = "points" if is_share else columns.unit
        base = Metric(name, columns.better == "higher", unit=columns.unit, unit_of_difference=unit)
        if is_share:
            base = replace(base, scale=_PER_CENT, digits=2, lowest=0.0, highest=1.0)
        return replace(base, tasks=more["tasks"])
    if known.name != name:
        more["title"] = f"{_TITLES.get(found.series, '')} {known.title or known.name}".strip()
        more["title"] = more["title"].replace("_", " ")
        more["plural"] = ""
    return replace(known, **more)


def series_columns(names: Iterable[str], column: str, metric: StudyMetric) -> dict[str, str]:
    """Return {column of ours: column of the files} of all that our tables have a place for."""
    found = {metric.validation: column}
    if column != metric.validation and measured(column).series not in ("validation", ""):
        return found
    for name in names:
        each = measured(name)
        place = f"{each.series}_{each.name}"
        if not each.is_best and place in metric.columns:
            found.setdefault(place, name)
    return found
