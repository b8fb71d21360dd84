"""Verdicts on claims, and the evidence that the analysis hands to the rules of claims."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lr_atlas.training.parts import load_part, names

CONFIRMED, CONTRADICTED, INCONCLUSIVE = "confirmed", "contradicted", "inconclusive"
SIGNIFICANCE = 0.05
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
    method: how they were found. can_show: the difference that so many runs find, "n = 3 finds 1.20
    points or more", or nothing. text: returns all of it in words, without a full stop.
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
        return f" {self.can_show}{' from the margin' if margin else ''} in four of five studies."


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

    def test(self, metric: str) -> str:
        """Return the test between settings in a metric: "paired t" or "Welch's t"."""

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
        shown: for each run. what, about: the verb, and what else is to be said of the runs.
        """

    def holm(self, found: Mapping[str, Evidence]) -> dict[str, float]:
        """Return each p, after Holm's correction for those that are not corrected already."""


def metric_name(metric: str, at_epoch: int | None = None) -> str:
    """Return a metric's name for reading, with the epoch after which it counts."""
    column = _COLUMN.fullmatch(metric)
    title = load_part("metric", column[2]).title if column and column[2] in names("metric") else ""
    words = f"{column[1]} {title}" if column and title else metric
    return words.replace("_", " ") + (f" after epoch {at_epoch}" if at_epoch else "")


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
