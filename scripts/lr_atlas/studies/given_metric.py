"""The metric of a study as its configuration gives it, and as it goes through a command line."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.metric_models import OwnMetric, ToldMetric, name_of
from lr_atlas.config.own_data_models import IMPORTED
from lr_atlas.config.study_models import Study
from lr_atlas.config.target_models import metric_of_target
from lr_atlas.studies.metric_columns import metric_from_plain, metric_to_plain, metrics
from lr_atlas.studies.study_metric import ACCURACY, OF_PROGRAM, PER_CENT, StudyMetric
from lr_atlas.training.metric import DEFAULT_METRICS, Metric
from lr_atlas.training.parts import short_name


def metric_named(given: str | OwnMetric | ToldMetric) -> Metric:
    """Return the metric that a configuration names."""
    if isinstance(given, str):
        return metrics()[given]
    is_share = given.unit == "%"
    return Metric(
        short_name(name_of(given)),
        given.better == "higher",
        scale=PER_CENT if is_share else 1,
        digits=2 if is_share else None,
        unit=given.unit,
        unit_of_difference="points" if is_share else given.unit,
        tasks=tuple(DEFAULT_METRICS),
    )


def study_metric(study: Study, data: Mapping[str, Any]) -> StudyMetric:
    """Return the metric of a study.

    data: of its data set, as in atlas.study_definition: `form` has its task and shape.
    """
    task = data["form"]["task"]
    things = "images" if len(data["form"]["shape"]) > 1 else "rows"
    things = "examples" if task == OF_PROGRAM else things
    usual = DEFAULT_METRICS.get(task, ACCURACY.name)
    aim = metric_of_target(study.target)
    if study.dataset == IMPORTED:
        metric = metric_from_plain(data["elsewhere"]["metric"])
        found = _aimed(metric, None, task, things, aim)
    else:
        found = _metric_of(study.metric or usual, study.select_by, task, things, aim)
    if study.score.last == 1:
        return found
    at_steps = study.evaluate is not None or study.steps is not None
    at_steps |= any(entry.steps for entry in study.optimizers)
    return replace(found, last=study.score.last, rows="evaluations" if at_steps else "epochs")


def metric_json(study: Study, metric: StudyMetric) -> str:
    """Return the metric of a study as JSON, for a command line; "{}" for accuracy of images."""
    own = study.metric
    given = own.model_dump() if isinstance(own, OwnMetric | ToldMetric) else metric.name
    if study.dataset == IMPORTED:
        given = {"values": metric_to_plain(metric.metric)}
    said: dict[str, Any] = {"metric": given, "select_by": metric.selects.name}
    said |= {"task": metric.task, "things": metric.things}
    said |= {"target": metric.aim.name} if metric.aim else {}
    said |= {"last": metric.last, "rows": metric.rows} if metric.last > 1 else {}
    return canonical_json({} if metric == ACCURACY else said)


def metric_from_json(text: str) -> StudyMetric:
    """Return the metric of which `metric_json` gave the text."""
    said = json.loads(text)
    if not said:
        return ACCURACY
    given = said["metric"]
    others = said["select_by"], said["task"], said["things"], said.get("target")
    if isinstance(given, dict) and "values" in given:
        found = _aimed(metric_from_plain(given["values"]), *others)
    elif isinstance(given, dict):
        model = OwnMetric if "python" in given else ToldMetric
        found = _metric_of(model.model_validate(given), *others)
    else:
        found = _metric_of(given, *others)
    return replace(found, last=said["last"], rows=said["rows"]) if "last" in said else found


def _metric_of(
    given: str | OwnMetric | ToldMetric,
    select_by: str | None,
    task: str,
    things: str,
    aim: str | None,
) -> StudyMetric:
    return _aimed(metric_named(given), select_by, task, things, aim)


def _aimed(
    metric: Metric, select_by: str | None, task: str, things: str, aim: str | None
) -> StudyMetric:
    """Return the metric of a study of which the other metrics are named."""
    found = StudyMetric(metric, metric, task, things)
    selects, aimed = (found.of_column(f"validation_{name}") for name in (select_by, aim))
    return replace(found, selects=selects or metric, aim=None if aimed == metric else aimed)
