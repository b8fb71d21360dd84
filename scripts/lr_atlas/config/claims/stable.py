"""Claim that the validation curve of a setting swings little, or less than another's."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from lr_atlas.config.claim import Claim, Row, Where, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.config_values import AboveZero
from lr_atlas.locale.speech import say


class Steadiness(Claim):
    """The keys of stable and unstable, and the rule of the first."""

    claim: str
    where: Where = setting_field("The setting")
    swing: AboveZero | None = Field(
        None,
        description="The border: the mean change of validation accuracy between a local extremum "
        "of the curve and the next, 0..1.",
    )
    than: Where | None = Field(
        None, description="Instead of `swing`: another setting, by parameters that single it out."
    )
    metric: Literal["extrema", "swing", "loss_extrema"] = Field(
        "extrema",
        description="With `than`: whether the number of extrema of validation accuracy, their "
        "swing or the number of extrema of validation loss counts.",
    )

    @model_validator(mode="after")
    def _one_border(self) -> Self:
        return self._takes_one_of("swing", "than")

    def words(self, runs: StudyRuns) -> str:
        first = runs.setting(self.where)
        if self.than:
            return _compared(first, runs.setting(self.than), self.claim, self.metric)
        values = {"first": first, "swing": self.swing}
        if self.claim == "stable":
            return say("{first} is stable: it swings by less than {swing:g}", **values)
        return say("{first} is unstable: it swings by more than {swing:g}", **values)

    def judge(self, runs: StudyRuns) -> Judgement:
        first = runs.setting(self.where)
        if self.than:
            found = runs.against(first, runs.setting(self.than), self.metric)
        else:
            assert self.swing is not None
            found = runs.on_side(first, "swing", self.swing, above=False)
        return found.judged(found.verdict())


def _compared(first: str, second: str, claim: str, metric: str) -> str:
    values = {"first": first, "second": second}
    return {
        ("stable", True): say(
            "{first} is more stable than {second}, by the extrema of its curve", **values
        ),
        ("unstable", True): say(
            "{first} is less stable than {second}, by the extrema of its curve", **values
        ),
        ("stable", False): say(
            "{first} is more stable than {second}, by the swing of its curve", **values
        ),
        ("unstable", False): say(
            "{first} is less stable than {second}, by the swing of its curve", **values
        ),
    }[claim, metric == "extrema"]


class Stable(Steadiness):
    """The validation curve of a setting swings little, or less than that of another."""

    row: ClassVar = Row(
        place=50,
        takes="`where`, and `swing` or `than` (`metric`: `extrema`, `swing` or `loss_extrema`)",
        says="the validation curve swings by less than `swing`; or turns less often (`extrema`, "
        "the default) or swings less than that of `than`",
        confirmed="the interval lies below the border; or as `better`",
        contradicted="it lies above; or as `better`",
    )

    claim: Literal["stable"]
