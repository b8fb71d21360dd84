"""What the runs of a study say of its claims: confirmed, contradicted, or inconclusive.

docs/claims.md has the rule of each kind of claim. Decisions rest on the paired t interval: with few
seeds the exact sign-flip test cannot say anything, and a percentile bootstrap interval is too
narrow.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.claim_evidence import StudyRuns, against_border, comparison
from lr_atlas.analysis.claim_words import claim_words, metric_name
from lr_atlas.analysis.contrasts import Contrast, distance, interval, two_metrics
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.analysis.pairs import holm, paired_t
from lr_atlas.claim_models import Claim
from lr_atlas.grid import Plan

CONFIRMED, CONTRADICTED, INCONCLUSIVE = "confirmed", "contradicted", "inconclusive"
COLUMNS = ("claim", "source", "verdict", "evidence", "method")
SIGNIFICANCE = 0.05
_PAIRED = "paired t interval, 95 %"


class Finding(NamedTuple):
    """What the runs say of a claim."""

    verdict: str
    evidence: str
    method: str


def check_claims(claims: Sequence[Claim], plan: Plan, measures: pd.DataFrame) -> pd.DataFrame:
    """A row per claim, in their order: claim, source, verdict, evidence, method; all texts.

    measures: a row per run, see measures.measure_runs; runs of the plan may be missing. Each claim
    is judged by itself; there is no correction for how many a study has.
    """
    study = StudyRuns(plan, measures)
    rows = []
    for claim in claims:
        found = RULES[claim.claim](claim, study)
        text = claim.text or claim_words(claim, study.settings)
        rows.append((text, claim.source, *found))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _holm(found: dict[str, Contrast]) -> dict[str, float]:
    """Each contrast's p, corrected for all of them."""
    return dict(zip(found, holm(np.array([each.p for each in found.values()])), strict=True))


def _above(found: Contrast, by: float) -> str:
    """Whether the advantage is larger than `by`."""
    if found.low > by:
        return CONFIRMED
    return CONTRADICTED if found.high < by else INCONCLUSIVE


def _opposite(verdict: str) -> str:
    return {CONFIRMED: CONTRADICTED, CONTRADICTED: CONFIRMED}.get(verdict, INCONCLUSIVE)


def _better(claim: Claim, study: StudyRuns) -> Finding:
    first, second = study.setting(claim.where), study.setting(claim.than)
    found = study.against(first, second, claim.metric)
    evidence = comparison(study, first, second, claim.metric, found)
    return Finding(_above(found, claim.by), f"{evidence}.", _PAIRED)


def _not_better(claim: Claim, study: StudyRuns) -> Finding:
    found = _better(claim, study)
    return found._replace(verdict=_opposite(found.verdict))


