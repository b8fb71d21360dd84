"""Claim that a metric lies above a value, in every setting that matches."""

from typing import ClassVar, Literal

from lr_atlas.config.claim import Row
from lr_atlas.config.claims.below import Level


class Above(Level):
    """A metric lies above a value, in every setting that matches."""

    row: ClassVar = Row(
        place=100,
        takes="as `below`",
        says="`metric` lies above `value` in every setting that matches",
        confirmed="the interval of each mean lies above",
        contradicted="one mean lies below, p < 0.05 after Holm's correction",
    )

    claim: Literal["above"]
