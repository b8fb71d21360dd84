"""Metrics by the columns of tables that hold them; without pydantic, since jobs read tables too."""

import dataclasses
import functools
from typing import Any

from lr_atlas.training.metric import Metric
from lr_atlas.training.parts import load_part, names

#: The name of a metric's column begins with one of these: when or on what it is measured.
SERIES = ("running", "train", "validation", "best_validation", "test")


@functools.cache
def metrics() -> dict[str, Metric]:
    """Return all metrics of ours by name."""
    return {name: load_part("metric", name) for name in names("metric")}


def name_in(column: str) -> str:
    """Return the name of the metric in such as best_validation_macro_f1; "" of other columns."""
    found = (column.removeprefix(f"{each}_") for each in SERIES if column.startswith(f"{each}_"))
    return next(found, "")


def metric_of(column: str) -> Metric | None:
    """Return the metric of ours of such as validation_accuracy or loss; None of other columns."""
    return metrics().get(name_in(column) or column)


def title_of(metric: Metric) -> str:
    """Return what people call a metric."""
    return metric.title or metric.name.replace("_", " ")


def metric_to_plain(metric: Metric) -> dict[str, Any]:
    """Return a metric as plain values for JSON; what it has by default is left out."""
    usual = {each.name: each.default for each in dataclasses.fields(Metric)}
    return {key: each for key, each in dataclasses.asdict(metric).items() if each != usual[key]}


def metric_from_plain(values: dict[str, Any]) -> Metric:
    """Return what `metric_to_plain` gave, after it has been JSON."""
    tasks = {"tasks": tuple(values["tasks"])} if "tasks" in values else {}
    return Metric(**{**values, **tasks})
