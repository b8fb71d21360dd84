"""Rates of verdicts on claims that stand exactly at their border, where any verdict is chance."""

from collections import Counter

import numpy as np
import pandas as pd
from scipy import stats
from study_tables import study_of

from lr_atlas.analysis.claim_runs import MeasuredRuns
from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.config.claim_evidence import CONFIRMED, CONTRADICTED, INCONCLUSIVE
from lr_atlas.training.records import METRICS

_SEED = 17
_SCATTER, _MARGIN, _LEVEL, _EPOCHS = 0.005, 0.01, 0.8, 10
A, B, C = {"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}
#: A and B are equal, C is behind by the margin; curves are level.
AT_THE_BORDER = {
    "better": {"claim": "better", "where": A, "than": B},
    "better by a margin": {"claim": "better", "where": A, "than": C, "by": _MARGIN},
    "not_better": {"claim": "not_better", "where": A, "than": B},
    "best": {"claim": "best", "where": A},
    "within": {"claim": "within", "where": A, "than": C, "by": _MARGIN},
    "below": {"claim": "below", "where": A, "value": _LEVEL},
    "above, of two": {"claim": "above", "where": {"batch_size": 10}, "value": _LEVEL},
    "order": {"claim": "order", "of": [A, B]},
    "order of metrics": {
        **{"claim": "order", "where": A},
        "metrics": ["train_accuracy", "validation_accuracy"],
    },
    "rises": {"claim": "rises", "where": A, "metric": "validation_accuracy"},
    "falls": {"claim": "falls", "where": B, "metric": "validation_accuracy"},
    "stable": {"claim": "stable", "where": A, "swing": 0.05},
    "unstable": {"claim": "unstable", "where": A, "than": B, "metric": "swing"},
}


def rates_at_the_border(studies, seeds):
    """Return ({claim: (share confirmed, share contradicted)}, share of studies with any together).

    together: by Holm's correction, which promises 5 % of that.
    """
    entries = [
        {"name": "sgd", "lr": [0.1, 0.2], "batch_size": 10},
        {"name": "sgd", "lr": 0.3, "batch_size": 20},
    ]
    claims = list(AT_THE_BORDER.values())
    study, plan = study_of(entries, seeds=seeds, epochs=_EPOCHS, claims=claims)
    generator = np.random.default_rng([_SEED, seeds])
    counts, any_together = Counter(), 0
    for _ in range(studies):
        measures, epochs = _drawn(plan, generator)
        table = check_claims(study.claims, plan, measures, epochs)
        counts.update(zip(AT_THE_BORDER, table["verdict"], strict=True))
        any_together += (table["together"] != INCONCLUSIVE).any()
    rates = {
        name: tuple(counts[name, verdict] / studies for verdict in (CONFIRMED, CONTRADICTED))
        for name in AT_THE_BORDER
    }
    return rates, any_together / studies


def _drawn(plan, generator):
    rows, epochs = [], []
    for run in plan.runs:
        level = _LEVEL - _MARGIN * (run.parameters["learning_rate"] == C["lr"])
        validation, train = level + _SCATTER * generator.normal(size=2)
        leading = {"setting": run.setting, "seed": run.seed, "status": "finished"}
        rows.append(
            {**dict.fromkeys(MEASURES, 0.5), **leading, "overfits": False}
            | {"validation_accuracy": validation, "train_accuracy": train}
            | {"swing": 0.05 + 0.01 * generator.normal()}
        )
        curve = level + _SCATTER * generator.normal(size=_EPOCHS)
        epochs += [
            {**dict.fromkeys(METRICS, 0.5), **leading, "epoch": epoch, "validation_accuracy": value}
            for epoch, value in enumerate(curve, 1)
        ]
    return pd.DataFrame(rows), pd.DataFrame(epochs)


def rates_of_all_or_none(seeds, share=0.5):
    """Return (confirmed, contradicted): how often `overfits` is, if this share of runs does.

    Exact: from the probability of each number of runs.
    """
    _, plan = study_of([{"name": "sgd", "lr": 0.1}], seeds=seeds)
    runs = MeasuredRuns(plan, pd.DataFrame(), None, None, None)
    found = Counter()
    for shown in range(seeds + 1):
        judged = runs.share("a", [True] * shown + [False] * (seeds - shown), "do", "")
        found[judged.verdict] += stats.binom.pmf(shown, seeds, share)
    return found[CONFIRMED], found[CONTRADICTED]


def coverage_of_a_share(seeds, share):
    """Return how often the exact interval of a share of runs holds it."""
    held = 0.0
    for shown in range(seeds + 1):
        low, high = stats.binomtest(shown, seeds).proportion_ci(0.95, "exact")
        held += stats.binom.pmf(shown, seeds, share) * (low <= share <= high)
    return held
