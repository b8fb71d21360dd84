"""Claim that a setting overfits."""

import math
from typing import ClassVar, Literal

from lr_atlas.config.claim import Claim, Row, Where, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns


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
        return f"{runs.setting(self.where)} overfits"

    def judge(self, runs: StudyRuns) -> Judgement:
        name = runs.setting(self.where)
        diverged = [status == "diverged" for status in runs.column(name, "status")]
        overfit = runs.column(name, "overfits")
        shown = [bool(each) and not lost for each, lost in zip(overfit, diverged, strict=True)]
        rise, about = runs.mean_interval(name, "validation_loss_rise"), ""
        if rise:
            mean, low, high = (100 * each for each in rise)
            about = f"; validation loss ends {mean:.1f} % above its smallest"
            if not math.isnan(low):
                about += f" ({runs.confidence} interval {low:.1f} to {high:.1f} %)"
        if any(diverged):
            about += f"; {sum(diverged)} diverged and count as not overfitting"
        return runs.share(name, shown, "overfit", about)
