"""Claim that two settings, or two metrics of one setting, lie near each other."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from lr_atlas.config import claim_evidence as verdicts
from lr_atlas.config.claim import AtEpoch, Metric, Row, Where, metric_field, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.config_values import AboveZero
from lr_atlas.locale.speech import say


class Within(AtEpoch):
    """Two settings, or two metrics of one setting, lie near each other."""

    row: ClassVar = Row(
        place=40,
        takes="`where`, `by`, `metric`, `at_epoch`, and `than` or `of_metric`",
        says="two settings, or two metrics of one setting, differ by less than `by`",
        confirmed="the interval of the difference lies within ± `by`",
        contradicted="it lies outside",
    )

    claim: Literal["within"]
    where: Where = setting_field("The setting that is near")
    than: Where | None = Field(
        None, description="The setting that it is near to, by parameters that single it out."
    )
    metric: Metric = metric_field()
    of_metric: Metric | None = Field(
        None, description="Instead of `than`: the metric of the same setting that is as near."
    )
    by: AboveZero = Field(description="The largest distance, in the metric's unit.")

    @model_validator(mode="after")
    def _one_other(self) -> Self:
        return self._takes_one_of("than", "of_metric")

    def words(self, runs: StudyRuns) -> str:
        first, metric = runs.setting(self.where), self.named(self.metric)
        if self.of_metric:
            return say(
                "{metric} and {other} of {setting} lie within {by:g} of each other",
                metric=metric,
                other=self.named(self.of_metric),
                setting=first,
                by=self.by,
            )
        assert self.than is not None
        return say(
            "{first} and {second} lie within {by:g} of each other in {metric}",
            first=first,
            second=runs.setting(self.than),
            by=self.by,
            metric=metric,
        )

    def judge(self, runs: StudyRuns) -> Judgement:
        first, at = runs.setting(self.where), self.at_epoch
        if self.of_metric:
            found = runs.two_metrics(first, (self.metric, self.of_metric), at)
        else:
            assert self.than is not None
            found = runs.against(first, runs.setting(self.than), self.metric, at)
        verdict = verdicts.INCONCLUSIVE
        if found.low > -self.by and found.high < self.by:
            verdict = verdicts.CONFIRMED
        elif found.low > self.by or found.high < -self.by:
            verdict = verdicts.CONTRADICTED
        method = say(
            "equivalence: {confidence} interval within the margin", confidence=runs.confidence
        )
        return found.judged(verdict, method=method, margin=True)
