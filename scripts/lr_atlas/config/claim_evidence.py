"""Verdicts on claims, and the evidence that the analysis hands to the rules of claims."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lr_atlas.locale.speech import mark, say, say_word
from lr_atlas.training.parts import load_part, names

CONFIRMED, CONTRADICTED = mark("confirmed"), mark("contradicted")
INCONCLUSIVE = mark("inconclusive")
SIGNIFICANCE = 0.05
#: The names of measures, as `metric_name` says them.
_MEASURES = (
    *(mark("generalisation gap"), mark("validation loss rise"), mark("swing")),
    *(mark("extrema"), mark("loss extrema"), mark("seconds per epoch")),
    *(mark("epochs to target"), mark("images to target"), mark("seconds to target")),
)
_COLUMN = re.compile(r"(running|train|validation|best_validation)_(\w+)")


class Judgement(NamedTuple):
    """The verdict on a claim, with its evidence."""

    verdict: str
    evidence: str
    method: str

    def opposite(self) -> "Judgement":
        """Return the judgement on the opposite claim."""
        turned = {CONFIRMED: CONTRADICTED, CONTRADICTED: CONFIRMED}
        return self._replace(verdict=turned.get(self.verdict, INCONCLUSIVE))


@dataclass(frozen=True)
class Evidence:
    """Hold how far something is ahead of another or of a value, its interval, and both in words.

    n: runs. advantage: the mean, in the metric's unit; below 0 it is behind. low, high: its
    interval; NaN with n below two. p: two-sided, below 0.05 where a claim may err so; corrected:
    whether for several tests already. amount, interval: the advantage and its interval in words.
    method: how they were found. can_show: the difference that so many runs find, such as "1.20
    points", or nothing. text: returns all of it in words, without a full stop.
    """

    n: int
    advantage: float
    low: float
    high: float
    p: float
    corrected: bool
    amount: str
    interval: str
    method: str
    can_show: str
    text: Callable[[], str]

    def verdict(self, by: float = 0.0) -> str:
        """Return the verdict on an advantage of more than `by`."""
        if self.low > by:
            return CONFIRMED
        return CONTRADICTED if self.high < by else INCONCLUSIVE

    def judged(
        self, verdict: str, more: str = "", method: str = "", margin: bool = False
    ) -> Judgement:
        """Return the judgement that this shows; an open one says what so many runs can show.

        more: what is said after its text. method: if it is another one. margin: whether the verdict
        is on a margin instead of on a difference from 0.
        """
        shown = self.shown(verdict, margin)
        return Judgement(verdict, f"{self.text()}{more}.{shown}", method or self.method)

    def shown(self, verdict: str, margin: bool = False) -> str:
        """Return of an open verdict what such runs find, a sentence after a space; or nothing."""
        if verdict != INCONCLUSIVE or not self.can_show:
            return ""
        values = {"n": self.n, "difference": self.can_show}
        if margin:
            said = say(
                "n = {n} finds {difference} or more from the margin in four of five studies.",
                **values,
            )
        else:
            said = say("n = {n} finds {difference} or more in four of five studies.", **values)
        return f" {said}"


class StudyRuns(Protocol):
    """The runs of a study, as a rule sees them; a metric counts at the end, or after `at_epoch`."""

    @property
    def confidence(self) -> str:
        """Return the confidence of the intervals that decide on a claim, such as "95 %"."""

    def setting(self, where: dict) -> str:
        """Return the name of the one setting that matches."""

    def settings(self, where: dict | None = None) -> list[str]:
        """Return the names of all settings that match, or of all that there are."""

    def column(self, setting: str, name: str) -> list[Any]:
        """Return a column of analysis.measures for the runs of a setting; None without a value."""

    def is_paired(self, metric: str) -> bool:
        """Return whether runs of equal seed are compared with each other in a metric."""

    def mean(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        """Return a setting's name and mean, and how many of its runs are not in that mean."""

    def level(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        """Return the mean over the runs that have a value."""

    def against(
        self, first: str, second: str, metric: str, at_epoch: int | None = None
    ) -> Evidence:
        """Return one setting against another; ahead is what is better in the metric.

        Two settings that the study's table of pairs compares are compared as there.
        """

    def on_side(
        self, setting: str, metric: str, value: float, above: bool, at_epoch: int | None = None
    ) -> Evidence:
        """Return a setting against a value; ahead is what lies above it, or else below."""

    def two_metrics(
        self, setting: str, metrics: tuple[str, str], at_epoch: int | None = None
    ) -> Evidence:
        """Return one metric of a setting against another, run by run: ahead is the larger."""

    def slope(self, setting: str, metric: str, last: int) -> Evidence:
        """Return the change of a metric per epoch, over the last ones; ahead is what rises."""

    def mean_interval(self, setting: str, metric: str) -> tuple[float, float, float] | None:
        """Return (mean, low, high) over the runs with a value, NaN for one; None without any."""

    def share(self, setting: str, shown: list[bool], what: str, about: str) -> Judgement:
        """Confirm what all runs show, contradict what none does; leave it open for few runs.

        They have to be as many as show that more than half of all runs are so, or fewer than half.
        shown: for each run. what, about: how many runs are so, and what else is to be said of them.
        """

    def holm(self, found: Mapping[str, Evidence]) -> dict[str, float]:
        """Return each p, after Holm's correction for those that are not corrected already."""


def metric_name(metric: str, at_epoch: int | None = None) -> str:
    """Return a metric's name for reading, with the epoch after which it counts."""
    name = _name_of(metric)
    if at_epoch:
        return say("{metric} after epoch {epoch}", metric=name, epoch=at_epoch)
    return name


def _name_of(metric: str) -> str:
    words = metric.replace("_", " ")
    column = _COLUMN.fullmatch(metric)
    if column is None or words in _MEASURES:
        return say_word(words)
    title = load_part("metric", column[2]).title if column[2] in names("metric") else ""
    called = say_word((title or column[2]).replace("_", " "))
    return {
        "running": say("running {metric}", metric=called),
        "train": say("train {metric}", metric=called),
        "validation": say("validation {metric}", metric=called),
        "best_validation": say("best validation {metric}", metric=called),
    }[column[1]]


def for_each(
    found: Mapping[str, Evidence], adjusted: Mapping[str, float]
) -> tuple[str, list[str], list[str]]:
    """Return (verdict on all, those for which it holds, those for which it fails).

    It holds where the interval lies above 0, and fails where something is behind by `adjusted`, p
    after a correction for all. Contradicted if it fails for one.
    """
    holds = [name for name, each in found.items() if each.verdict() == CONFIRMED]
    behind = [name for name, each in found.items() if each.advantage < 0]
    fails = [name for name in behind if adjusted[name] < SIGNIFICANCE]
    verdict = CONTRADICTED if fails else INCONCLUSIVE
    return CONFIRMED if len(holds) == len(found) else verdict, holds, fails


def furthest_behind(found: Mapping[str, Evidence], names: Iterable[str]) -> str:
    """Return the name with the smallest advantage; one without a run only if it is the last."""
    return min(sorted(names), key=lambda name: (found[name].n == 0, found[name].advantage))
