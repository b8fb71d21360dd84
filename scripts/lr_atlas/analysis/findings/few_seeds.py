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
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import mark, say
from lr_atlas.studies.grid import Run

#: Six tell two settings apart that differ by two standard deviations of their runs.
ENOUGH_SEEDS = 6
TITLE, SEVERITY, PLACE = mark("few seeds"), WARNING, 50


def find(seen: Seen) -> Findings:
    """Yield one finding if the study has fewer than ENOUGH_SEEDS."""
    n, which = (len(seen.study.seeds), "") if seen.study.optimizers else fewest(seen.plan.runs)
    if n >= ENOUGH_SEEDS:
        return
    looks = len(seen.analysis.looks.seeds) or int(n > 1)
    yield Finding(which + _evidence(n), _fix(looks), values=(ENOUGH_SEEDS,))


def _evidence(n: int) -> str:
    if n == 1:
        return say("With one seed no difference can be told from chance.")
    return say(
        "With n = {n} two settings are told apart in four of five studies only if they differ by "
        "{deviations:.1f} standard deviations of their runs, and more where several are compared.",
        n=n,
        deviations=power.in_deviations(n),
    )


def _fix(looks: int) -> str:
    """Return the advice. looks: how often the study was looked at."""
    enough = power.in_deviations(ENOUGH_SEEDS, level_of_look(looks + 1))
    if looks:
        return say(
            "seeds: {seeds}, which tell apart settings {deviations:.1f} deviations apart, as look "
            "{look} at this study; fresh seeds (`confirm`) need none.",
            seeds=ENOUGH_SEEDS,
            deviations=enough,
            look=looks + 1,
        )
    return say(
        "seeds: {seeds}, which tell apart settings {deviations:.1f} deviations apart.",
        seeds=ENOUGH_SEEDS,
        deviations=enough,
    )


def fewest(runs: Iterable[Run]) -> tuple[int, str]:
    """Return the fewest runs of a setting, and a sentence on how many have so few, if not all."""
    counts = Counter(run.setting for run in runs).values()
    n = min(counts)
    few = sum(each == n for each in counts)
    if few == len(counts):
        return n, ""
    said = say(
        "{few} of {all} settings: {runs} each.", few=few, all=len(counts), runs=counted(n, "run")
    )
    return n, f"{said} "
