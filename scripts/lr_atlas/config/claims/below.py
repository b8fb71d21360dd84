"""Claim that a metric lies below a value, in every setting that matches."""

from typing import ClassVar, Literal

from pydantic import Field

from lr_atlas.config.claim import AtEpoch, Metric, Row, Where, metric_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns, for_each, furthest_behind
from lr_atlas.config.config_values import Number
from lr_atlas.locale.speech import say


class Level(AtEpoch):
    """The keys and the rule of below and above."""

    where: Where = Field(
        description="Parameters that match one or several settings; it has to hold for each."
    )
    metric: Metric = metric_field("The metric that is compared with the value.")
    value: Number = Field(description="The value, in the metric's unit; accuracies in 0..1.")

    @property
    def settings(self) -> dict[tuple, dict]:
        return {}

    @property
    def groups(self) -> dict[tuple, dict]:
        return {("where",): self.where}

    def words(self, runs: StudyRuns) -> str:
        found = runs.settings(self.where)
        shared = ", ".join(
            say("{key} {value}", key=key, value=value) for key, value in self.where.items()
        )
        one = {"setting": found[0], "value": self.value, "metric": self.named(self.metric)}
        each = one | {"count": len(found), "shared": shared}
        return {
            ("below", True): say("{setting} is below {value:g} in {metric}", **one),
            ("above", True): say("{setting} is above {value:g} in {metric}", **one),
            ("below", False): say(
                "each of {count} settings with {shared} is below {value:g} in {metric}", **each
            ),
            ("above", False): say(
                "each of {count} settings with {shared} is above {value:g} in {metric}", **each
            ),
        }[self.claim, len(found) == 1]

    def judge(self, runs: StudyRuns) -> Judgement:
        names, above = runs.settings(self.where), self.claim == "above"
        found = {
            name: runs.on_side(name, self.metric, self.value, above, self.at_epoch)
            for name in names
        }
        adjusted = runs.holm(found)
        verdict, holds, fails = for_each(found, adjusted)
        nearest = furthest_behind(found, fails or names)
        shown = found[nearest]
        if len(names) == 1:
            return shown.judged(verdict)
        more = say(
            "It holds for {holds} of {all} settings and fails for {fails}; shown is the one "
            "furthest to the other side, p = {p:.2g} after Holm",
            holds=len(holds),
            all=len(names),
            fails=len(fails),
            p=adjusted[nearest],
        )
        absent = sum(each.n == 0 for each in found.values())
        if absent:
            more += f". {say('Of {absent} there is no run', absent=absent)}"
        return shown.judged(verdict, f". {more}", f"{shown.method}, Holm")


class Below(Level):
    """A metric lies below a value, in every setting that matches."""

    row: ClassVar = Row(
        place=90,
        takes="`where` (may match several), `metric`, `value`, `at_epoch`",
        says="`metric` lies below `value` in every setting that matches",
        confirmed="the interval of each mean lies below",
        contradicted="one mean lies above, p < 0.05 after Holm's correction",
    )

    claim: Literal["below"]
