"""Few seeds: only large differences can be told from chance.

Found when: fewer than 6 seeds: only differences of more than two standard deviations of a run are
found in four of five studies

What to do: 6 seeds; a study that was looked at with fewer is then judged more strictly, its fresh
seeds (`confirm`) are not
"""

from collections import Counter
from collections.abc import Iterable

from lr_atlas.analysis import power
from lr_atlas.analysis.finding import WARNING, Finding, Findings, Seen
from lr_atlas.analysis.looks import level_of_look
from lr_atlas.common.units import counted
from lr_atlas.studies.grid import Run

#: Six tell two settings apart that differ by two standard deviations of their runs.
ENOUGH_SEEDS = 6
TITLE, SEVERITY, PLACE = "few seeds", WARNING, 50


def find(seen: Seen) -> Findings:
    """Yield one finding if the study has fewer than ENOUGH_SEEDS."""
    n, which = (len(seen.study.seeds), "") if seen.study.optimizers else fewest(seen.plan.runs)
    if n >= ENOUGH_SEEDS:
        return
    looks = len(seen.analysis.looks.seeds) or int(n > 1)
    shown = "With one seed no difference can be told from chance."
    if n > 1:
        shown = (
            f"With n = {n} two settings are told apart in four of five studies only if they differ "
            f"by {power.in_deviations(n):.1f} standard deviations of their runs, and more where "
            "several are compared."
        )
    enough = power.in_deviations(ENOUGH_SEEDS, level_of_look(looks + 1))
    again = f", as look {looks + 1} at this study; fresh seeds (`confirm`) need none"
    yield Finding(
        which + shown,
        f"seeds: {ENOUGH_SEEDS}, which tell apart settings {enough:.1f} deviations apart"
        f"{again if looks else ''}.",
        values=(ENOUGH_SEEDS,),
    )


def fewest(runs: Iterable[Run]) -> tuple[int, str]:
    """Return the fewest runs of a setting, and a sentence on how many have so few, if not all."""
    counts = Counter(run.setting for run in runs).values()
    n = min(counts)
    few = sum(each == n for each in counts)
    if few == len(counts):
        return n, ""
    return n, f"{few} of {len(counts)} settings: {counted(n, 'run')} each. "
