"""The runs of a study as the rules of claims see them: evidence for and against.

Decisions rest on Student's t intervals. Two settings that the study's table of pairs compares are
judged as there, so that a study has one verdict on them; any other statement is judged by itself,
as written down beforehand.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lr_atlas.analysis.claim_texts import (
    ahead_text,
    mean_text,
    method_text,
    no_run,
    share_text,
    size_text,
    slope_text,
)
from lr_atlas.analysis.contrast_text import difference_found, distance, interval, level
from lr_atlas.analysis.contrasts import (
    Contrast,
    Sample,
    constant,
    contrast,
    samples,
    samples_at,
    slopes,
)
from lr_atlas.analysis.curve_ends import disturbed_runs
from lr_atlas.analysis.differences import holm, paired, t_interval
from lr_atlas.analysis.finding import pair_of
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.looks import level_of_look
from lr_atlas.analysis.measures import Measure, measures_of
from lr_atlas.analysis.pair_intervals import with_part
from lr_atlas.analysis.pairing import seed_correlation
from lr_atlas.analysis.seeds import by_seed
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.config.claim_evidence import (
    CONFIRMED,
    CONTRADICTED,
    INCONCLUSIVE,
    Evidence,
    Judgement,
    StudyRuns,
    metric_name,
)
from lr_atlas.locale.speech import numeral, say
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.setting_match import matching_settings
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

#: The share of runs that `share` holds all or none of them against.
_HALF = 0.5


@dataclass
class MeasuredRuns(StudyRuns):
    """The settings of a plan, and the tables of its runs; the arguments of check_claims.

    part: of the error that a claim has by itself, where several are judged together.
    """

    plan: Plan
    measures: pd.DataFrame
    epochs: pd.DataFrame | None
    pairs: pd.DataFrame | None
    validation_images: int | None
    metric: StudyMetric = ACCURACY
    matters: float | None = None
    look: int = 1
    part: float = 1.0
    _by_seed: dict[str, bool] = field(default_factory=dict)

    @property
    def error(self) -> float:
        """Return the probability with which the interval of one claim may miss."""
        return self.part * level_of_look(self.look)

    @property
    def confidence(self) -> str:
        return numeral(f"{100 * (1 - self.error):.4g} %")

    def judging_together(self, part: float) -> "MeasuredRuns":
        """Return the same runs, each claim judged with this part of the error."""
        return replace(self, part=part)

    @cached_property
    def disturbed(self) -> int:
        """Return how many runs have seconds that say little, see curve_ends.disturbed_runs."""
        known = self.epochs is not None and "train_seconds" in self.epochs
        return len(disturbed_runs(self.epochs)) if known else 0

    @cached_property
    def kinds(self) -> dict[str, Measure]:
        """Return how the values of each metric are read."""
        return measures_of(self.metric)

    def setting(self, where: dict) -> str:
        return self.settings(where)[0]

    def settings(self, where: dict | None = None) -> list[str]:
        return list(self.plan.settings) if where is None else matching_settings(self.plan, where)

    def column(self, setting: str, name: str) -> list[Any]:
        values = self.measures.loc[self.measures["setting"] == setting, name].astype(object)
        return values.where(values.notna(), None).tolist()

    def mean(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        return mean_text(setting, self._sample(setting, metric, at_epoch), self.kinds[metric])

    def level(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        return level(self._sample(setting, metric, at_epoch).valued.mean(), self.kinds[metric])

    def against(
        self, first: str, second: str, metric: str, at_epoch: int | None = None
    ) -> Evidence:
        kind = self.kinds[metric]
        found = self._of_table(first, second, metric, at_epoch) or contrast(
            self._sample(first, metric, at_epoch),
            self._sample(second, metric, at_epoch),
            kind.higher_is_better,
            by_seed=self.is_paired(metric),
            resolution=self._resolution(metric),
            error=self.error,
        )
        test = method_text(self.is_paired(metric), self.confidence)
        method = say("table of pairs") if found.of_table else test

        def text() -> str:
            """Return the two means, and how far the first setting is ahead, with the interval."""
            if found.means is None:
                means = ", ".join(self.mean(each, metric, at_epoch) for each in (first, second))
                about = metric_name(metric, at_epoch)
            else:
                pairs = zip((first, second), found.means, strict=True)
                means = ", ".join(f"{name} {level(mean, kind)}" for name, mean in pairs)
                fresh = say("test {metric}", metric=self.metric.called)
                about = fresh if found.fresh else metric_name(metric)
            return f"{about}: {means}{ahead_text(first, found, kind)}{self._size(found, kind)}"

        return self._evidence(found, kind, method, text)

    def _size(self, found: Contrast, kind: Measure) -> str:
        """Return what is shown of a difference in the study's metric, if it says what matters."""
        if self.matters is None or kind.metric != self.metric.metric or kind.is_difference:
            return ""
        return size_text(found, kind, self.matters)

    def on_side(
        self, setting: str, metric: str, value: float, above: bool, at_epoch: int | None = None
    ) -> Evidence:
        sample, kind = self._sample(setting, metric, at_epoch), self.kinds[metric]
        better, step = kind.higher_is_better, self._resolution(metric) / np.sqrt(2)
        found = contrast(sample, constant(value, sample), better, resolution=step, error=self.error)
        over = found if better else found.reversed()

        def text() -> str:
            """Return the mean, its interval, and the border."""
            return say(
                "{metric}: {mean} ({interval}); the border is {border}",
                metric=metric_name(metric, at_epoch),
                mean=self.mean(setting, metric, at_epoch),
                interval=interval(over.shifted(value), kind, of_level=True),
                border=level(value, kind),
            )

        sided = over if above else over.reversed()
        method = say("t interval of the mean, {confidence}", confidence=self.confidence)
        return self._evidence(sided, kind, method, text)

    def two_metrics(
        self, setting: str, metrics: tuple[str, str], at_epoch: int | None = None
    ) -> Evidence:
        first, second = (self._sample(setting, metric, at_epoch) for metric in metrics)
        kind = self.kinds[metrics[0]]
        found = contrast(first, second, higher_is_better=True, error=self.error)

        def text() -> str:
            """Return both means, and the difference with its interval."""
            levels = (
                f"{metric_name(m, at_epoch)} {self.level(setting, m, at_epoch)}" for m in metrics
            )
            return say(
                "{setting}: {levels}; difference {difference} ({interval})",
                setting=setting,
                levels=", ".join(levels),
                difference=distance(found.advantage, kind),
                interval=interval(found, kind),
            )

        return self._evidence(found, kind, method_text(True, self.confidence), text)

    def slope(self, setting: str, metric: str, last: int) -> Evidence:
        sample, kind = slopes(self.epochs, setting, metric, last), self.kinds[metric]
        found = contrast(sample, constant(0.0, sample), higher_is_better=True, error=self.error)

        def text() -> str:
            """Return the mean change with its interval."""
            if sample.values.empty:
                return no_run(setting)
            return slope_text(setting, metric_name(metric), found, kind, last)

        method = say(
            "least squares per run, t interval of the slopes, {confidence}",
            confidence=self.confidence,
        )
        return self._evidence(found, kind, method, text)

    def mean_interval(self, setting: str, metric: str) -> tuple[float, float, float] | None:
        values = self._sample(setting, metric).valued
        if values.empty:
            return None
        own = values.to_numpy()[None]
        estimate = paired(own, np.zeros_like(own))
        _, low, high, _ = (float(each[0]) for each in t_interval(estimate, self.error))
        return values.mean(), low, high

    def share(self, setting: str, shown: list[bool], what: str, about: str) -> Judgement:
        n, k = len(shown), sum(shown)
        method = say(
            "all or none of the runs, {fewest} at least; exact interval of the share "
            "(Clopper-Pearson)",
            fewest=self._fewest_alike(),
        )
        if not n:
            return Judgement(INCONCLUSIVE, f"{no_run(setting)}.", method)
        from scipy import stats  # loads for half a second, for this kind of claim alone

        low, high = stats.binomtest(k, n).proportion_ci(1 - self.error, "exact")
        verdict = INCONCLUSIVE
        if k == n and low > _HALF:
            verdict = CONFIRMED
        elif k == 0 and high < _HALF:
            verdict = CONTRADICTED
        of_share = share_text(self.confidence, (low, high), n)
        evidence = f"{setting}: {what} ({of_share}){about}."
        if k in (0, n) and verdict == INCONCLUSIVE:
            enough = say("{count} such runs would show it of most.", count=self._fewest_alike())
            evidence += f" {enough}"
        return Judgement(verdict, evidence, method)

    def _fewest_alike(self) -> int:
        """Return how many runs, all alike, show that more than half of all are so."""
        return math.floor(math.log(self.error / 2) / math.log(_HALF)) + 1

    def holm(self, found: Mapping[str, Evidence]) -> dict[str, float]:
        adjusted = {name: each.p for name, each in found.items()}
        alone = [name for name, each in found.items() if not each.corrected]
        return adjusted | dict(
            zip(alone, holm(np.array([adjusted[name] for name in alone])), strict=True)
        )

    def _sample(self, setting: str, metric: str, at_epoch: int | None = None) -> Sample:
        """Return the metric's values in its runs, at the end or after an epoch."""
        if at_epoch is None:
            return samples(self.plan, self.measures, setting, metric)
        return samples_at(self.epochs, setting, metric, at_epoch)

    def is_paired(self, metric: str) -> bool:
        if metric not in self._by_seed:
            values = by_seed(self.measures, metric).to_numpy(dtype=float)
            values = np.where(np.isfinite(values), values, np.nan)
            self._by_seed[metric] = seed_correlation(values).helps()
        return self._by_seed[metric]

    def _resolution(self, metric: str) -> float:
        """Return the smallest step of a metric that counts validation images, 0 of others."""
        of_validation = metric in (self.metric.validation, self.metric.best)
        return self.metric.step(self.validation_images) if of_validation else 0.0

    def _of_table(
        self, first: str, second: str, metric: str, at_epoch: int | None
    ) -> Contrast | None:
        """Return what the table of pairs says of two settings, which is about the last epoch."""
        lengths = {run.epochs for run in self.plan.runs if run.setting in (first, second)}
        is_last = at_epoch is None or (
            self.plan.unit == "epochs" and lengths == {at_epoch} and self.metric.last == 1
        )
        if self.pairs is None or metric != self.metric.validation or not is_last:
            return None
        row = pair_of(self.pairs, first, second)
        if row is None:
            return None
        means = row["mean_first"], row["mean_second"]
        low, high = row["low"], row["high"]
        if self.part < 1:
            low, high = with_part(row, self.part, is_turned=row["first"] != first)
        return Contrast(
            *(row["n"], row["difference"], low, high),
            p=1.0 if pd.isna(row["p"]) else row["p"],
            shows=float(row["smallest_difference"]),
            of_table=True,
            fresh=row["runs"] == FRESH,
            means=means if row["first"] == first else means[::-1],
        )

    def _evidence(
        self, found: Contrast, kind: Measure, method: str, text: Callable[[], str]
    ) -> Evidence:
        """Return the evidence; its p is below 0.05 where it is below what this claim may err."""
        error = self.part * SIGNIFICANCE if found.of_table else self.error
        return Evidence(
            *(found.n, found.advantage, found.low, found.high),
            p=min(1.0, found.p * SIGNIFICANCE / error),
            corrected=found.of_table,
            amount=distance(found.advantage, kind),
            interval=interval(found, kind),
            method=method,
            can_show=difference_found(found, kind),
            text=text,
        )
