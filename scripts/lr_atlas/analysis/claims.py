"""Judge a study's claims by its runs: confirmed, contradicted, or inconclusive.

docs/claims.md has the rule of each kind of claim. Decisions rest on Student's t intervals. Two
settings that the study's table of pairs compares are judged as there, so that a study has one
verdict on them; any other statement is judged by itself, as written down beforehand.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from lr_atlas.analysis.claim_evidence import StudyRuns, against_border, comparison
from lr_atlas.analysis.claim_words import claim_words, metric_name
from lr_atlas.analysis.contrasts import (
    Contrast,
    constant,
    contrast,
    distance,
    interval,
    what_it_shows,
)
from lr_atlas.analysis.differences import holm, paired_t
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.common.units import counted
from lr_atlas.config.claim_models import (
    Above,
    AnyClaim,
    Below,
    Best,
    Better,
    Collapses,
    Falls,
    NotBetter,
    Order,
    Overfits,
    Rises,
    Stable,
    Unstable,
    Within,
)
from lr_atlas.studies.grid import Plan
from lr_atlas.tables.study_tables import COLUMNS

CONFIRMED, CONTRADICTED, INCONCLUSIVE = "confirmed", "contradicted", "inconclusive"
SIGNIFICANCE = 0.05


class Finding(NamedTuple):
    """Hold the verdict on a claim, with its evidence."""

    verdict: str
    evidence: str
    method: str


def check_claims(
    claims: Sequence[AnyClaim],
    plan: Plan,
    measures: pd.DataFrame,
    epochs: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    validation_images: int | None = None,
) -> pd.DataFrame:
    """Return a row per claim, in their order: claim, source, verdict, evidence, method; all texts.

    measures: a row per run, see measures.measure_runs; runs of the plan may be missing. epochs: the
    table of collect.collect_study, for claims about epochs. pairs: verdicts.compare_settings.
    validation_images: how many there are, for the smallest step of an accuracy. There is no
    correction for how many claims a study has.
    """
    study = StudyRuns(plan, measures, epochs, pairs, validation_images)
    rows = []
    for claim in claims:
        found = RULES[claim.claim](claim, study)
        text = claim.text or claim_words(claim, study.settings)
        rows.append((text, claim.source, *found))
    return pd.DataFrame(rows, columns=list(COLUMNS["claims"]))


def _holm(found: dict[str, Contrast]) -> dict[str, float]:
    """Return each contrast's p, corrected for all of them but those of the table of pairs.

    These are corrected there already.
    """
    adjusted = {name: each.p for name, each in found.items()}
    alone = [name for name, each in found.items() if not each.of_table]
    adjusted |= zip(alone, holm(np.array([found[name].p for name in alone])), strict=True)
    return adjusted


def _method(study: StudyRuns, metric: str, found: Contrast) -> str:
    if found.of_table:
        return "table of pairs"
    test = "paired t" if study.pairing_helps(metric) else "Welch's t"
    return f"{test} interval, 95 %"


def _above(found: Contrast, by: float) -> str:
    """Return whether the advantage is larger than `by`."""
    if found.low > by:
        return CONFIRMED
    return CONTRADICTED if found.high < by else INCONCLUSIVE


def _opposite(verdict: str) -> str:
    return {CONFIRMED: CONTRADICTED, CONTRADICTED: CONFIRMED}.get(verdict, INCONCLUSIVE)


def _finding(
    verdict: str, evidence: str, study: StudyRuns, metric: str, found: Contrast
) -> Finding:
    """Return the finding on two settings; of an open one also what so many runs can show."""
    if verdict == INCONCLUSIVE:
        evidence += what_it_shows(found, metric)
    return Finding(verdict, evidence, _method(study, metric, found))


def _better(claim: Better | NotBetter, study: StudyRuns) -> Finding:
    settings = study.setting(claim.where), study.setting(claim.than)
    found = study.against(*settings, claim.metric, claim.at_epoch)
    evidence = comparison(study, settings, claim.metric, found, claim.at_epoch)
    # A difference from 0 is not what is claimed, so what such runs find of it would mislead.
    shown = found if not claim.by else replace(found, shows=math.nan)
    return _finding(_above(found, claim.by), f"{evidence}.", study, claim.metric, shown)


def _not_better(claim: NotBetter, study: StudyRuns) -> Finding:
    found = _better(claim, study)
    return found._replace(verdict=_opposite(found.verdict))


def _best(claim: Best, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    named = [name for where in claim.of or () for name in study.settings(where)]
    others = [name for name in dict.fromkeys(named or study.plan.settings) if name != first]
    test = "paired t tests" if study.pairing_helps(claim.metric) else "Welch's t tests"
    method = f"{test}, Holm over {len(others)}; those in the table of pairs as there"
    if not others:
        return Finding(INCONCLUSIVE, f"there is nothing to compare {first} with.", method)
    found = {name: study.against(first, name, claim.metric, claim.at_epoch) for name in others}
    adjusted = _holm(found)
    sure = {name for name in others if adjusted[name] < SIGNIFICANCE}
    beaten = {name for name in sure if found[name].advantage > 0}
    better = {name for name in sure if found[name].advantage < 0}
    verdict = CONTRADICTED if better else INCONCLUSIVE
    if len(beaten) == len(others):
        verdict = CONFIRMED
    # Of those that decide: the one that is furthest ahead.
    nearest = _furthest_behind(found, better or set(others) - beaten or others)
    evidence = comparison(study, (first, nearest), claim.metric, found[nearest], claim.at_epoch)
    evidence += (
        f", p = {adjusted[nearest]:.2g} corrected. Clearly better than {len(beaten)} of "
        f"{len(others)}, clearly worse than {len(better)}."
    )
    if verdict == INCONCLUSIVE:
        evidence += what_it_shows(found[nearest], claim.metric)
    return Finding(verdict, evidence, method)


def _furthest_behind(found: dict[str, Contrast], names: Iterable[str]) -> str:
    """Return the name with the smallest advantage; one without a run only if it is the last."""
    return min(sorted(names), key=lambda name: (found[name].n == 0, found[name].advantage))


def _within(claim: Within, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    method = "equivalence: 95 % interval within the margin"
    if claim.of_metric:
        metrics, at = (claim.metric, claim.of_metric), claim.at_epoch
        found = study.two_metrics(first, metrics, at)
        levels = [f"{metric_name(each, at)} {study.level(first, each, at)}" for each in metrics]
        evidence = (
            f"{first}: {', '.join(levels)}; difference "
            f"{distance(found.advantage, claim.metric)} ({interval(found, claim.metric)})"
        )
    else:
        assert claim.than is not None
        settings = first, study.setting(claim.than)
        found = study.against(*settings, claim.metric, claim.at_epoch)
        evidence = comparison(study, settings, claim.metric, found, claim.at_epoch)
    verdict = INCONCLUSIVE
    if found.low > -claim.by and found.high < claim.by:
        verdict = CONFIRMED
    elif found.low > claim.by or found.high < -claim.by:
        verdict = CONTRADICTED
    return Finding(verdict, f"{evidence}.", method)


def _stable(claim: Stable | Unstable, study: StudyRuns) -> Finding:
    first = study.setting(claim.where)
    if claim.than:
        settings = first, study.setting(claim.than)
        found = study.against(*settings, claim.metric)
        evidence = comparison(study, settings, claim.metric, found)
        return _finding(_above(found, 0), f"{evidence}.", study, claim.metric, found)
    assert claim.swing is not None
    found = study.against_value(first, "swing", claim.swing)
    verdict = _above(found, 0)
    evidence = against_border(study, first, "swing", claim.swing, found)
    if verdict == INCONCLUSIVE:
        evidence += what_it_shows(found, "swing")
    return Finding(verdict, evidence, _T)


def _unstable(claim: Unstable, study: StudyRuns) -> Finding:
    found = _stable(claim, study)
    return found._replace(verdict=_opposite(found.verdict))


_T = "t interval of the mean, 95 %"


def _below(claim: Below, study: StudyRuns) -> Finding:
    return _levels(claim, study, above=False)


def _higher(claim: Above, study: StudyRuns) -> Finding:
    return _levels(claim, study, above=True)


def _levels(claim: Below | Above, study: StudyRuns, above: bool) -> Finding:
    """Confirm it if it holds for each setting; contradict it if, after Holm, it fails for one."""
    names = study.settings(claim.where)
    good = above == MEASURES[claim.metric].higher_is_better
    against = {
        name: study.against_value(name, claim.metric, claim.value, claim.at_epoch) for name in names
    }
    found = {name: each if good else each.reversed() for name, each in against.items()}
    adjusted = _holm(found)
    fails = [n for n in names if found[n].advantage < 0 and adjusted[n] < SIGNIFICANCE]
    holds = [name for name in names if _above(found[name], 0) == CONFIRMED]
    verdict = CONTRADICTED if fails else INCONCLUSIVE
    if len(holds) == len(names):
        verdict = CONFIRMED
    shown = _furthest_behind(found, fails or names)
    evidence = against_border(
        study, shown, claim.metric, claim.value, against[shown], claim.at_epoch
    )
    if len(names) > 1:
        evidence += (
            f" It holds for {len(holds)} of {len(names)} settings and fails for {len(fails)}; "
            f"shown is the one furthest to the other side, p = {adjusted[shown]:.2g} after Holm."
        )
        absent = sum(each.n == 0 for each in found.values())
        evidence += f" Of {absent} there is no run." if absent else ""
    if verdict == INCONCLUSIVE:
        evidence += what_it_shows(against[shown], claim.metric)
    return Finding(verdict, evidence, _T + (", Holm" if len(names) > 1 else ""))


def _overfits(claim: Overfits, study: StudyRuns) -> Finding:
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


def _collapses(claim: Collapses, study: StudyRuns) -> Finding:
    name = study.setting(claim.where)
    runs = study.runs(name)
    diverged, collapsed = runs["status"] == "diverged", runs["status"] == "collapsed"
    about = f"; {diverged.sum()} of these diverged" if diverged.any() else ""
    return _share(name, diverged | collapsed, "collapsed", about)


def _share(name: str, shown: pd.Series, what: str, about: str) -> Finding:
    """Confirm it if all runs show it, contradict it if none does; leave it open for one run."""
    method = "all, some or none of the runs; exact interval of the share (Clopper-Pearson)"
    n, k = len(shown), int(shown.sum())
    if not n:
        return Finding(INCONCLUSIVE, f"{name}: no run is there.", method)
    low, high = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    verdict = CONFIRMED if k == n else CONTRADICTED if k == 0 else INCONCLUSIVE
    if n < 2:
        verdict = INCONCLUSIVE
    evidence = (
        f"{name}: {k} of {counted(n, 'run')} {what} (95 % interval of the share {100 * low:.0f} to "
        f"{100 * high:.0f} %, n = {n}){about}."
    )
    return Finding(verdict, evidence, method)


def _order(claim: Order, study: StudyRuns) -> Finding:
    """Confirm it if each is ahead of the next; contradict it if, after Holm, one is behind."""
    at = claim.at_epoch
    if claim.of:
        metric: str = claim.metric
        names = [study.setting(where) for where in claim.of]
        shown = [study.mean(name, metric, at) for name in names]
        found = {
            f"{one} over {two}": study.against(one, two, metric, at)
            for one, two in itertools.pairwise(names)
        }
        text = f"{metric_name(metric, at)}: {', '.join(shown)}"
    else:
        assert claim.where is not None
        assert claim.metrics is not None
        metric = claim.metrics[0]
        name = study.setting(claim.where)
        shown = [f"{metric_name(each, at)} {study.level(name, each, at)}" for each in claim.metrics]
        found = {
            f"{metric_name(one)} over {metric_name(two)}": study.two_metrics(name, (one, two), at)
            for one, two in itertools.pairwise(claim.metrics)
        }
        text = f"{name}: {', '.join(shown)}"
    adjusted = _holm(found)
    fails = [key for key in found if found[key].advantage < 0 and adjusted[key] < SIGNIFICANCE]
    holds = [key for key in found if _above(found[key], 0) == CONFIRMED]
    verdict = CONTRADICTED if fails else INCONCLUSIVE
    if len(holds) == len(found):
        verdict = CONFIRMED
    steps = "; ".join(
        f"{key} by {distance(each.advantage, metric)} ({interval(each, metric)})"
        for key, each in found.items()
    )
    if verdict == INCONCLUSIVE:
        steps += "." + what_it_shows(next(iter(found.values())), metric).removesuffix(".")
    return Finding(verdict, f"{text}. {steps}.", "t intervals of neighbours, 95 %; failures Holm")


def _trend(claim: Rises | Falls, study: StudyRuns) -> Finding:
    name, rises = study.setting(claim.where), claim.claim == "rises"
    sample = study.slopes(name, claim.metric, claim.last)
    method = "least squares per run, t interval of the slopes, 95 %"
    if sample.values.empty:
        return Finding(INCONCLUSIVE, f"{name}: no run is there.", method)
    found = contrast(sample, constant(0.0, sample), higher_is_better=True)
    metric = claim.metric
    verdict = _above(found if rises else found.reversed(), 0)
    evidence = (
        f"{name}: {metric_name(metric)} changes by {distance(found.advantage, metric)} an epoch "
        f"over the last {claim.last} ({interval(found, metric)})."
    )
    if verdict == INCONCLUSIVE:
        evidence += what_it_shows(found, metric)
    return Finding(verdict, evidence, method)


#: By the word under `claim`, each for the model of that word.
RULES: dict[str, Callable[[Any, StudyRuns], Finding]] = {
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
    "order": _order,
    "rises": _trend,
    "falls": _trend,
}
