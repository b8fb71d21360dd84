"""Claim that the validation curve of a setting swings little, or less than another's."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from lr_atlas.config.claim import Claim, Row, Where, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.config_values import AboveZero


class Steadiness(Claim):
    """The keys of stable and unstable, and the rule of the first."""

    #: The words for a comparison with another setting, and for one with a border.
    said: ClassVar[tuple[str, str]]

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
            measured = "extrema" if self.metric == "extrema" else "swing"
            other = runs.setting(self.than)
            return f"{first} is {self.said[0]} than {other}, by the {measured} of its curve"
        return f"{first} is {self.said[1]} than {self.swing:g}"

    def judge(self, runs: StudyRuns) -> Judgement:
        first = runs.setting(self.where)
        if self.than:
            found = runs.against(first, runs.setting(self.than), self.metric)
        else:
            assert self.swing is not None
            found = runs.on_side(first, "swing", self.swing, above=False)
        return found.judged(found.verdict())


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
    said: ClassVar = ("more stable", "stable: it swings by less")

    claim: Literal["stable"]
