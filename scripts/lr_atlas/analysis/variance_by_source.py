"""The scatter of chosen settings by source of chance: initial weights, order, split, rounding.

From each of n fresh seeds there is a run in which all sources differ from those of other seeds, and
for each source one that differs from it in that source alone. Half the mean square of such
differences is the variance that is left when all other sources are held: the total effect of the
source (Jansen 1999, Computer Physics Communications 117), not at one point of the others, as where
one source is varied around one seed (Bouthillier et al. 2021, arXiv:2103.03098), but on average
over n of them. Sources that only act together count in each, so shares may add up to more than 1.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lr_atlas.analysis.distributions import chi2_isf, chi2_ppf, f_isf
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.setting_summary import DECIMALS
from lr_atlas.config.variance_models import SOURCES
from lr_atlas.locale.speech import mark
from lr_atlas.studies.fresh_seeds import ALL
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.study_tables import COLUMNS

_NOTHING = (np.nan, np.nan, np.nan)


class Scatter(NamedTuple):
    """The standard deviation of a source and its share of the variance, each with its interval."""

    std: tuple[float, float, float]  # the estimate, and the ends of its 95 % interval
    share: tuple[float, float, float]


def variance_by_source(
    varied: pd.DataFrame | None, metric: StudyMetric, test_images: int | None
) -> pd.DataFrame:
    """Return how much each source of chance scatters the test result of each chosen setting.

    varied: a row per run, as evaluation.test_table has them, with the source that it varies; None
    for none. metric: of the study. test_images: how many there are. The columns are
        optimizer, setting, source    ALL or one of the sources
        n                    runs of ALL, or pairs of runs that differ in the source alone
        std, std_low, std_high        see `of_all` and `of_source`
        share, share_low, share_high  of the variance over all of the sources together
        refused              why there are none
    """
    step = metric.step(test_images)
    settings = () if varied is None else varied.groupby(["optimizer", "setting"], sort=False)
    rows = [
        {"optimizer": optimizer, "setting": setting, **row}
        for (optimizer, setting), runs in settings
        for row in _of_setting(runs.set_index(["source", "seed"]), metric.test, step)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS["variance"]))


def _of_setting(runs: pd.DataFrame, column: str, step: float) -> Iterator[dict[str, Any]]:
    """Yield the rows of a setting; runs: by source and seed, of which some may be missing."""
    sources = runs.index.unique("source")
    base = runs.loc[ALL] if ALL in sources else runs.iloc[:0].droplevel("source")
    for source in (ALL, *(each for each in SOURCES if each in sources)):
        own = runs.loc[source] if source in sources else base
        seeds = own.index.intersection(base.index)
        own, others = own.loc[seeds], base.loc[seeds]
        refused = _refused(others, own, is_all=source == ALL)
        found = Scatter(_NOTHING, _NOTHING)
        if not refused:
            values = own[column].to_numpy(dtype=float)
            found = of_all(values, step)
            if source != ALL:
                found = of_source(others[column].to_numpy(dtype=float), values, step)
        yield {
            **{"source": source, "n": len(seeds)},
            **_with_ends("std", found.std),
            **_with_ends("share", found.share),
            "refused": refused,
        }


def of_all(values: np.ndarray, step: float) -> Scatter:
    """Return the standard deviation of runs in which every source differs, float64 [n].

    The interval is that of a variance of normal values, by chi-squared with n - 1 degrees of
    freedom. step: as in intervals.variance; below it scatter is hidden.
    """
    return Scatter(_root_of_variance(values.var(ddof=1), len(values) - 1, step), _NOTHING)


def of_source(base: np.ndarray, varied: np.ndarray, step: float) -> Scatter:
    """Return what a source scatters by itself, from n pairs of runs, float64 [n] each.

    The variance is half the mean square of the differences, by chi-squared with n degrees of
    freedom; its share is 1 less the intraclass correlation of the pairs, with the interval of a
    one-way random model (Shrout and Fleiss 1979, Psychological Bulletin 86). Both intervals are
    exact for normal values, and of one number each.
    """
    n = len(base)
    within = float(np.square(base - varied).sum() / (2 * n))
    between = float(2 * ((base + varied) / 2).var(ddof=1))
    return Scatter(
        _root_of_variance(within, n, step), _share(between, within, max(within, _hidden(step)), n)
    )


def _hidden(step: float) -> float:
    """Return the variance that rounding to a step hides."""
    return step**2 / 12


def _root_of_variance(variance: float, df: int, step: float) -> tuple[float, float, float]:
    tail = SIGNIFICANCE / 2
    low = df * variance / float(chi2_isf(tail, df))
    high = df * max(variance, _hidden(step)) / float(chi2_ppf(tail, df))
    value, low, high = np.sqrt([variance, low, high]).tolist()
    return value, low, high


def _share(between: float, within: float, most: float, n: int) -> tuple[float, float, float]:
    """Return the share of a source; most: the variance that it may have without being seen."""
    if between + within <= 0:
        return _NOTHING
    tail = SIGNIFICANCE / 2
    beyond = [float(f_isf(tail, *df)) for df in ((n - 1, n), (n, n - 1))]
    # The ratio between / within goes from its largest value to its smallest.
    low = within / (between * beyond[1] + within) if within else 0.0
    high = most / (between / beyond[0] + most)
    value = within / (between + within)
    value, low, high = (min(1.0, 2 * each) for each in (value, low, high))
    return value, low, high


def _refused(base: pd.DataFrame, own: pd.DataFrame, is_all: bool) -> str:
    if len(own) < 2:
        return mark("fewer than two seeds")
    statuses = pd.concat([own["status"], *(() if is_all else (base["status"],))])
    diverged = int((statuses == "diverged").sum())
    return f"{diverged} of its runs diverged" if diverged else ""


def _with_ends(name: str, found: tuple[float, float, float]) -> dict[str, Any]:
    return {
        f"{name}{end}": round(value, DECIMALS)
        for end, value in zip(("", "_low", "_high"), found, strict=True)
    }
