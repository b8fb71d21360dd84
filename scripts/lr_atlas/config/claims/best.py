"""Claim that one setting is the best of several in a metric."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lr_atlas.config.claim import AtEpoch, Metric, Row, Where, metric_field, setting_field
from lr_atlas.config.claim_evidence import (
    CONFIRMED,
    INCONCLUSIVE,
    Judgement,
    StudyRuns,
    for_each,
    furthest_behind,
)


class Best(AtEpoch):
    """One setting is the best of several in a metric."""

    row: ClassVar = Row(
        place=30,
        takes="`where`, `of`, `metric`, `at_epoch`",
        says="`where` is better than every other setting of `of` (default: all of the study)",
        confirmed="it is better than each, as `better` would say",
        contradicted="another is better, p < 0.05 after Holm's correction",
    )

    claim: Literal["best"]
    where: Where = setting_field("The setting that is best")
    of: Annotated[list[Where], Field(min_length=1)] | None = Field(
        None,
        description="The settings to compare it with; each may match several. Default: all others.",
    )
    metric: Metric = metric_field()

    @property
    def groups(self) -> dict[tuple, dict]:
        return {("of", index): where for index, where in enumerate(self.of or ())}

    def words(self, runs: StudyRuns) -> str:
        first, others = runs.setting(self.where), "all settings"
        if self.of:
            listed = [name for where in self.of for name in runs.settings(where)]
            others = ", ".join(dict.fromkeys([first, *listed]))
        return f"{first} is the best of {others} in {self.named(self.metric)}"

    def judge(self, runs: StudyRuns) -> Judgement:
        first = runs.setting(self.where)
        named = [name for where in self.of or () for name in runs.settings(where)]
        others = [name for name in dict.fromkeys(named or runs.settings()) if name != first]
        intervals = f"{runs.test(self.metric)} intervals, {runs.confidence}"
        tests = f"{intervals}; failures Holm over {len(others)}"
        method = f"{tests}; those in the table of pairs as there"
        if not others:
            evidence = f"there is nothing to compare {first} with."
            return Judgement(INCONCLUSIVE, evidence, method)
        found = {name: runs.against(first, name, self.metric, self.at_epoch) for name in others}
        adjusted = runs.holm(found)
        verdict, beaten, better = for_each(found, adjusted)
        # The evidence shown is that of the setting furthest ahead among those that decide.
        nearest = furthest_behind(found, better or set(others) - set(beaten) or others)
        # Who beats each of several needs no correction (Berger 1982); who is beaten by one does.
        corrected = "" if verdict == CONFIRMED else f", p = {adjusted[nearest]:.2g} corrected"
        counts = f"{len(beaten)} of {len(others)}, clearly worse than {len(better)}"
        more = f"{corrected}. Clearly better than {counts}"
        return found[nearest].judged(verdict, more, method)
