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
from lr_atlas.locale.speech import say


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
        first, metric = runs.setting(self.where), self.named(self.metric)
        if not self.of:
            return say(
                "{first} is the best of all settings in {metric}", first=first, metric=metric
            )
        listed = [name for where in self.of for name in runs.settings(where)]
        return say(
            "{first} is the best of {settings} in {metric}",
            first=first,
            settings=", ".join(dict.fromkeys([first, *listed])),
            metric=metric,
        )

    def judge(self, runs: StudyRuns) -> Judgement:
        first = runs.setting(self.where)
        named = [name for where in self.of or () for name in runs.settings(where)]
        others = [name for name in dict.fromkeys(named or runs.settings()) if name != first]
        method = _method(runs.is_paired(self.metric), runs.confidence, len(others))
        if not others:
            evidence = say("there is nothing to compare {first} with.", first=first)
            return Judgement(INCONCLUSIVE, evidence, method)
        found = {name: runs.against(first, name, self.metric, self.at_epoch) for name in others}
        adjusted = runs.holm(found)
        verdict, beaten, better = for_each(found, adjusted)
        # The evidence shown is that of the setting furthest ahead among those that decide.
        nearest = furthest_behind(found, better or set(others) - set(beaten) or others)
        # Who beats each of several needs no correction (Berger 1982); who is beaten by one does.
        corrected = say("p = {p:.2g} corrected", p=adjusted[nearest])
        counts = say(
            "Clearly better than {beaten} of {others}, clearly worse than {better}",
            beaten=len(beaten),
            others=len(others),
            better=len(better),
        )
        more = f". {counts}" if verdict == CONFIRMED else f", {corrected}. {counts}"
        return found[nearest].judged(verdict, more, method)


def _method(is_paired: bool, confidence: str, others: int) -> str:
    if is_paired:
        return say(
            "paired t intervals, {confidence}; failures Holm over {others}; those in the table of "
            "pairs as there",
            confidence=confidence,
            others=others,
        )
    return say(
        "Welch's t intervals, {confidence}; failures Holm over {others}; those in the table of "
        "pairs as there",
        confidence=confidence,
        others=others,
    )
