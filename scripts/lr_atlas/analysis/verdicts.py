"""The verdicts of a study: one table of compared pairs, from which all that is said is read.

Two questions are asked. Between optimizers: the chosen setting of each against that of each other,
on fresh seeds where the study confirms them, else on the runs that chose. Within an optimizer: its
chosen setting against each of its other ones. All intervals of the table hold together with 95 %:
its rows share an error of 5 % (Bonferroni), four fifths of it for the question between optimizers;
where a study was looked at before with other seeds they share less, see `looks`.
A setting that was picked among k for its high mean is judged as the largest of k, see `largest`; on
fresh seeds nothing was picked. Where runs of chosen settings diverged, a permutation test has to
agree, see `diverging`.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.intervals import SHARE_BETWEEN, SIGNIFICANCE
from lr_atlas.analysis.looks import share_of_look
from lr_atlas.analysis.pair_rows import have_diverged, judge_pairs, named_pairs
from lr_atlas.analysis.seeds import scores
from lr_atlas.locale.speech import mark
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

BETWEEN, WITHIN = mark("between optimizers"), mark("within optimizer")
FRESH, CHOOSING = mark("fresh seeds"), mark("runs that chose")


def compare_settings(
    runs: pd.DataFrame,
    test: pd.DataFrame | None = None,
    *,
    validation_images: int | None = None,
    test_images: int | None = None,
    metric: StudyMetric = ACCURACY,
    looks: tuple[int, int] = (1, 1),
) -> pd.DataFrame:
    """Return the compared pairs of settings, a row each; the higher-ranked one is first.

    runs: the table of collect.collect_study. test: that of evaluation.test_table, None without.
    validation_images, test_images: how many there are, for the smallest step of an accuracy; None
    for none. metric: of the study. looks: the numbers of this look at the runs that chose and at
    fresh seeds. The columns are
        first, second (settings), question (BETWEEN or WITHIN), metric, runs (FRESH or CHOOSING)
        n, n_most       the fewest and the most runs of both; a diverged run counts as guessing
                        (seeds.run_scores)
        method, correlation    "Welch", or "paired by seed" where pairing helps, followed by
                        ", permutation" where that test has to agree; and how alike runs of equal
                        seed are
        mean_first, mean_second, difference, low, high    means of the scores, and by how much the
                        first one is better (in accuracy: first - second), with the interval
                        described above
        p               of the whole table: below 0.05 where the interval leaves out 0
        smallest_difference      the true difference that such runs find in four of five studies
        improvement     the share of pairs of runs in which the first is better
        verdict         FIRST or SECOND (is better), or INCONCLUSIVE
        error, df, level, picked_first, picked_second    standard error of the difference and its
                        degrees of freedom, the row's share of the error of 5 %, and among how many
                        settings each was picked: with these the interval can be computed again
    """
    chosen = ranked_choice(runs, test, metric)
    chosen = chosen[chosen["score"].notna()]
    owners = runs.drop_duplicates("setting").set_index("setting")["optimizer"]
    picked = owners.value_counts()
    best = list(chosen["setting"])
    others = [
        (setting, other)
        for setting, optimizer in zip(best, chosen["optimizer"], strict=True)
        for other in owners.index[owners == optimizer]
        if other != setting
    ]
    table = metric.sign * scores(runs, metric)
    fresh = fresh_scores(chosen, test, metric)
    choosing, at_fresh = (SIGNIFICANCE * share_of_look(look) for look in looks)
    between = SHARE_BETWEEN if others else 1.0
    within = 1 - SHARE_BETWEEN if len(best) > 1 else 1.0
    steps = [metric.step(images) for images in (validation_images, test_images)]
    between_values = table if fresh is None else metric.sign * fresh
    diverged = have_diverged(runs, table) if fresh is None else have_diverged(test, fresh)
    parts = [
        judge_pairs(
            between_values,
            diverged,
            named_pairs(between_values, list(combinations(best, 2)), owners, picked, fresh is None),
            between * (choosing if fresh is None else at_fresh),
            steps[fresh is not None],
            sign=metric.sign,
            about={
                "question": BETWEEN,
                "metric": metric.validation if fresh is None else metric.test,
                "runs": CHOOSING if fresh is None else FRESH,
            },
        ),
        judge_pairs(
            table,
            # Mostly learning rates that are too high: Student's t with so far a value is cautious.
            pd.Series(False, index=table.index),
            named_pairs(table, others, owners, picked, True)._replace(
                picked_second=np.ones(len(others), dtype=int)
            ),
            within * choosing,
            steps[0],
            sign=metric.sign,
            about={"question": WITHIN, "metric": metric.validation, "runs": CHOOSING},
        ),
    ]
    return pd.concat(parts, ignore_index=True)


def ranked_choice(
    runs: pd.DataFrame, test: pd.DataFrame | None, metric: StudyMetric = ACCURACY
) -> pd.DataFrame:
    """Return `choose(runs)` in the order of the mean on fresh seeds, where these decide."""
    chosen = choose(runs, metric)
    fresh = fresh_scores(chosen[chosen["score"].notna()], test, metric)
    if fresh is None:
        return chosen
    means = metric.sign * fresh.mean(axis=1)
    means = chosen["setting"].map(means).where(chosen["score"].notna())
    order = means.sort_values(ascending=False, na_position="last", kind="stable").index
    return chosen.loc[order].reset_index(drop=True)


def fresh_scores(
    chosen: pd.DataFrame, test: pd.DataFrame | None, metric: StudyMetric = ACCURACY
) -> pd.DataFrame | None:
    """Return the test scores on fresh seeds, float64 [chosen settings, seeds], if these decide.

    They do where every chosen setting has two such runs, and half as many as any other: a verdict
    takes those of all optimizers that are compared.
    """
    if test is None or not len(test) or not len(chosen):
        return None
    own = test[test["confirmation"].astype(bool) & test["setting"].isin(chosen["setting"])]
    counts = own["setting"].value_counts().reindex(chosen["setting"], fill_value=0)
    enough = counts.min() > 1 and 2 * counts.min() >= counts.max()
    return scores(own, metric, metric.test) if enough else None
