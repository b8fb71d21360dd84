"""Claim that one setting is not better than another in a metric."""

from typing import ClassVar, Literal

from lr_atlas.config.claim import Where, opposite_row, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.claims.better import Better, Comparing


class NotBetter(Comparing):
    """One setting is not better than another in a metric."""

    row: ClassVar = opposite_row(20, "better", Better.row.takes)

    claim: Literal["not_better"]
    where: Where = setting_field("The setting that is not better")

    def judge(self, runs: StudyRuns) -> Judgement:
        return super().judge(runs).opposite()
