"""The curvature is at what the learning rate bears.

Found when: `dynamics: sharpness` was asked for, and the sharpness of an optimizer's best setting
(of Adam, AdamW and RMSprop the preconditioned one), as the median over its runs at the last
evaluation, is at least 0.8 of the threshold of full batches

What to do: nothing; a higher learning rate is likely to move it to flatter places, or to diverge
"""

from lr_atlas.analysis.dynamics import is_recorded, last_evaluations, with_curvature
from lr_atlas.analysis.finding import NOTE, Finding, Findings, Seen
from lr_atlas.common.rounding import compact
from lr_atlas.common.units import counted

TITLE, SEVERITY, PLACE = "the curvature is at what the learning rate bears", NOTE, 78
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
        sharpness, threshold = (
            compact(float(f"{mine[name].median():.3g}")) for name in ("curvature", "threshold")
        )
        of = "preconditioned " if mine["preconditioned_sharpness"].notna().any() else ""
        yield Finding(
            f"{row.best_setting}: the largest eigenvalue of the {of}Hessian is {sharpness} at the "
            f"last evaluation (median of {counted(len(mine), 'run')}), the learning rate bears "
            f"{threshold}.",
            "Nothing is wrong; a higher learning rate finds flatter places, or diverges.",
            row.optimizer,
            row.best_setting,
        )
