"""Rates of findings where there is nothing to be found, and where there is something.

Findings that only count what the runs show (budgets, diverged runs, equal histories, layers that
stand still, spikes, sharpness) infer nothing, so there is nothing to simulate.
"""

import numpy as np
import pandas as pd
from simulated_studies import NOISES, against_the_chosen

from lr_atlas.analysis.curve_ends import disturbed_runs, late_gain
from lr_atlas.analysis.curve_shape import overfitting
from lr_atlas.analysis.differences import t_interval, welch
from lr_atlas.analysis.intervals import SIGNIFICANCE
from lr_atlas.analysis.power import in_deviations, seeds_needed

_SEED = 17
#: The smallest gain that `still_improving` speaks of, as for accuracies.
SMALLEST_GAIN = 0.001


def at_the_edge(truth, studies, seeds):
    """Return how often the best of neighbouring learning rates is the first or the last one."""
    generator = np.random.default_rng([_SEED, len(truth), seeds])
    means = generator.normal(size=(studies, len(truth), seeds)).mean(axis=2) + np.array(truth)
    best = means.argmax(axis=1)
    return ((best == 0) | (best == len(truth) - 1)).mean()


def called_coarse(truth, studies, seeds, margin):
    """Return how often a neighbour of the best, a decade away, is not shown to be as good."""
    best, others, _, high = against_the_chosen(truth, studies, seeds)
    beside = np.abs(others - best[:, None]) == 1
    return ((high > margin) & beside).any(axis=1).mean()


def still_improving(studies, seeds, *, epochs=30, gain=0.0, noise=0.005, kept=0.0):
    """Return how often runs are said to be still improving.

    gain: of the true curve between the halves of its last third, in accuracy. noise: deviation of
    an epoch of a run; kept: the part of it that the next epoch keeps.
    """
    generator = np.random.default_rng([_SEED, studies, seeds, int(100 * kept)])
    slope = gain / (epochs // 6)
    curves = 0.9 + slope * np.arange(epochs)
    curves = curves + _curves(generator, (studies * seeds, epochs), kept, noise)
    found = 0
    for own in curves.reshape(studies, seeds, epochs):
        table = pd.DataFrame(
            {
                "seed": np.repeat(np.arange(seeds), epochs),
                "epoch": np.tile(np.arange(1, epochs + 1), seeds),
                "validation_accuracy": own.ravel(),
            }
        )
        found += late_gain(table).is_clear(SMALLEST_GAIN)
    return found / studies


def _curves(generator, shape, kept, noise):
    values = generator.normal(size=shape)
    for epoch in range(1, shape[1]):
        values[:, epoch] = kept * values[:, epoch - 1] + np.sqrt(1 - kept**2) * values[:, epoch]
    return noise * values


def called_overfitting(runs, epochs, *, rise=0.0, noise=0.03):
    """Return how often a run is said to overfit.

    rise: of the true validation loss over the second half, as a share of it. noise: deviation of an
    epoch, likewise. Training loss falls all the time.
    """
    generator = np.random.default_rng([_SEED, epochs, int(1000 * noise)])
    half = np.maximum(np.arange(epochs) - epochs // 2, 0) / (epochs - epochs // 2)
    loss = (1 + rise * half) * (1 + _curves(generator, (runs, epochs), 0.0, noise))
    train = np.broadcast_to(np.linspace(1, 0.5, epochs), loss.shape)
    return overfitting(loss, train)[0].mean()


def timings_disturbed(runs, scatter, epochs=30):
    """Return the share of runs whose seconds are called disturbed; scatter: of an epoch."""
    generator = np.random.default_rng([_SEED, runs])
    table = pd.DataFrame(
        {
            "setting": np.repeat([f"s{place // 5}" for place in range(runs)], epochs),
            "seed": np.repeat(np.arange(runs) % 5, epochs),
            "train_seconds": 1 + scatter * generator.normal(size=runs * epochs),
        }
    )
    return len(disturbed_runs(table)) / runs


def found_at_the_smallest_difference(studies, seeds, noise="normal"):
    """Return how often a difference is found of which `few_seeds` says: in four of five studies."""
    generator = np.random.default_rng([_SEED, seeds, 2])
    runs = NOISES[noise](generator, (2, studies, seeds))
    return (_p(runs[0] + in_deviations(seeds), runs[1]) < SIGNIFICANCE).mean()


def _p(first, second):
    return t_interval(welch(first, second))[3]


def scatter_limits_hold(studies, seeds, difference=1.0):
    """Return how often the limits of the seeds advised hold the number by the true scatter."""
    generator = np.random.default_rng([_SEED, seeds, 3])
    runs = generator.normal(size=(2, studies, seeds))
    found = welch(*runs)
    df = 2 * seeds - 2
    right = seeds_needed(difference, np.sqrt(2 / seeds), 1e6, seeds, level=SIGNIFICANCE).seeds
    held = 0
    # Pooled: the degrees of freedom of the limits are those of equal scatter.
    for error in found.error:
        needed = seeds_needed(difference, float(error), df, seeds, level=SIGNIFICANCE)
        held += needed.low - 1 <= right <= needed.high + 1
    return held / studies


def found_when_advice_is_followed(studies, seeds, difference=1.0):
    """Return how often a true difference is found with the seeds advised by so many.

    The advice is for this true difference, and by the scatter of the first runs alone.
    """
    generator = np.random.default_rng([_SEED, seeds, 4])
    pilot = welch(*generator.normal(size=(2, studies, seeds)))
    found = 0
    for error in pilot.error:
        df = 2 * seeds - 2
        needed = seeds_needed(difference, float(error), df, seeds, level=SIGNIFICANCE).seeds
        runs = generator.normal(size=(2, 1, min(needed, 500)))
        found += _p(runs[0] + difference, runs[1])[0] < SIGNIFICANCE
    return found / studies
