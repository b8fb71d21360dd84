"""Studies drawn at random, in which the truth is known, and how often their verdicts are wrong.

The chosen settings are picked here, many studies at a time; the rest is the project's own code.
`make simulate` prints the rates from many more studies than the tests take, see error_rates.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from lr_atlas.analysis.differences import welch
from lr_atlas.analysis.diverging import with_diverged_runs
from lr_atlas.analysis.intervals import SIGNIFICANCE, mean_interval, prediction_interval
from lr_atlas.analysis.looks import share_of_look
from lr_atlas.analysis.pair_rows import Pairs, shares_of_picked, simultaneous_intervals
from lr_atlas.analysis.plateau import plateau, width_in_decades

_SEED = 12
_BETWEEN = 0.8  # of the error, as in verdicts.compare_settings


def _heavy(generator, size):
    """Return values of Student's t with three degrees of freedom, of deviation 1."""
    return generator.standard_t(3, size=size) / np.sqrt(3)


def _skewed(generator, size):
    """Return values with a long tail downwards, as of runs that fail in part; of deviation 1."""
    return 1 - generator.exponential(size=size)


def _outliers(generator, size):
    """Return values of which one in ten lies five times as far, of deviation 1."""
    far = np.where(generator.random(size) < 0.1, 5.0, 1.0)
    return far * generator.normal(size=size) / np.sqrt(0.9 + 0.1 * 25)


#: Drawn with mean 0 and deviation 1.
NOISES = {
    "normal": lambda generator, size: generator.normal(size=size),
    "heavy tails": _heavy,
    "skewed": _skewed,
    "outliers": _outliers,
}


@dataclass(frozen=True)
class Case:
    """The optimizers of a study: how many settings each has, their truth and scatter."""

    settings: tuple[int, ...]
    truth: tuple[float, ...] | None = None  # of each setting; all 0 if None
    deviations: tuple[float, ...] | None = None  # of a run of each; all 1 if None
    diverging: float = 0.0  # the share of runs that diverge
    noise: str = "normal"  # of runs, of NOISES

    @property
    def owners(self):
        """Return the optimizer of each setting."""
        return np.repeat(np.arange(len(self.settings)), self.settings)

    def runs(self, generator, studies, seeds, picked=None):
        """Return runs [studies, settings, seeds], or those of the settings that were picked."""
        count = sum(self.settings)
        truth = np.zeros(count) if self.truth is None else np.array(self.truth)
        deviation = np.ones(count) if self.deviations is None else np.array(self.deviations)
        if picked is not None:
            truth, deviation = truth[picked], deviation[picked]
        shape = (studies, count) if picked is None else picked.shape
        noise = NOISES[self.noise](generator, (*shape, seeds))
        values = truth[..., None] + deviation[..., None] * noise
        if self.diverging:
            values[generator.random(values.shape) < self.diverging] = DIVERGED
        return values


#: The score of a diverged run: far below any other.
DIVERGED = -200.0
PEAK = (-4.0, -1.0, 0.0, -2.0, -4.0)
#: Without any difference between the optimizers.
CASES = {
    "1 against 1": Case((1, 1)),
    "5 against 5": Case((5, 5)),
    "1 against 5": Case((1, 5)),
    "1 against 20": Case((1, 20)),
    "1 against 20, these noisier": Case((1, 20), deviations=(1.0,) + (3.0,) * 20),
    "1 against 20, some noisier": Case((1, 20), deviations=(0.3,) + (1.0,) * 10 + (5.0,) * 10),
    "5, 8 and 1": Case((5, 8, 1)),
    "four with 1 each": Case((1,) * 4),
    "six with 1 each": Case((1,) * 6),
    "ten with 1 each": Case((1,) * 10),
    "5 against 5, peaked": Case((5, 5), truth=PEAK * 2),
    "ten with 1 each, half of the runs diverge": Case((1,) * 10, diverging=0.5),
    "ten with 1 each, one run of ten diverges": Case((1,) * 10, diverging=0.1),
    "5 against 5, half of the runs diverge": Case((5, 5), diverging=0.5),
}
#: Likewise, with runs that are not normal or scatter unequally.
OTHER_NOISE = {
    "1 against 1, heavy tails": Case((1, 1), noise="heavy tails"),
    "1 against 1, skewed": Case((1, 1), noise="skewed"),
    "1 against 1, outliers": Case((1, 1), noise="outliers"),
    "1 against 1, scatter 1 and 3": Case((1, 1), deviations=(1.0, 3.0)),
    "5 against 5, heavy tails": Case((5, 5), noise="heavy tails"),
    "1 against 20, heavy tails": Case((1, 20), noise="heavy tails"),
}
#: Skewed and of unequal scatter at once: what Student's t is known to be too sure of.
HARD = Case((1, 1), deviations=(1.0, 3.0), noise="skewed")


