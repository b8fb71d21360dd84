"""Claim that a metric rises over the last epochs."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from lr_atlas.config.claim import Claim, EpochMetric, Row, Where, metric_field, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns, metric_name
from lr_atlas.config.config_values import MOST, whole
from lr_atlas.locale.speech import say


class Trend(Claim):
    """The keys of rises and falls, and the rule of the first."""

    is_of_epochs: ClassVar = True

    where: Where = setting_field("The setting")
    metric: EpochMetric = metric_field("The metric whose course over the last epochs counts.")
    last: Annotated[StrictInt, *whole(ge=2, le=MOST)] = Field(
        10, description="Over how many epochs, counted from the end."
    )

    def words(self, runs: StudyRuns) -> str:
        values = {"metric": metric_name(self.metric), "setting": runs.setting(self.where)}
        if self.claim == "falls":
            return say(
                "{metric} of {setting} falls over the last {last} epochs", last=self.last, **values
            )
        return say(
            "{metric} of {setting} rises over the last {last} epochs", last=self.last, **values
        )

    def judge(self, runs: StudyRuns) -> Judgement:
        found = runs.slope(runs.setting(self.where), self.metric, self.last)
        return found.judged(found.verdict())


class Rises(Trend):
    """A metric rises over the last epochs, by the slope of a straight line through them."""

    row: ClassVar = Row(
        place=120,
        takes="`where`, `metric`, `last`",
        says="`metric` rises over the last epochs (default 10): the slope of a straight line "
        "through them",
        confirmed="the interval of the slopes of the runs lies above 0",
        contradicted="it lies below",
    )

    claim: Literal["rises"]