def _best(claim: Claim, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    named = claim.of and [name for where in claim.of for name in study.settings(where)]
    others = [name for name in dict.fromkeys(named or study.plan.settings) if name != first]
    method = f"paired t tests, Holm over {len(others)}"
    if not others:
        return Finding(INCONCLUSIVE, f"there is nothing to compare {first} with.", method)
    found = {name: study.against(first, name, claim.metric) for name in others}
    adjusted = _holm(found)
    sure = {name for name in others if adjusted[name] < SIGNIFICANCE}
    beaten = {name for name in sure if found[name].advantage > 0}
    better = {name for name in sure if found[name].advantage < 0}
    verdict = CONTRADICTED if better else INCONCLUSIVE
    if len(beaten) == len(others):
        verdict = CONFIRMED
    # Of those that decide: the one that is furthest ahead.
    nearest = _furthest_behind(found, better or set(others) - beaten or others)
    evidence = comparison(study, first, nearest, claim.metric, found[nearest])
    evidence += (
        f", p = {adjusted[nearest]:.2g} after Holm. Clearly better than {len(beaten)} of "
        f"{len(others)}, clearly worse than {len(better)}."
    )
    return Finding(verdict, evidence, method)


def _furthest_behind(found: dict[str, Contrast], names: Iterable[str]) -> str:
    """The name with the smallest advantage; one without a run only if there is no other."""
    return min(sorted(names), key=lambda name: (found[name].n == 0, found[name].advantage))


def _within(claim: Claim, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    method = "equivalence: 95 % interval within the margin"
    if claim.of_metric:
        found = two_metrics(study.plan, study.measures, first, (claim.metric, claim.of_metric))
        evidence = (
            f"{first}: {metric_name(claim.metric)} {study.level(first, claim.metric)}, "
            f"{metric_name(claim.of_metric)} {study.level(first, claim.of_metric)}; difference "
            f"{distance(found.advantage, claim.metric)} ({interval(found, claim.metric)})"
        )
    else:
        second = study.setting(claim.than)
        found = study.against(first, second, claim.metric)
        evidence = comparison(study, first, second, claim.metric, found)
    verdict = INCONCLUSIVE
    if found.low > -claim.by and found.high < claim.by:
        verdict = CONFIRMED
    elif found.low > claim.by or found.high < -claim.by:
        verdict = CONTRADICTED
    return Finding(verdict, f"{evidence}.", method)


def _stable(claim: Claim, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    if claim.than:
        second = study.setting(claim.than)
        found = study.against(first, second, claim.metric)
        evidence = comparison(study, first, second, claim.metric, found)
        return Finding(_above(found, 0), f"{evidence}.", _PAIRED)
    found = study.against_value(first, "swing", claim.swing)
    return Finding(_above(found, 0), against_border(study, first, "swing", claim.swing, found), _T)


def _unstable(claim: Claim, study: StudyRuns) -> Finding:
    found = _stable(claim, study)
    return found._replace(verdict=_opposite(found.verdict))


_T = "t interval of the mean, 95 %"


def _below(claim: Claim, study: StudyRuns) -> Finding:
    return _levels(claim, study, above=False)


def _higher(claim: Claim, study: StudyRuns) -> Finding:
    return _levels(claim, study, above=True)


def _levels(claim: Claim, study: StudyRuns, above: bool) -> Finding:
    """Confirmed if it holds for each setting; contradicted if, after Holm, it fails for one."""
    names = study.settings(claim.where)
    good = above == MEASURES[claim.metric].higher_is_better
    against = {name: study.against_value(name, claim.metric, claim.value) for name in names}
    found = {name: each if good else each.reversed() for name, each in against.items()}
    adjusted = _holm(found)
    fails = [n for n in names if found[n].advantage < 0 and adjusted[n] < SIGNIFICANCE]
    holds = [name for name in names if _above(found[name], 0) == CONFIRMED]
    verdict = CONTRADICTED if fails else INCONCLUSIVE
    if len(holds) == len(names):
        verdict = CONFIRMED
    shown = _furthest_behind(found, fails or names)
    evidence = against_border(study, shown, claim.metric, claim.value, against[shown])
    if len(names) > 1:
        evidence += (
            f" It holds for {len(holds)} of {len(names)} settings and fails for {len(fails)}; "
            f"shown is the one furthest to the other side, p = {adjusted[shown]:.2g} after Holm."
        )
        absent = sum(each.n == 0 for each in found.values())
        evidence += f" Of {absent} there is no run." if absent else ""
    return Finding(verdict, evidence, _T + (", Holm" if len(names) > 1 else ""))


def _overfits(claim: Claim, study: StudyRuns) -> Finding:
    name = study.setting(claim.where)
    runs = study.runs(name)
    diverged = runs["status"] == "diverged"
    shown = runs["overfits"].fillna(False).astype(bool) & ~diverged
    rise = study.sample(name, "validation_loss_rise").valued
    about = ""
    if len(rise):
        about = f"; validation loss ends {100 * rise.mean():.1f} % above its smallest"
    if len(rise) > 1:
        _, low, high, _ = (float(each[0]) for each in paired_t(rise.to_numpy()[None]))
        about += f" (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
    if diverged.any():
        about += f"; {diverged.sum()} diverged and count as not overfitting"
    return _share(name, shown, "overfit", about)


def _collapses(claim: Claim, study: StudyRuns) -> Finding:
    name = study.setting(claim.where)
    runs = study.runs(name)
    diverged, collapsed = runs["status"] == "diverged", runs["status"] == "collapsed"
    about = f"; {diverged.sum()} of these diverged" if diverged.any() else ""
    return _share(name, diverged | collapsed, "collapsed", about)


def _share(name: str, shown: pd.Series, what: str, about: str) -> Finding:
    """Confirmed if all runs show it, contradicted if none does; of one run nothing is said."""
    method = "all, some or none of the runs; exact interval of the share (Clopper-Pearson)"
    n, k = len(shown), int(shown.sum())
    if not n:
        return Finding(INCONCLUSIVE, f"{name}: no run is there.", method)
    low, high = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    verdict = CONFIRMED if k == n else CONTRADICTED if k == 0 else INCONCLUSIVE
    if n < 2:
        verdict = INCONCLUSIVE
    evidence = (
        f"{name}: {k} of {n} runs {what} (95 % interval of the share {100 * low:.0f} to "
        f"{100 * high:.0f} %, n = {n}){about}."
    )
    return Finding(verdict, evidence, method)


RULES: dict[str, Callable[[Claim, StudyRuns], Finding]] = {
    "better": _better,
    "not_better": _not_better,
    "best": _best,
    "within": _within,
    "stable": _stable,
    "unstable": _unstable,
    "overfits": _overfits,
    "collapses": _collapses,
    "below": _below,
    "above": _higher,
}
