"""Reckon before anything is trained which differences a study would find, and with how many seeds.

By the numbers of its settings and seeds, as the table of pairs will judge them (see `verdicts`),
and by how much runs scatter: that of finished runs at the best settings of the same data set and
optimizer, where there are any. For the pair of optimizers with the smallest and with the largest
difference, and a power of 80 %. The usual approximation (see `power`) takes Welch's degrees of
freedom as known, and with three seeds promises too much: its difference was found in 52 to 68 % of
drawn studies. So the variances that the seeds will show are integrated over here.
"""

import bisect
import contextlib
import csv
import functools
import io
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy import optimize

from lr_atlas.analysis.distributions import chi2_ppf, norm_cdf
from lr_atlas.analysis.intervals import SHARE_BETWEEN, SIGNIFICANCE
from lr_atlas.analysis.largest import critical
from lr_atlas.analysis.power import MOST_SEEDS, POWER
from lr_atlas.common.safe_files import read_plain
from lr_atlas.studies.study_metric import StudyMetric

#: Between these standard deviations of validation accuracy lie 24 of the 27 settings of the default
#: studies (docs/results: MNIST and Fashion-MNIST, small networks, three or six seeds each).
USUAL_SCATTER = (0.0005, 0.004)
_NODES = 24
_MORE = (5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Question:
    """Hold what a study will compare.

    Attributes:
        settings: How many settings each optimizer has, by its name.
        fresh: Whether fresh seeds decide between the optimizers.
    """

    settings: Mapping[str, int]
    fresh: bool = False

    @property
    def is_between(self) -> bool:
        """Return whether there are optimizers to compare, not settings of one alone."""
        return len(self.settings) > 1

    def pairs(self) -> Iterator[tuple[tuple[str, str], float, int]]:
        """Yield (the optimizers of a pair, its share of the error, of how many one is picked)."""
        if not self.is_between:
            ((name, count),) = self.settings.items()
            if count > 1:
                yield (name, name), SIGNIFICANCE / (count - 1), count
            return
        several = sum(self.settings.values()) > len(self.settings)
        pairs = list(itertools.combinations(self.settings, 2))
        share = (SHARE_BETWEEN if several else 1.0) * SIGNIFICANCE / len(pairs)
        for pair in pairs:
            yield pair, share, 1 if self.fresh else max(self.settings[name] for name in pair)


class Range(NamedTuple):
    """A value of the pair for which it is smallest, and of that for which it is largest."""

    low: float
    high: float


def found_with(question: Question, seeds: int, deviations: Mapping[str, float]) -> Range | None:
    """Return the smallest true differences that so many seeds find in four of five studies.

    deviations: of a run of each optimizer. None where nothing is compared, or with one seed.
    """
    if seeds < 2:
        return None
    found = [
        _difference_found(*(deviations[name] for name in names), seeds, share=share, picked=picked)
        for names, share, picked in question.pairs()
    ]
    return Range(min(found), max(found)) if found else None


@functools.lru_cache(maxsize=4096)
def _difference_found(
    first: float, second: float, seeds: int, *, share: float, picked: int
) -> float:
    """Return the difference that Welch's t shows in four of five studies of so many seeds each.

    first, second: standard deviations of a run. share: the error of the interval, both sides.
    picked: of how many settings one is the largest, see `largest`. Exact for normal scores of
    settings that were not picked: given the variances that the seeds show, the test asks for a
    difference of the means, which are independent of them.
    """
    nodes, weights = leggauss(_NODES)
    shown = chi2_ppf((nodes + 1) / 2, seeds - 1) / (seeds - 1) / seeds
    one, two = np.meshgrid(first**2 * shown, second**2 * shown)
    df = (seeds - 1) * (one + two) ** 2 / (one**2 + two**2)
    inverse = np.linspace(1 / (2 * seeds - 2), 1 / (seeds - 1), _NODES)
    asked = np.interp(1 / df, inverse, critical(share / 2, picked, 1 / inverse))
    asked *= np.sqrt(one + two)
    error = math.sqrt((first**2 + second**2) / seeds)
    of_each = np.outer(weights, weights) / 4

    def lacking(difference: float) -> float:
        return float((of_each * norm_cdf((difference - asked) / error)).sum()) - POWER

    return float(optimize.brentq(lacking, 0.0, float(asked.max()) + 10 * error))


def seeds_to_find(
    question: Question, difference: float, deviations: Mapping[str, float]
) -> int | None:
    """Return the fewest seeds that find a difference between any pair; None if 10,000 do not."""

    def found(pair: tuple[tuple[str, str], float, int], seeds: int) -> float:
        names, share, picked = pair
        scatter = (deviations[name] for name in names)
        return _difference_found(*scatter, seeds, share=share, picked=picked)

    # The pair that takes the most seeds is the same for all numbers of them, or nearly.
    pair = max(question.pairs(), key=functools.partial(found, seeds=_MORE[1]))
    needed = bisect.bisect_left(
        range(MOST_SEEDS + 1), True, lo=2, key=lambda seeds: found(pair, seeds) <= difference
    )
    return needed if needed <= MOST_SEEDS else None


def more_seeds(seeds: int) -> Sequence[int]:
    """Return two larger numbers of seeds to be told of."""
    return [each for each in _MORE if each > seeds][:2]


class Scatter(NamedTuple):
    """Hold how much the runs of optimizers scatter at their best settings.

    Attributes:
        deviations: The standard deviation by optimizer, in the metric's own unit.
        runs: How many runs of each these are from.
    """

    deviations: dict[str, float]
    runs: dict[str, int]


def known_scatter(
    folders: Iterable[Path], dataset: str, optimizers: Iterable[str], metric: StudyMetric
) -> Scatter:
    """Return what finished studies tell of the scatter on a data set.

    folders: of the results of studies, of any configuration; one that cannot be read tells nothing.
    Deviations of several settings are pooled. Networks, batches and lengths may be others.
    """
    # A setting that studies share counts once.
    known = {best for folder in folders for best in _best_settings(folder, dataset, metric)}
    deviations, counts = {}, {}
    for optimizer in optimizers:
        own = [each for each in known if each.optimizer == optimizer]
        squares = sum((each.runs - 1) * each.deviation**2 for each in own)
        if squares > 0:
            deviations[optimizer] = math.sqrt(squares / sum(each.runs - 1 for each in own))
            counts[optimizer] = sum(each.runs for each in own)
    return Scatter(deviations, counts)


class _Best(NamedTuple):
    optimizer: str
    setting: str
    runs: int
    deviation: float


def _best_settings(folder: Path, dataset: str, metric: StudyMetric) -> Iterator[_Best]:
    """Yield the best settings on a data set in a study's summary, with two runs or more."""
    try:
        text = read_plain(folder / "summary.csv").decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (OSError, UnicodeDecodeError, csv.Error):
        return
    for row in rows:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            is_best = row["dataset"] == dataset and row["best_of_optimizer"] == "True"
            runs = int(row["seeds"]) - int(row["diverged"])
            deviation = float(row[f"{metric.validation}_std"])
            last = int(row.get("score_last") or 1)
            if is_best and runs > 1 and last == metric.last and math.isfinite(deviation):
                yield _Best(row["optimizer"], row["setting"], runs, deviation)
