"""Define a finding about a study, what findings look at, and the words that they share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from lr_atlas.analysis.answer_tables import Analysis
from lr_atlas.common.rounding import compact, rounded_texts
from lr_atlas.config.study_models import Study
from lr_atlas.locale.lists import joined, numbers_listed
from lr_atlas.locale.speech import mark, numeral, say
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.training.parts import short_name

WARNING, NOTE = mark("warning"), mark("note")
#: The share of runs above which a finding speaks of most of them.
MOST = 0.5


class Finding(NamedTuple):
    """A row of the table, and what follows for the next grid."""

    evidence: str  # a sentence with numbers
    fix: str  # a line
    optimizer: str = ""
    setting: str = ""
    values: tuple[float, ...] = ()  # what the fix adds to lr, or sets seeds or epochs to
    code: str = ""  # the registry sets it, and the severity
    severity: str = ""


Findings = Iterator[Finding]


@dataclass(frozen=True)
class Seen:
    """Hold what findings look at: a study, its plan, of which runs may be missing, and its tables.

    epochs: the table of collect.collect_study. analysis: see answer_tables.analyse_study. dynamics:
    that of collect_dynamics; None or empty where nothing was recorded.
    """

    study: Study
    plan: Plan
    epochs: pd.DataFrame
    analysis: Analysis
    dynamics: pd.DataFrame | None = None

    @property
    def metric(self) -> StudyMetric:
        """Return the metric of the study."""
        return self.analysis.metric

    def optimizers(self) -> Iterator[Any]:
        """Yield the rows of the optimizers that have a best setting."""
        for row in self.analysis.optimizers.itertuples():
            if isinstance(row.best_setting, str):
                yield row

    def improvable(self) -> Iterator[Any]:
        """Yield the rows of those that could be noticeably better."""
        return (
            row
            for row in self.optimizers()
            if not nothing_left_to_gain(self.metric, row.chance, row.score_mean)
        )

    def smallest_gain(self, optimizer: Any) -> float:
        """Return the gain below which none is worth a larger grid, or as many epochs again.

        optimizer: a row of the optimizers.
        """
        return self.metric.smallest_gain(optimizer.chance, optimizer.score_mean)


def nothing_left_to_gain(metric: StudyMetric, chance: float, score: float) -> bool:
    """Return whether a score is so near to the best possible that none can be noticeably better."""
    return abs(metric.best_possible - score) < metric.smallest_gain(chance, score)


def more_rates(study: Study, optimizer: str, rates: Iterable[float]) -> str:
    """Return the advice to train an optimizer with more learning rates."""
    entries = [each for each in study.optimizers if short_name(each.name) == optimizer]
    added = joined(numeral(compact(rate)) for rate in rates)
    rules = [each.lr_rule or study.lr_rule for each in entries]
    if any(rule and rule.rule != "none" for rule in rules):
        return say(
            "Add lr {rates} to {optimizer}, as its runs have it: lr of the entry times what "
            "`lr_rule` makes of it.",
            rates=added,
            optimizer=optimizer,
        )
    return say("Add lr {rates} to {optimizer}.", rates=added, optimizer=optimizer)


def pair_of(pairs: pd.DataFrame, first: str, second: str) -> dict | None:
    """Return the row of two settings, None if they were not compared.

    Its difference is seen from the first; all else is as in the table.
    """
    straight = pairs[(pairs["first"] == first) & (pairs["second"] == second)]
    if len(straight):
        return straight.iloc[0].to_dict()
    found = pairs[(pairs["first"] == second) & (pairs["second"] == first)]
    if found.empty:
        return None
    row = found.iloc[0].to_dict()
    return row | {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}


def interval_text(pair: dict, metric: StudyMetric) -> str:
    """Return such as "95 % interval 0.10 to 0.35 points, n = 3"."""
    if pd.isna(pair["low"]):
        return say("no interval, n = {n}", n=pair["n"])
    return say(
        "95 % interval {low} to {high}, n = {n}",
        low=metric.number(pair["low"]),
        high=metric.distance(pair["high"]),
        n=pair["n"],
    )


def listed(rates: list[float]) -> str:
    """Return learning rates, rounded as far as they stay apart."""
    return numbers_listed(rounded_texts(rates).values())
