"""Studies drawn at random, in which the truth is known, and how often their verdicts are wrong.

The chosen settings are picked here, many studies at a time; the rest is the project's own code.
`make simulate` prints the rates from many more studies than the tests take.
"""

from dataclasses import dataclass

import numpy as np

from lr_atlas.analysis.differences import welch
from lr_atlas.analysis.diverging import with_diverged_runs
from lr_atlas.analysis.intervals import SIGNIFICANCE, mean_interval
from lr_atlas.analysis.plateau import plateau, width_in_decades
from lr_atlas.analysis.unadjusted import error_of_an_ordinary_test
from lr_atlas.analysis.verdicts import Pairs, shares_of_picked, simultaneous_intervals

_SEED = 12
_BETWEEN = 0.8  # of the error, as in verdicts.compare_settings


@dataclass(frozen=True)
class Case:
    """The optimizers of a study: how many settings each has, their truth and scatter."""

    settings: tuple[int, ...]
    truth: tuple[float, ...] | None = None  # of each setting; all 0 if None
    deviations: tuple[float, ...] | None = None  # of a run of each; all 1 if None
    diverging: float = 0.0  # the share of runs that diverge

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
        values = truth[..., None] + deviation[..., None] * generator.normal(size=(*shape, seeds))
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
#: One optimizer is better by a standard deviation of its runs.
BETTER = Case((5, 5), truth=tuple(np.add(PEAK, 1.0)) + PEAK)


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
    count = len(case.settings)
    settings = np.ones(count, int) if confirm else np.array(case.settings)
    if confirm:
        values = case.runs(generator, studies, confirm, picked)
    else:
        values = np.take_along_axis(runs, picked[..., None], axis=1)
    error = SIGNIFICANCE * (_BETWEEN if sum(case.settings) > count else 1.0)
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
        low, high, _ = with_diverged_runs(*rows, some, low, high, p, shares)
    true = (truth[picked[:, first]] - truth[picked[:, second]]).ravel()
    shape = (studies, len(first))
    return ((low > 0) | (high < 0)).reshape(shape), ((low <= true) & (true <= high)).reshape(shape)


def false_better(case, studies, seeds, confirm=0):
    """Return how often some setting that was picked is called better than one that is as good."""
    told_apart, held = verdicts_between(case, studies, seeds, confirm)
    return (told_apart & ~held).any(axis=1).mean()


def power(studies, seeds, confirm=0):
    """Return how often the better one of two optimizers is found, a standard deviation apart."""
    return verdicts_between(BETTER, studies, seeds, confirm)[0].mean()


def coverage_of_the_chosen(settings, studies, seeds, confirm=0):
    """Return how often the interval of the chosen setting holds its true mean."""
    generator = np.random.default_rng([_SEED, settings, seeds, confirm])
    runs = generator.normal(size=(studies, settings, seeds))
    best = runs.mean(axis=2).argmax(axis=1)
    if confirm:
        low, high = mean_interval(generator.normal(size=(studies, confirm)))
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


#: Standard deviations of a run below the best, a decade apart; with a margin of five, the first
#: four belong to the plateau: three decades.
LANDSCAPE, MARGIN = (4.0, 1.0, 0.0, 2.0, 8.0), 5.0
_RATES = dict(zip((1e-4, 1e-3, 1e-2, 1e-1, 1.0), range(5), strict=True))


def plateaus(studies, seeds):
    """Return (width in decades, whether a setting beyond the margin is in it), [studies].

    The width is 0 where it is not determined.
    """
    generator = np.random.default_rng([_SEED, seeds])
    runs = generator.normal(size=(studies, 5, seeds)) - np.array(LANDSCAPE)[:, None]
    best = runs.mean(axis=2).argmax(axis=1)
    others = np.array([[o for o in range(5) if o != b] for b in best])
    rows = [
        np.repeat(runs[np.arange(studies), best], 4, axis=0),
        np.take_along_axis(runs, others[..., None], axis=1).reshape(-1, seeds),
    ]
    places = np.arange(len(rows[0]))
    pairs = Pairs(places, places, np.full(len(places), 5), np.ones(len(places), int))
    low, high, _, _ = simultaneous_intervals(welch(*rows), pairs, SIGNIFICANCE / 4)
    rates = np.array(list(_RATES))
    widths, wrong = np.zeros(studies), np.zeros(studies, bool)
    for study in range(studies):
        part = slice(4 * study, 4 * study + 4)
        ends = zip(low[part], high[part], strict=True)
        behind = dict(zip(others[study].tolist(), ends, strict=True))
        found = plateau(int(best[study]), _RATES, behind, MARGIN)
        if found.settings:
            widths[study] = width_in_decades(rates[list(found.settings)])
        truth = np.array(LANDSCAPE)[list(found.settings)]
        wrong[study] = (truth - LANDSCAPE[best[study]] > MARGIN).any()
    return widths, wrong


