"""The noise of runs that differ by their seed alone, and what so many runs could show above it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lr_atlas.analysis.choice import best_settings
from lr_atlas.analysis.distributions import chi2_isf
from lr_atlas.analysis.intervals import CONFIDENCE
from lr_atlas.analysis.power import SeedsNeeded, in_deviations, seeds_needed
from lr_atlas.analysis.seeds import run_scores
from lr_atlas.common.errors import UserError
from lr_atlas.tools.judge.judged_runs import JudgedRuns, scored_runs

#: The numbers of runs for which it is said what they could show.
RUNS = range(1, 21)


class Known(NamedTuple):
    """A number with the limits that the scatter leaves; NaN where nothing can be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class NoiseFloor:
    """The scatter over seeds of a group's best setting.

    Attributes:
        group: The group.
        setting: Its best setting: the parameters by which settings are told apart.
        n: How many runs it has.
        mean: The mean of their scores.
        deviation: Their standard deviation, with its 95 % interval.
        shown: {runs of each of two settings: the true difference that four of five find}.
        planned: The runs of each that find the difference asked for; None where none was.
    """

    group: str
    setting: dict
    n: int
    mean: float
    deviation: Known
    shown: dict[int, Known]
    planned: SeedsNeeded | None = None


def noise_floors(
    judged: JudgedRuns, baseline: str | None, level: float, difference: float | None = None
) -> list[NoiseFloor]:
    """Return the noise of one group, or of all where none is named.

    level: of the test by which two settings are to be told apart. difference: what is to be found,
    in the metric's own unit. Both settings are taken to scatter alike. Raises UserError where no
    group has two runs of one setting.
    """
    scored = scored_runs(judged)
    best = best_settings(scored, judged.imported.metric)
    names = judged.groups if baseline is None else (judged.named(baseline),)
    floors = []
    for name in (name for name in names if name in best):
        own = scored[scored["setting"] == best[name]]
        values = run_scores(own, judged.imported.metric).to_numpy(dtype=float)
        if len(values) > 1:
            setting = judged.parameters_of(best[name])
            floors.append(_floor(name, setting, values, level, difference))
    if not floors:
        raise UserError(
            f"no setting of {' or '.join(names)} has two runs, and one says nothing of noise"
            f"{judged.why_apart}"
        )
    return floors


def _floor(
    group: str, setting: dict, values: np.ndarray, level: float, difference: float | None
) -> NoiseFloor:
    n, deviation = len(values), values.std(ddof=1)
    tail = (1 - CONFIDENCE) / 2
    limits = np.sqrt((n - 1) / chi2_isf(np.array([tail, 1 - tail]), n - 1))
    known = Known(*(float(deviation * factor) for factor in (1.0, *limits)))
    shown = {runs: Known(*(_in_deviations(runs, level) * each for each in known)) for runs in RUNS}
    planned = (
        None
        if difference is None
        else SeedsNeeded(*(_runs_for(difference, each, level) for each in known))
    )
    return NoiseFloor(group, setting, n, float(values.mean()), known, shown, planned)


def _in_deviations(runs: int, level: float) -> float:
    """Return the true difference that so many runs of each find; NaN of one, which finds none."""
    return in_deviations(runs, level) if runs > 1 else np.nan


def _runs_for(difference: float, deviation: float, level: float) -> int:
    """Return how many runs of each of two settings find a difference in four of five studies."""
    pair = 2  # any number of runs does, as the error of their difference is known exactly
    return seeds_needed(difference, deviation, 2 * pair - 2, pair, level=level).seeds
