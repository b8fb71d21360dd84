"""Claim that the validation curve of a setting swings much, or more than another's."""

from typing import ClassVar, Literal

from lr_atlas.config.claim import opposite_row
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.config.claims.stable import Steadiness


class Unstable(Steadiness):
    """The validation curve of a setting swings much, or more than that of another."""

    row: ClassVar = opposite_row(60, "stable")

    claim: Literal["unstable"]

    def judge(self, runs: StudyRuns) -> Judgement:
        return super().judge(runs).opposite()
