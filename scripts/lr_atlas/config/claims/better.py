"""Claim that one setting is better than another in a metric."""

from typing import ClassVar, Literal

from pydantic import Field

from lr_atlas.config.claim import AtEpoch, Metric, Row, Where, metric_field, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.config_values import NotNegative
from lr_atlas.locale.speech import say


class Comparing(AtEpoch):
    """The keys of better and not_better, and the rule of the first."""

    claim: str
    where: Where = setting_field("The setting that is better")
    than: Where = setting_field("The setting that it is better than")
    metric: Metric = metric_field()
    by: NotNegative = Field(0.0, description="By more than this, in the metric's unit.")

    def words(self, runs: StudyRuns) -> str:
        values = {"first": runs.setting(self.where), "second": runs.setting(self.than)}
        values["metric"] = self.named(self.metric)
        return {
            ("better", False): say("{first} is better than {second} in {metric}", **values),
            ("not_better", False): say("{first} is not better than {second} in {metric}", **values),
            ("better", True): say(
                "{first} is better than {second} in {metric} by more than {by:g}",
                by=self.by,
                **values,
            ),
            ("not_better", True): say(
                "{first} is not better than {second} in {metric} by more than {by:g}",
                by=self.by,
                **values,
            ),
        }[self.claim, self.by > 0]

    def judge(self, runs: StudyRuns) -> Judgement:
        settings = runs.setting(self.where), runs.setting(self.than)
        found = runs.against(*settings, self.metric, self.at_epoch)
        return found.judged(found.verdict(self.by), margin=self.by > 0)


class Better(Comparing):
    """One setting is better than another in a metric."""

    row: ClassVar = Row(
        place=10,
        takes="`where`, `than`, `metric`, `by`, `at_epoch`",
        says="`where` is better than `than` in `metric`, by more than `by` (default 0)",
        confirmed="the interval of how far it is ahead lies above `by`",
        contradicted="it lies below `by`",
    )

    claim: Literal["better"]
