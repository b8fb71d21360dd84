"""Give claims their evidence: a study's runs by setting, and sentences about them."""

import math

import numpy as np
import pandas as pd

from lr_atlas.analysis.claim_words import metric_name
from lr_atlas.analysis.contrasts import (
    Contrast,
    Sample,
    constant,
    contrast,
    distance,
    interval,
    level,
    samples,
    samples_at,
    slopes,
)
from lr_atlas.analysis.finding import pair_of
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.analysis.pairing import seed_correlation
from lr_atlas.analysis.seeds import by_seed
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.setting_match import matching_settings

_METRIC_OF_PAIRS = "validation_accuracy"
_OF_VALIDATION = ("validation_accuracy", "best_validation_accuracy")


class StudyRuns:
    """The settings of a plan, the measures and epochs of its runs, and its table of pairs."""

    def __init__(
        self,
        plan: Plan,
        measures: pd.DataFrame,
        epochs: pd.DataFrame | None = None,
        pairs: pd.DataFrame | None = None,
        validation_images: int | None = None,
    ) -> None:
        self.plan, self.measures, self.epochs, self.pairs = plan, measures, epochs, pairs
        self._step = 1 / validation_images if validation_images else 0.0
        self._by_seed: dict[str, bool] = {}

    def setting(self, where: dict) -> str:
        """Return the name of the one setting that matches."""
        return matching_settings(self.plan, where)[0]

    def settings(self, where: dict) -> list[str]:
        """Return the names of all that match."""
        return matching_settings(self.plan, where)

    def runs(self, setting: str) -> pd.DataFrame:
        """Return the rows of its runs."""
        return self.measures[self.measures["setting"] == setting]

    def sample(self, setting: str, metric: str, at_epoch: int | None = None) -> Sample:
        """Return the metric's values in its runs, at the end or after an epoch."""
        if at_epoch is None:
            return samples(self.plan, self.measures, setting, metric)
        return samples_at(self.epochs, setting, metric, at_epoch)

    def slopes(self, setting: str, metric: str, last: int) -> Sample:
        """Return the slope per epoch of the metric over the last epochs of its runs."""
        return slopes(self.epochs, setting, metric, last)

    def pairing_helps(self, metric: str) -> bool:
        """Return whether runs of equal seed are compared with each other in a metric."""
        if metric not in self._by_seed:
            values = by_seed(self.measures, metric).to_numpy(dtype=float)
            values = np.where(np.isfinite(values), values, np.nan)
            self._by_seed[metric] = seed_correlation(values).helps()
        return self._by_seed[metric]

    def against(
        self, first: str, second: str, metric: str, at_epoch: int | None = None
    ) -> Contrast:
        """Return one setting against another; ahead is what is better in the metric.

        Two settings that the table of pairs compares are compared as there.
        """
        if metric == _METRIC_OF_PAIRS and self._is_last(at_epoch, (first, second)):
            found = self._of_table(first, second)
            if found is not None:
                return found
        return contrast(
            self.sample(first, metric, at_epoch),
            self.sample(second, metric, at_epoch),
            MEASURES[metric].higher_is_better,
            by_seed=self.pairing_helps(metric),
            resolution=self._resolution(metric),
        )

    def _is_last(self, at_epoch: int | None, settings: tuple[str, ...]) -> bool:
        lengths = {run.epochs for run in self.plan.runs if run.setting in settings}
        return at_epoch is None or lengths == {at_epoch}

    def _resolution(self, metric: str) -> float:
        return self._step if metric in _OF_VALIDATION else 0.0

    def _of_table(self, first: str, second: str) -> Contrast | None:
        row = None if self.pairs is None else pair_of(self.pairs, first, second)
        if row is None:
            return None
        p = 1.0 if pd.isna(row["p"]) else row["p"]
        difference, low, high = (row[name] for name in ("difference", "low", "high"))
        shows = float(row["smallest_difference"])
        fresh = row["runs"] == FRESH
        means = row["mean_first"], row["mean_second"]
        if row["first"] != first:
            means = means[::-1]
        return Contrast(
            *(row["n"], difference, low, high, p),
            shows=shows,
            of_table=True,
            fresh=fresh,
            means=means,
        )

    def against_value(
        self, setting: str, metric: str, value: float, at_epoch: int | None = None
    ) -> Contrast:
        """Return a setting against a value; ahead is what is better in the metric."""
        sample = self.sample(setting, metric, at_epoch)
        return contrast(
            sample,
            constant(value, sample),
            MEASURES[metric].higher_is_better,
            resolution=self._resolution(metric) / np.sqrt(2),
        )

    def two_metrics(self, setting: str, metrics: tuple, at_epoch: int | None = None) -> Contrast:
        """Return one metric of a setting against another, run by run: ahead is the larger."""
        first, second = (self.sample(setting, metric, at_epoch) for metric in metrics)
        return contrast(first, second, higher_is_better=True)

    def level(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        """Return the mean over the runs that have a value."""
        return level(self.sample(setting, metric, at_epoch).valued.mean(), metric)

    def mean(self, setting: str, metric: str, at_epoch: int | None = None) -> str:
        """Return the setting's name and mean, and how many of its runs are not in that mean."""
        sample = self.sample(setting, metric, at_epoch)
        if sample.values.empty:
            return f"{setting}: no run is there"
        text = f"{setting} {self.level(setting, metric, at_epoch)}"
        lost = len(sample.values) - len(sample.valued)
        why = "did not reach the target" if np.isinf(sample.values).any() else "diverged"
        return text + (f" ({lost} of {len(sample.values)} {why})" if lost else "")


def comparison(
    study: StudyRuns,
    settings: tuple[str, str],
    metric: str,
    found: Contrast,
    at_epoch: int | None = None,
) -> str:
    """Return the two means, and how far the first setting is ahead, with the interval."""
    first = settings[0]
    if found.means is None:
        means = ", ".join(study.mean(each, metric, at_epoch) for each in settings)
        text = f"{metric_name(metric, at_epoch)}: {means}"
    else:
        pairs = zip(settings, found.means, strict=True)
        means = ", ".join(f"{name} {level(mean, metric)}" for name, mean in pairs)
        text = f"{'test accuracy' if found.fresh else metric_name(metric)}: {means}"
    if found.n and math.isfinite(found.advantage) and not found.open_on_both_sides:
        side = "ahead" if found.advantage >= 0 else "behind"
        text += f"; {first} is {side} by {distance(abs(found.advantage), metric)}"
    return f"{text} ({interval(found, metric)})"


def against_border(
    study: StudyRuns,
    setting: str,
    metric: str,
    border: float,
    found: Contrast,
    at_epoch: int | None = None,
) -> str:
    """Return the mean, its interval, the border; `found` is the contrast with the border."""
    own = found if MEASURES[metric].higher_is_better else found.reversed()
    mean = f"{metric_name(metric, at_epoch)}: {study.mean(setting, metric, at_epoch)}"
    return (
        f"{mean} ({interval(own.shifted(border), metric, of_level=True)}); the border is "
        f"{level(border, metric)}."
    )
