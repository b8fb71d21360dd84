"""Claim that a setting overfits."""

import math
from typing import ClassVar, Literal

from lr_atlas.config.claim import Claim, Row, Where, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say


class Overfits(Claim):
    """Validation loss turns upwards while training goes on, in every run."""

    row: ClassVar = Row(
        place=70,
        takes="`where`",
        says="validation loss rises again while training loss still falls",
        confirmed="all runs do, six at least",
        contradicted="none does, of six at least",
    )

    claim: Literal["overfits"]
    where: Where = setting_field("The setting")

    def words(self, runs: StudyRuns) -> str:
        return say("{setting} overfits", setting=runs.setting(self.where))

    def judge(self, runs: StudyRuns) -> Judgement:
        name = runs.setting(self.where)
        diverged = [status == "diverged" for status in runs.column(name, "status")]
        overfit = runs.column(name, "overfits")
        shown = [bool(each) and not lost for each, lost in zip(overfit, diverged, strict=True)]
        about = _rise(runs, name)
        if any(diverged):
            lost = say("{count} diverged and count as not overfitting", count=sum(diverged))
            about += f"; {lost}"
        total = counted(len(shown), "run")
        overfitted = say("{count} of {runs} overfit", count=sum(shown), runs=total)
        return runs.share(name, shown, overfitted, about)


def _rise(runs: StudyRuns, name: str) -> str:
    """Return how far validation loss rises in the end, after a semicolon; or nothing."""
    rise = runs.mean_interval(name, "validation_loss_rise")
    if not rise:
        return ""
    mean, low, high = (100 * each for each in rise)
    text = say("validation loss ends {rise:.1f} % above its smallest", rise=mean)
    if math.isnan(low):
        return f"; {text}"
    sure = say(
        "{confidence} interval {low:.1f} to {high:.1f} %",
        confidence=runs.confidence,
        low=low,
        high=high,
    )
    return f"; {text} ({sure})"