def with_a_better_one(case):
    """Return the case with its first optimizer better by 1, a standard deviation of most runs."""
    truth = np.zeros(sum(case.settings)) if case.truth is None else np.array(case.truth)
    return replace(case, truth=tuple(truth + (case.owners == 0)))


#: One optimizer is better by a standard deviation of its runs.
BETTER = with_a_better_one(CASES["5 against 5, peaked"])


def picks(case, runs):
    """Return the setting with the highest mean of each optimizer, int64 [studies, optimizers]."""
    means = runs.mean(axis=2)
    chosen = [
        np.flatnonzero(case.owners == owner)[means[:, case.owners == owner].argmax(axis=1)]
        for owner in range(len(case.settings))
    ]
    return np.stack(chosen, axis=1)


def verdicts_between(case, studies, seeds, confirm=0, seed=_SEED):
    """Return (verdicts, held): both bool [studies, pairs of optimizers].

    verdicts: whether the pair is told apart; held: whether its interval holds the true difference
    of the two settings that were picked. confirm: fresh seeds; 0: the runs that chose decide.
    """
    generator = np.random.default_rng([seed, seeds, confirm, *case.settings])
    runs = case.runs(generator, studies, seeds)
    picked = picks(case, runs)
    if confirm:
        return judge(case, case.runs(generator, studies, confirm, picked), picked, is_fresh=True)
    return judge(case, np.take_along_axis(runs, picked[..., None], axis=1), picked)


def judge(case, values, picked, is_fresh=False, part=1.0):
    """Return `verdicts_between` of the runs of the picked settings, [studies, optimizers, seeds].

    part: of the error, as of a further look.
    """
    studies, count = picked.shape
    settings = np.ones(count, int) if is_fresh else np.array(case.settings)
    error = part * SIGNIFICANCE * (_BETWEEN if sum(case.settings) > count else 1.0)
    share = error / (count * (count - 1) / 2)
    first, second = np.triu_indices(count, 1)
    truth = np.zeros(sum(case.settings)) if case.truth is None else np.array(case.truth)
    rows = [values[:, side].reshape(-1, values.shape[2]) for side in (first, second)]
    places = np.arange(len(rows[0]))
    k = [np.tile(settings[side], studies) for side in (first, second)]
    estimate, pairs = welch(*rows), Pairs(places, places, *k)
    low, high, p, _ = simultaneous_intervals(estimate, pairs, share)
    if case.diverging:
        some = np.any([(side == DIVERGED).any(axis=1) for side in rows], axis=0)
        shares = shares_of_picked(estimate.difference, pairs, share)
        low, high, _ = with_diverged_runs(*rows, some, low=low, high=high, p=p, shares=shares)
    true = (truth[picked[:, first]] - truth[picked[:, second]]).ravel()
    shape = (studies, len(first))
    return ((low > 0) | (high < 0)).reshape(shape), ((low <= true) & (true <= high)).reshape(shape)


def false_better(case, studies, seeds, confirm=0):
    """Return how often some setting that was picked is called better than one that is as good."""
    told_apart, held = verdicts_between(case, studies, seeds, confirm)
    return (told_apart & ~held).any(axis=1).mean()


def power(studies, seeds, confirm=0, case=BETTER):
    """Return how often the first optimizer, which is better, is told apart from another one."""
    first, _ = np.triu_indices(len(case.settings), 1)
    return verdicts_between(case, studies, seeds, confirm)[0][:, first == 0].mean()


def false_better_in_looks(case, studies, sizes, counted=True, fresh=False):
    """Return how often any look calls better what is as good, at these numbers of seeds in turn.

    counted: whether further looks are judged more strictly. fresh: whether the seeds are fresh ones
    of settings that were picked by three others.
    """
    generator = np.random.default_rng([_SEED, *case.settings, *sizes])
    runs = case.runs(generator, studies, 3 if fresh else sizes[-1])
    picked = picks(case, runs)
    if fresh:
        runs = case.runs(generator, studies, sizes[-1], picked)
    wrong = np.zeros(studies, bool)
    for look, seeds in enumerate(sizes, 1):
        if fresh:
            values = runs[..., :seeds]
        else:
            picked = picks(case, runs[..., :seeds])
            values = np.take_along_axis(runs[..., :seeds], picked[..., None], axis=1)
        told_apart, held = judge(
            case, values, picked, is_fresh=fresh, part=share_of_look(look) if counted else 1.0
        )
        wrong |= (told_apart & ~held).any(axis=1)
    return wrong.mean()


