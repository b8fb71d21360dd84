"""What the evidence of a claim is made of: a study's runs by setting, and sentences about them."""

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
)
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.grid import Plan
from lr_atlas.setting_match import matching_settings


class StudyRuns:
    """The settings of a plan and the measures of its runs."""

    def __init__(self, plan: Plan, measures: pd.DataFrame) -> None:
        self.plan, self.measures = plan, measures

    def setting(self, where: dict) -> str:
        """The name of the one setting that matches."""
        return matching_settings(self.plan, where)[0]

    def settings(self, where: dict) -> list[str]:
        """The names of all that match."""
        return matching_settings(self.plan, where)

    def runs(self, setting: str) -> pd.DataFrame:
        """The rows of its runs."""
        return self.measures[self.measures["setting"] == setting]

    def sample(self, setting: str, metric: str) -> Sample:
        """The metric's values in its runs."""
        return samples(self.plan, self.measures, setting, metric)

    def against(self, first: str, second: str, metric: str) -> Contrast:
        """One setting against another; ahead is what is better in the metric."""
        return contrast(
            self.sample(first, metric),
            self.sample(second, metric),
            MEASURES[metric].higher_is_better,
        )

    def against_value(self, setting: str, metric: str, value: float) -> Contrast:
        """A setting against a value; ahead is what is better in the metric."""
        sample = self.sample(setting, metric)
        return contrast(sample, constant(value, sample), MEASURES[metric].higher_is_better)

    def level(self, setting: str, metric: str) -> str:
        """The mean over the runs that have a value."""
        return level(self.sample(setting, metric).valued.mean(), metric)

    def mean(self, setting: str, metric: str) -> str:
        """The setting's name and mean, and how many of its runs are not in that mean."""
        sample = self.sample(setting, metric)
        if sample.values.empty:
            return f"{setting}: no run is there"
        text = f"{setting} {self.level(setting, metric)}"
        lost = len(sample.values) - len(sample.valued)
        why = "did not reach the target" if np.isinf(sample.values).any() else "diverged"
        return text + (f" ({lost} of {len(sample.values)} {why})" if lost else "")


def comparison(study: StudyRuns, first: str, second: str, metric: str, found: Contrast) -> str:
    """The two means, and how far the first is ahead, with the interval."""
    text = f"{metric_name(metric)}: {study.mean(first, metric)}, {study.mean(second, metric)}"
    if found.n and math.isfinite(found.advantage) and not found.open_on_both_sides:
        side = "ahead" if found.advantage >= 0 else "behind"
        text += f"; {first} is {side} by {distance(abs(found.advantage), metric)}"
    return f"{text} ({interval(found, metric)})"


def against_border(
    study: StudyRuns, setting: str, metric: str, border: float, found: Contrast
) -> str:
    """The mean, its interval, the border; `found` is the contrast with the border."""
    own = found if MEASURES[metric].higher_is_better else found.reversed()
    mean = f"{metric_name(metric)}: {study.mean(setting, metric)}"
    return (
        f"{mean} ({interval(own.shifted(border), metric, of_level=True)}); the border is "
        f"{level(border, metric)}."
    )
