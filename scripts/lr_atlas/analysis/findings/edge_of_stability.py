"""The curvature is at what the learning rate bears.

Found when: `dynamics: sharpness` was asked for, and the sharpness of an optimizer's best setting
(of Adam, AdamW and RMSprop the preconditioned one), as the median over its runs at the last
evaluation, is at least 0.8 of the threshold of full batches

What to do: nothing; a higher learning rate is likely to move it to flatter places, or to diverge
"""

import pandas as pd

from lr_atlas.analysis.dynamics import is_recorded, last_evaluations, with_curvature
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen
from lr_atlas.common.rounding import compact
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, numeral, say

TITLE, SEVERITY, PLACE = mark("the curvature is at what the learning rate bears"), NOTE, 78
#: From this share of the threshold on: mini-batches and momentum keep it below (Cohen et al. 2021).
_NEAR = 0.8


def find(seen: Seen) -> Findings:
    """Yield one for each optimizer of which that is so."""
    if seen.dynamics is None or not is_recorded(seen.dynamics):
        return
    rows = with_curvature(last_evaluations(seen.dynamics))
    rows = rows[rows["layer"] == 1].dropna(subset=["curvature", "threshold"])
    for row in seen.optimizers():
        mine = rows[rows["setting"] == row.best_setting]
        if mine.empty or (mine["curvature"] / mine["threshold"]).median() < _NEAR:
            continue
        yield Finding(
            _evidence(row.best_setting, mine),
            say("Nothing is wrong; a higher learning rate finds flatter places, or diverges."),
            row.optimizer,
            row.best_setting,
        )


def _evidence(setting: str, rows: pd.DataFrame) -> str:
    sharpness, threshold = (
        numeral(compact(float(f"{rows[name].median():.3g}"))) for name in ("curvature", "threshold")
    )
    values = {"setting": setting, "sharpness": sharpness, "threshold": threshold}
    values["runs"] = counted(len(rows), "run")
    if rows["preconditioned_sharpness"].notna().any():
        return say(
            "{setting}: the largest eigenvalue of the preconditioned Hessian is {sharpness} at the "
            "last evaluation (median of {runs}), the learning rate bears {threshold}.",
            **values,
        )
    return say(
        "{setting}: the largest eigenvalue of the Hessian is {sharpness} at the last evaluation "
        "(median of {runs}), the learning rate bears {threshold}.",
        **values,
    )
