"""Test accuracies over seeds and over images: as the images are a sample too, crossed with seeds.

Run r answers image i rightly or not: a two-way table without replicates, whose rows and columns are
both drawn. The variance of its mean is estimated without bias from the mean squares of rows,
columns and rest (Searle, Casella and McCulloch 1992, Variance Components), so that what both have
in common counts once; drawing rows and columns anew (Owen 2007, doi:10.1214/07-AOAS122) would come
to a little more. With one run of each of two settings, the part of the images is that of McNemar's
test.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.distributions import norm_isf, t_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.analysis.verdicts import BETWEEN, CHOOSING, FRESH
from lr_atlas.locale.speech import mark
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.tables.study_tables import COLUMNS


class Answered(NamedTuple):
    """The answers of the runs of a setting to the test images."""

    accuracies: np.ndarray  # of each run, float64 [runs]
    shares: np.ndarray  # of the runs that answer an image rightly, float64 [images]
    data: str

    @property
    def rest(self) -> float:
        """Return the variance of the mean that seeds and images only have together."""
        runs, images = len(self.accuracies), len(self.shares)
        if runs < 2:
            return np.nan
        middle = self.shares.mean()
        # Answers are right or wrong, 1 or 0.
        total = runs * images * middle * (1 - middle)
        rows = images * np.square(self.accuracies - middle).sum()
        columns = runs * np.square(self.shares - middle).sum()
        mean_square = (total - rows - columns) / ((runs - 1) * (images - 1))
        return float(mean_square / (runs * images))


class Halves(NamedTuple):
    """Half the widths of intervals: over the seeds alone, over the images alone, over both."""

    seeds: float
    images: float
    both: float


def halves(settings: list[Answered], level: float = SIGNIFICANCE) -> Halves:
    """Return how sure a setting's accuracy is, or the difference of two on the same images.

    level: the probability that an interval misses. Over seeds by Student's t (of two settings
    Welch's), over images by the normal distribution, over both by Satterthwaite's degrees of
    freedom, and at least as wide as over either. NaN over seeds, and over both, where a setting has
    a single run.
    """
    of_seeds = [_mean_variance(each.accuracies) for each in settings]
    shares = settings[0].shares - (settings[1].shares if len(settings) > 1 else 0)
    images = len(shares)
    of_images = _mean_variance(shares)
    seeds = sum(of_seeds)
    both = float(np.max([seeds + of_images - sum(each.rest for each in settings), of_images]))
    squares = sum(
        variance**2 / max(len(each.accuracies) - 1, 1)
        for variance, each in zip(of_seeds, settings, strict=True)
    )
    over_seeds = _half(seeds, squares, level)
    over_images = float(norm_isf(level / 2) * np.sqrt(of_images))
    over_both = _half(both, squares + of_images**2 / (images - 1), level)
    # With few seeds their own interval may be the wider one, by its degrees of freedom.
    over_both = float(np.max([over_both, over_seeds, over_images]))
    return Halves(over_seeds, over_images, over_both)


def seeds_and_images(
    test: pd.DataFrame | None,
    right: pd.DataFrame | None,
    pairs: pd.DataFrame,
    metric: StudyMetric,
) -> pd.DataFrame:
    """Return how sure test accuracies are over seeds, over images, and over both.

    test: the table of evaluation.test_table; right: of right_answers.right_answers. pairs: that of
    verdicts.compare_settings. metric: of the study; of another one than accuracy there are no rows.
    A row per tested setting, and one per pair of them that fresh seeds decide:
        first, second      settings; the second is empty where it is about one alone
        runs               verdicts.FRESH or CHOOSING
        n, n_most          the fewest and the most runs of both
        images             how many
        value              accuracy of the first, or by how much it is ahead of the second
        over_seeds, over_images, over_both    see `halves`
        low, high          the interval over both
        level              the probability that an interval misses: 0.05, of a pair its share of it
        refused            why there are none
    """
    rows = []
    if test is not None and right is not None and metric.name == ACCURACY.name:
        answered = _answered(test, right)
        diverged = set(test.loc[test["status"] == "diverged", "setting"])
        runs = FRESH if test["confirmation"].astype(bool).all() else CHOOSING
        fresh = pairs[(pairs["question"] == BETWEEN) & (pairs["runs"] == FRESH)]
        asked = [([setting], SIGNIFICANCE) for setting in answered]
        asked += [([pair.first, pair.second], pair.level) for pair in fresh.itertuples()]
        for names, level in asked:
            if answered.keys() >= set(names):
                members = [answered[name] for name in names]
                row = _row(names, members, level, bool(diverged & set(names)))
                rows.append({**row, "runs": runs})
    return pd.DataFrame(rows, columns=list(COLUMNS["seeds_and_images"]))


def _answered(test: pd.DataFrame, right: pd.DataFrame) -> dict[str, Answered]:
    """Return the answers of the runs of each tested setting, of those that answer anything."""
    images = dict(iter(right.groupby("setting", sort=False)))
    return {
        setting: Answered(
            runs["test_accuracy"].to_numpy(dtype=float),
            (images[setting]["right"] / images[setting]["runs"]).to_numpy(dtype=float),
            images[setting]["data"].iloc[0],
        )
        for setting, runs in test.groupby("setting", sort=False)
        if setting in images
    }


def _row(names: list[str], members: list[Answered], level: float, diverged: bool) -> dict[str, Any]:
    counts = [len(each.accuracies) for each in members]
    refused = mark("runs diverged") if diverged else ""
    if len({each.data for each in members}) > 1:
        refused = mark("tested on different images")
    found, value = Halves(np.nan, np.nan, np.nan), np.nan
    if not refused:
        found = halves(members, level)
        means = [float(each.accuracies.mean()) for each in members]
        value = means[0] - sum(means[1:])
    numbers = {
        "value": value,
        "over_seeds": found.seeds,
        "over_images": found.images,
        "over_both": found.both,
        "low": value - found.both,
        "high": value + found.both,
    }
    return {
        **{"first": names[0], "second": names[1] if len(names) > 1 else ""},
        **{"n": min(counts), "n_most": max(counts), "images": len(members[0].shares)},
        **{name: round(number, DECIMALS) for name, number in numbers.items()},
        **{"level": round(level, DECIMALS), "refused": refused},
    }


def _mean_variance(values: np.ndarray) -> float:
    """Return the variance of the mean of values; NaN for a single one."""
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else np.nan


def _half(variance: float, squares: float, level: float) -> float:
    """Return half the width of an interval; squares: of the parts over their degrees of freedom."""
    if not np.isfinite(variance):
        return np.nan
    df = variance**2 / squares if squares > 0 else np.inf
    return float(t_isf(level / 2, max(df, 1.0)) * np.sqrt(variance))
