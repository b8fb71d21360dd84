"""Put into words which differences a study will be able to show, before it is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lr_atlas.analysis.foreseen import (
    USUAL_SCATTER,
    Question,
    Scatter,
    found_with,
    known_scatter,
    more_seeds,
    seeds_to_find,
)
from lr_atlas.common.units import counted
from lr_atlas.config.study_models import Study
from lr_atlas.studies.atlas import Atlas
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric, number_of, significant
from lr_atlas.training.metric import Metric


def power_texts(atlas: Atlas, results: Path) -> dict[str, str]:
    """Return by study which differences it will find; an empty text where it compares nothing."""
    folders = sorted((results / "studies").glob("*"))
    texts = {}
    for name, plan in atlas.plans.items():
        study, metric = atlas.configuration.studies[name], atlas.metric_of(name)
        question = Question(_settings(plan), fresh=study.confirm > 1)
        scatter = known_scatter(folders, study.dataset, question.settings, metric)
        texts[name] = power_text(question, study, metric, scatter)
    return texts


def power_text(question: Question, study: Study, metric: StudyMetric, scatter: Scatter) -> str:
    """Return which differences a study will find, with more seeds too, and by which scatter."""
    if not any(question.pairs()):
        return ""
    is_fresh = question.fresh and question.is_between
    n = study.confirm if is_fresh else len(study.seeds)
    assumed = _assumed(question, metric, scatter)
    what = "between optimizers" if question.is_between else "from the best setting"
    kind = "confirming seed" if is_fresh else "seed"
    if n > 1:
        text = (
            f"{counted(n, kind).capitalize()} will show differences {what} of {assumed.found(n)} "
            "or more, in four of five studies"
        )
    else:
        text = "One seed will show no difference"
    text += "".join(f"; {more}: {assumed.found(more)}" for more in more_seeds(n))
    if study.matters is not None and (needed := assumed.needed(study.matters)):
        text += f"; what matters, {metric.distance(study.matters)}: {needed}"
    return f"{text}. {assumed.source}."


def _settings(plan: Plan) -> dict[str, int]:
    """Return how many settings each optimizer has."""
    optimizers = {run.setting: run.parameters["optimizer"] for run in plan.runs}
    names = list(optimizers.values())
    return {name: names.count(name) for name in dict.fromkeys(names)}


@dataclass(frozen=True)
class _Assumed:
    """How much runs may scatter, and what so many seeds find then.

    Attributes:
        question: What is compared.
        metric: In whose unit; None for standard deviations of a run.
        cases: Deviations by optimizer: the smallest and the largest that they may be, or one.
        source: A sentence on where they are from.
    """

    question: Question
    metric: Metric | None
    cases: tuple[Mapping[str, float], ...]
    source: str

    def found(self, seeds: int) -> str:
        """Return the differences that so many seeds find: "0.31 to 0.92 points"."""
        ends = [found_with(self.question, seeds, case) for case in self.cases]
        known = [value for end in ends if end for value in end]
        return _range(min(known), max(known), self.metric)

    def needed(self, difference: float) -> str:
        """Return how many seeds find a difference; empty where that cannot be told."""
        if self.metric is None:
            return ""
        counts = [seeds_to_find(self.question, difference, case) for case in self.cases]
        first, *_, last = [*counts, counts[-1]]
        if last is None:
            return "over 10,000 seeds"
        return counted(last, "seed") if first == last else f"{first} to {counted(last, 'seed')}"


def _assumed(question: Question, metric: StudyMetric, scatter: Scatter) -> _Assumed:
    names, known = list(question.settings), scatter.deviations
    if known:
        middle = (sum(each**2 for each in known.values()) / len(known)) ** 0.5
        case = {name: known.get(name, middle) for name in names}
        ends = _range(min(known.values()), max(known.values()), metric.metric)
        there = ", ".join(f"{runs} of {name}" for name, runs in scatter.runs.items())
        source = f"Runs scatter by {ends} (finished ones at best settings: {there})"
        return _Assumed(question, metric.metric, (case,), source)
    if metric.is_share:
        cases = tuple(dict.fromkeys(names, each) for each in USUAL_SCATTER)
        ends = _range(*USUAL_SCATTER, metric.metric)
        source = f"No finished run says how much they scatter: by {ends}, as those in docs/results"
        return _Assumed(question, metric.metric, cases, source)
    source = "No finished run says how much they scatter"
    return _Assumed(question, None, (dict.fromkeys(names, 1.0),), source)


def _range(low: float, high: float, metric: Metric | None) -> str:
    """Return such as "0.05 to 0.40 points", or one value where both are shown alike."""
    if metric is None:
        unit, texts = "standard deviations of a run", [significant(each, 2) for each in (low, high)]
    else:
        unit, texts = metric.unit_of_difference, [number_of(metric, each) for each in (low, high)]
    return " ".join(filter(None, [" to ".join(dict.fromkeys(texts)), unit]))
