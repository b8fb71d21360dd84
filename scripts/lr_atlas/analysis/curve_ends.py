"""Look at a study's method in its epochs: late gains, disturbed times, equal runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lr_atlas.analysis.curve_shape import noise
from lr_atlas.analysis.differences import paired_t
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric
from lr_atlas.training.records import STEP

#: A third of the epochs, where a curve that has settled is level; at least four, two to a half.
_LATE_SHARE, _FEWEST = 3, 4
_NOISES = 3
#: On a quiet machine the middle half of a run's epochs lies within some 3 % of the median, and its
#: runs differ as little; with jobs that share cores it is 20 % and more.
_SCATTER = 0.1
_QUARTILES_OF_NORMAL = 1.349  # in standard deviations


@dataclass(frozen=True)
class Gain:
    """Hold how much the metric gets better from one half of the last epochs to the other."""

    mean: float
    low: float  # of its 95 % t interval; of one run: three times its noise below the mean
    high: float
    runs: int
    window: int  # how many epochs the two halves are
    epochs: int

    def is_clear(self, smallest: float) -> bool:
        """Return whether it is beyond noise, and worth while: more than the smallest that is."""
        return self.low > 0 and self.mean > smallest


def late_gain(epochs: pd.DataFrame, metric: StudyMetric = ACCURACY) -> Gain | None:
    """Return the gain of one setting at its end; None if no run has two epochs.

    epochs: the rows of its runs that did not diverge. Of an odd number of last epochs the one in
    the middle belongs to neither half.
    """
    curves = epochs.pivot(index="seed", columns="epoch", values=metric.validation)
    curves = metric.sign * curves.sort_index(axis=1).to_numpy(dtype=float)
    if not len(curves) or curves.shape[1] < 2:
        return None
    length = curves.shape[1]
    window = min(length, max(_FEWEST, -(-length // _LATE_SHARE)))
    half = window // 2
    last = curves[:, -window:]
    gains = last[:, -half:].mean(axis=1) - last[:, :half].mean(axis=1)
    if len(gains) == 1:
        error = _NOISES * float(noise(curves)[0]) * np.sqrt(2 / half)
        mean = float(gains[0])
        return Gain(mean, mean - error, mean + error, 1, window, length)
    mean, low, high, _ = (float(each[0]) for each in paired_t(gains[None]))
    return Gain(mean, low, high, len(gains), window, length)


def disturbed_runs(epochs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs whose epochs took so different times that their seconds say little.

    Returns a DataFrame with setting, seed and scatter, a share of the median seconds of an epoch:
    the larger of the scatter of the run's own epochs (from their quartiles, so that a single slow
    one does not count) and of how far its median is from that of the setting's fastest run. Only
    those above a tenth.
    """
    if STEP in epochs:  # rows of different numbers of steps
        ordered = epochs.sort_values(["setting", "seed", STEP])
        since = ordered.groupby(["setting", "seed"])[STEP].diff().fillna(ordered[STEP])
        epochs = ordered.assign(train_seconds=ordered["train_seconds"] / since.astype(float))
    seconds = epochs.groupby(["setting", "seed"])["train_seconds"]
    low, median, high = (seconds.quantile(share) for share in (0.25, 0.5, 0.75))
    within = (high - low) / _QUARTILES_OF_NORMAL / median
    fastest = median.groupby(level="setting").transform("min")
    scatter = pd.concat([within, median / fastest - 1], axis=1).max(axis=1).rename("scatter")
    return scatter[scatter > _SCATTER].reset_index()


def equal_histories(
    epochs: pd.DataFrame, columns: Sequence[str] = ACCURACY.columns
) -> list[list[str]]:
    """Return groups of settings whose runs have the same metrics to the last digit, by seed.

    columns: of the metrics.
    """
    content: dict[bytes, list[str]] = {}
    for setting, own in epochs.sort_values(["seed", "epoch"]).groupby("setting", sort=False):
        values = own[["seed", "epoch", *columns]].to_numpy(dtype=float)
        content.setdefault(values.tobytes(), []).append(setting)
    order = {setting: place for place, setting in enumerate(epochs["setting"].unique())}
    groups = [sorted(group, key=order.__getitem__) for group in content.values() if len(group) > 1]
    return sorted(groups, key=lambda group: order[group[0]])
