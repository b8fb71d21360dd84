"""One rise to the full value and one long fall far below the beginning (Smith and Topin 2019)."""

import math
from typing import Literal

from lr_atlas.training.schedules._ranges import refuse_longer, refuse_outside
from lr_atlas.training.schedules._units import Length


def one_cycle(
    step: int,
    total: int,
    *,
    rise: Length = 0.3,
    start: float = 0.04,
    top: float = 1.0,
    end: float = 4e-6,
    shape: Literal["cosine", "linear"] = "cosine",
) -> float:
    """Return the factor on the way from `start` to `top` to `end`.

    rise: its last step has the factor `top`. start, top, end: 0..1. shape: of both parts. The same
    as torch's OneCycleLR(max_lr=lr, total_steps=total, pct_start=rise / total, div_factor=1 /
    start, final_div_factor=start / end), of which the last step has the factor `end`; torch does
    not round `rise` to a whole number of steps. torch changes the momentum with it, from 0.95 to
    0.85 and back: here that is a schedule of the momentum, with start 1, top 0.85 / 0.95 and end 1.
    """
    for name, value in (("start", start), ("top", top), ("end", end)):
        refuse_outside(name, value, 0, 1)
    refuse_longer("rise", rise, total)
    highest, last = rise - 1, total - 1
    if step <= highest:
        return _between(start, top, step / highest if highest else 1.0, shape)
    return _between(top, end, (step - highest) / (last - highest), shape)


def _between(first: float, second: float, share: float, shape: str) -> float:
    if shape == "cosine":
        return second + (first - second) / 2 * (1 + math.cos(math.pi * share))
    return first + (second - first) * share
