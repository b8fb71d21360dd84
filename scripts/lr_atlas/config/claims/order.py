"""Claim that metrics of one setting, or settings in one metric, stand in an order."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from lr_atlas.config.claim import AtEpoch, EpochMetric, Metric, Row, Where, metric_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns, for_each, metric_name
from lr_atlas.locale.speech import say


class Order(AtEpoch):
    """Metrics of one setting, or settings in one metric, stand in an order."""

    row: ClassVar = Row(
        place=110,
        takes="`where` and `metrics`, or `of` and `metric`; `at_epoch`",
        says="metrics of one setting stand in this order, the largest first; or settings, the best "
        "first",
        confirmed="each is ahead of the next: its interval lies above 0",
        contradicted="one is behind the next, p < 0.05 after Holm's correction",
    )

    claim: Literal["order"]
    where: Where | None = Field(
        None,
        description="The setting of the metrics, by parameters that single it out.",
    )
    metrics: Annotated[list[EpochMetric], Field(min_length=2)] | None = Field(
        None, description="With `where`: the metrics, the largest first."
    )
    of: Annotated[list[Where], Field(min_length=2)] | None = Field(
        None, description="Instead of `where`: the settings, the best in `metric` first."
    )
    metric: Metric = metric_field("With `of`: the compared metric.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        return self._takes_one_of("where", "of")._takes_one_of("metrics", "of")

    @property
    def settings(self) -> dict[tuple, dict]:
        if self.where is not None:
            return {("where",): self.where}
        return {("of", index): where for index, where in enumerate(self.of or ())}

    def words(self, runs: StudyRuns) -> str:
        if self.of:
            settings = ", ".join(runs.setting(where) for where in self.of)
            return say(
                "in {metric} the order is, best first: {settings}",
                metric=self.named(self.metric),
                settings=settings,
            )
        assert self.where is not None
        metrics = ", ".join(metric_name(metric) for metric in self.metrics or ())
        values = {"setting": runs.setting(self.where), "metrics": metrics}
        if self.at_epoch:
            return say(
                "of {setting} after epoch {epoch} the order is, largest first: {metrics}",
                epoch=self.at_epoch,
                **values,
            )
        return say("of {setting} the order is, largest first: {metrics}", **values)

    def judge(self, runs: StudyRuns) -> Judgement:
        at = self.at_epoch
        if self.of:
            about, names = self.named(self.metric), [runs.setting(where) for where in self.of]
            shown = [runs.mean(name, self.metric, at) for name in names]
            found = {
                _over(one, two): runs.against(one, two, self.metric, at)
                for one, two in pairwise(names)
            }
        else:
            assert self.where is not None
            assert self.metrics is not None
            about = runs.setting(self.where)
            shown = [f"{self.named(each)} {runs.level(about, each, at)}" for each in self.metrics]
            found = {
                _over(metric_name(one), metric_name(two)): runs.two_metrics(about, (one, two), at)
                for one, two in pairwise(self.metrics)
            }
        verdict, _, _ = for_each(found, runs.holm(found))
        steps = (
            say(
                "{step} by {amount} ({interval})",
                step=key,
                amount=each.amount,
                interval=each.interval,
            )
            for key, each in found.items()
        )
        can_show = next(iter(found.values())).shown(verdict)
        evidence = f"{about}: {', '.join(shown)}. {'; '.join(steps)}.{can_show}"
        method = say(
            "t intervals of neighbours, {confidence}; failures Holm", confidence=runs.confidence
        )
        return Judgement(verdict, evidence, method)


def _over(first: str, second: str) -> str:
    return say("{first} over {second}", first=first, second=second)
