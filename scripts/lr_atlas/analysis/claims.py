"""Judge a study's claims by its runs: confirmed, contradicted, or inconclusive.

Each kind of claim has its rule in config/claims; `claim_runs` has the evidence that rules put
together. Each claim is judged by itself, and then all of a study together, so that one can see
which verdicts hold whatever else was claimed.
"""

from collections.abc import Sequence

import pandas as pd

from lr_atlas.analysis.claim_runs import MeasuredRuns
from lr_atlas.config.claim_evidence import INCONCLUSIVE, Judgement
from lr_atlas.config.claims import AnyClaim
from lr_atlas.locale.speech import say
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import COLUMNS

_SECONDS = ("seconds_per_epoch", "seconds_to_target")


def check_claims(
    claims: Sequence[AnyClaim],
    plan: Plan,
    measures: pd.DataFrame,
    epochs: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    *,
    validation_images: int | None = None,
    matters: float | None = None,
    metric: StudyMetric = ACCURACY,
    look: int = 1,
) -> pd.DataFrame:
    """Return a row per claim, in their order: claim, source, verdict, evidence, method, together.

    All are texts. together: the verdict that holds for all claims of the study together.

    measures: a row per run, see measures.measure_runs; runs of the plan may be missing. epochs: the
    table of collect.collect_study, for claims about epochs. pairs: verdicts.compare_settings.
    validation_images: how many there are, for the smallest step of an accuracy. matters: the
    smallest difference of the metric that does, None if the study names none. metric: of the study,
    which claims are about that name none. look: the number of this look at the study, see `looks`.
    """
    tables = measures, epochs, pairs
    runs = MeasuredRuns(plan, *tables, validation_images, metric=metric, matters=matters, look=look)
    claims = [claim.about(metric.validation) for claim in claims]
    judged = [_judge(claim, runs) for claim in claims]
    together = _together(claims, runs, [each.verdict for each in judged])
    rows = [
        (claim.text or claim.words(runs), claim.source, *each, overall)
        for claim, each, overall in zip(claims, judged, together, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["claims"]))


def _judge(claim: AnyClaim, runs: MeasuredRuns) -> Judgement:
    """Return the verdict of a claim; one about seconds is left open where these are disturbed."""
    found = claim.judge(runs)
    timed = any(metric in _SECONDS for _, metric, _ in claim.metrics_named)
    if not timed or not runs.disturbed:
        return found
    why = say(
        "Seconds are not judged: those of {disturbed} of {runs} runs scatter by more than a tenth.",
        disturbed=runs.disturbed,
        runs=len(runs.measures),
    )
    return found._replace(verdict=INCONCLUSIVE, evidence=f"{found.evidence} {why}")


def _together(claims: Sequence[AnyClaim], runs: MeasuredRuns, alone: Sequence[str]) -> list[str]:
    """Return the verdicts that hold together, after Holm's correction over all claims.

    Where all k that are still open are false, a claim judged with a k-th of the error is decided
    wrongly with that k-th; those that are decided leave more for the others (Holm 1979).
    """
    verdicts = [INCONCLUSIVE] * len(claims)
    while is_open := [place for place, said in enumerate(verdicts) if said == INCONCLUSIVE]:
        stricter = runs.judging_together(1 / len(is_open))
        told = {
            place: _judge(claims[place], stricter).verdict
            for place in is_open
            if alone[place] != INCONCLUSIVE
        }
        if all(verdict == INCONCLUSIVE for verdict in told.values()):
            break
        for place, verdict in told.items():
            verdicts[place] = verdict
    return verdicts
