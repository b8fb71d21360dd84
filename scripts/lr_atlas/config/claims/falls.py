"""Claim that a metric falls over the last epochs."""

from typing import ClassVar, Literal

from lr_atlas.config.claim import opposite_row
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.claims.rises import Trend


class Falls(Trend):
    """A metric falls over the last epochs, by the slope of a straight line through them."""

    row: ClassVar = opposite_row(130, "rises")

    claim: Literal["falls"]

    def judge(self, runs: StudyRuns) -> Judgement:
        return super().judge(runs).opposite()
