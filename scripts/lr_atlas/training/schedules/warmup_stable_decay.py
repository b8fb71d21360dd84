"""A constant value, and a short fall at the end (Hu et al. 2024; Hägele et al. 2024)."""

import math
from typing import Literal

from lr_atlas.training.schedules._ranges import refuse_longer, refuse_outside
from lr_atlas.training.schedules._units import Length


def warmup_stable_decay(
    step: int,
    total: int,
    *,
    cooldown: Length = 0.2,
    shape: Literal["linear", "sqrt"] = "linear",
    floor: float = 0.0,
) -> float:
    """Return exactly 1.0 until the last `cooldown` steps, then the factor on the way to `floor`.

    shape: a straight line, or 1 - sqrt of the share of the fall that has gone by (Hägele et al.).
    floor: 0..1; it is reached after the last step. Runs of several budgets are the same until the
    first of them begins to fall. torch has no such schedule; its falls are those of LinearLR.
    """
    refuse_outside("floor", floor, 0, 1)
    refuse_longer("cooldown", cooldown, total)
    gone = step - (total - cooldown)
    if gone <= 0:
        return 1.0
    share = gone / cooldown
    return 1 - (1 - floor) * (math.sqrt(share) if shape == "sqrt" else share)