def report(studies):
    """Return the rates as Markdown."""
    seeds, fresh = (3, 5, 6, 10, 30), (5, 10)
    lines = [
        f"Of {studies:,} studies without any difference, in how many (%) some optimizer is called "
        "better: on the runs that chose, with n seeds; on m fresh seeds; and what an ordinary test "
        "of the picked settings does with 6 seeds.",
        "",
        "| settings | "
        + " | ".join(f"n = {n}" for n in seeds)
        + " | "
        + " | ".join(f"m = {m}" for m in fresh)
        + " | ordinary |",
        "| --- |" + " --- |" * (len(seeds) + len(fresh) + 1),
    ]
    for name, case in CASES.items():
        rates = [false_better(case, studies, n) for n in seeds]
        rates += [false_better(case, studies, 3, m) for m in fresh]
        cells = [f"{100 * rate:.1f}" for rate in rates]
        # The integral behind it knows no runs that diverge.
        ordinary = error_of_an_ordinary_test(case.settings, 6)
        cells.append("" if case.diverging else f"{100 * ordinary:.1f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    counts = (3, 5, 6, 10)
    lines += [
        "",
        "Power (%): 5 settings against 5, one optimizer better by a standard deviation of a run.",
        "",
        "| decided on | " + " | ".join(f"n = {n}" for n in counts) + " |",
        "| --- |" + " --- |" * len(counts),
        "| the runs that chose | "
        + " | ".join(f"{100 * power(studies, n):.0f}" for n in counts)
        + " |",
        "| as many fresh seeds | "
        + " | ".join(f"{100 * power(studies, n, n):.0f}" for n in counts)
        + " |",
        "",
        "The interval of the chosen setting holds its true mean in (%):",
        "",
        "| chosen among | " + " | ".join(f"n = {n}" for n in counts) + " | m = 5 fresh |",
        "| --- |" + " --- |" * (len(counts) + 1),
    ]
    for settings in (1, 5, 10, 20):
        rates = [coverage_of_the_chosen(settings, studies, n) for n in counts]
        rates.append(coverage_of_the_chosen(settings, studies, 5, 5))
        lines.append(f"| {settings} | " + " | ".join(f"{100 * rate:.1f}" for rate in rates) + " |")
    lines += [
        "",
        "The interval of the optimizer that is best on m fresh seeds holds its true mean in (%):",
        "",
        "| the best of | " + " | ".join(f"m = {m}" for m in fresh) + " |",
        "| --- |" + " --- |" * len(fresh),
    ]
    for optimizers in (2, 3, 5, 10):
        rates = [coverage_of_the_best(optimizers, studies, m) for m in fresh]
        lines.append(
            f"| {optimizers} | " + " | ".join(f"{100 * rate:.1f}" for rate in rates) + " |"
        )
    counts = (3, 5, 6, 10, 20)
    found = [plateaus(min(studies, 2_000), n) for n in counts]
    lines += [
        "",
        "The plateau of one landscape, five rates a decade apart, 4, 1, 0, 2 and 8 standard "
        "deviations of a run below the best, with a margin of 5 (so 3 decades are right):",
        "",
        "| | " + " | ".join(f"n = {n}" for n in counts) + " |",
        "| --- |" + " --- |" * len(counts),
        "| mean width in decades | " + " | ".join(f"{w.mean():.2f}" for w, _ in found) + " |",
        "| holds a rate that it should not (%) | "
        + " | ".join(f"{100 * wrong.mean():.1f}" for _, wrong in found)
        + " |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(20_000))