def coverage_of_the_chosen(settings, studies, seeds, confirm=0, noise="normal"):
    """Return how often the interval of the chosen setting holds its true mean."""
    generator = np.random.default_rng([_SEED, settings, seeds, confirm])
    runs = NOISES[noise](generator, (studies, settings, seeds))
    best = runs.mean(axis=2).argmax(axis=1)
    if confirm:
        low, high = mean_interval(NOISES[noise](generator, (studies, confirm)))
    else:
        low, high = mean_interval(runs[np.arange(studies), best], chosen_from=settings)
    return ((low <= 0) & (high >= 0)).mean()


def coverage_of_the_best(optimizers, studies, fresh):
    """Return how often the interval of the best of several optimizers on fresh seeds holds."""
    generator = np.random.default_rng([_SEED, optimizers, fresh])
    runs = generator.normal(size=(studies, optimizers, fresh))
    best = runs[np.arange(studies), runs.mean(axis=2).argmax(axis=1)]
    low, high = mean_interval(best, chosen_from=max(optimizers - 1, 1))
    return ((low <= 0) & (high >= 0)).mean()


def coverage_on_the_test_images(settings, correlation, studies, seeds):
    """Return how often the test interval of the chosen setting holds, by the runs that chose it.

    correlation: of a run's test accuracy with the validation accuracy that it was chosen by.
    """
    generator = np.random.default_rng([_SEED, settings, seeds, int(100 * correlation)])
    runs = generator.normal(size=(studies, settings, seeds))
    chosen = runs[np.arange(studies), runs.mean(axis=2).argmax(axis=1)]
    own = generator.normal(size=chosen.shape)
    test = correlation * chosen + np.sqrt(1 - correlation**2) * own
    low, high = mean_interval(test, chosen_from=settings)
    return ((low <= 0) & (high >= 0)).mean()


def coverage_of_one_more_run(studies, seeds):
    """Return how often a further run of a setting lies where its prediction interval says."""
    runs = np.random.default_rng([_SEED, seeds, 1]).normal(size=(studies, seeds + 1))
    low, high = prediction_interval(runs[:, 1:])
    return ((low <= runs[:, 0]) & (runs[:, 0] <= high)).mean()


def against_the_chosen(truth, studies, seeds):
    """Return (best, others, low, high) of one optimizer's settings: the pairs within it.

    truth: of each of k settings. best: int64 [studies], the picked one; others: int64
    [studies, k - 1]; low, high: by how much each is behind the best, float64 [studies, k - 1].
    """
    generator = np.random.default_rng([_SEED, seeds])
    count = len(truth)
    runs = generator.normal(size=(studies, count, seeds)) + np.array(truth)[:, None]
    best = runs.mean(axis=2).argmax(axis=1)
    others = np.array([[o for o in range(count) if o != b] for b in best])
    rows = [
        np.repeat(runs[np.arange(studies), best], count - 1, axis=0),
        np.take_along_axis(runs, others[..., None], axis=1).reshape(-1, seeds),
    ]
    places = np.arange(len(rows[0]))
    k = np.full(len(places), count), np.ones(len(places), int)
    share = SIGNIFICANCE / (count - 1)
    low, high, _, _ = simultaneous_intervals(welch(*rows), Pairs(places, places, *k), share)
    return best, others, low.reshape(others.shape), high.reshape(others.shape)


def coverage_within(truth, studies, seeds):
    """Return how often all intervals of an optimizer's chosen setting against its others hold."""
    best, others, low, high = against_the_chosen(truth, studies, seeds)
    truth = np.array(truth)
    behind = truth[best][:, None] - truth[others]
    return ((low <= behind) & (behind <= high)).all(axis=1).mean()


#: Standard deviations of a run below the best, a decade apart; with a margin of five, the first
#: four belong to the plateau: three decades.
LANDSCAPE, MARGIN = (4.0, 1.0, 0.0, 2.0, 8.0), 5.0
_RATES = dict(zip((1e-4, 1e-3, 1e-2, 1e-1, 1.0), range(5), strict=True))


def plateaus(studies, seeds):
    """Return (width in decades, whether a setting beyond the margin is in it), [studies].

    The width is 0 where it is not determined.
    """
    best, others, low, high = against_the_chosen(np.negative(LANDSCAPE), studies, seeds)
    rates = np.array(list(_RATES))
    widths, wrong = np.zeros(studies), np.zeros(studies, bool)
    for study in range(studies):
        ends = zip(low[study], high[study], strict=True)
        behind = dict(zip(others[study].tolist(), ends, strict=True))
        found = plateau(int(best[study]), _RATES, behind, MARGIN)
        if found.settings:
            widths[study] = width_in_decades(rates[list(found.settings)])
        truth = np.array(LANDSCAPE)[list(found.settings)]
        wrong[study] = (truth - LANDSCAPE[best[study]] > MARGIN).any()
    return widths, wrong
