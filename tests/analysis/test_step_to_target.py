"""One step for all seeds: how often it is named too early, and what a first look would do."""

import numpy as np
import pytest
from scipy import stats

from lr_atlas.analysis.step_to_target import rows_beyond

STUDIES, SEEDS, ROWS = 1_000, 5, 100


def curves(random, means, between=1.0, within=1.0, kept=0.5):
    """float64 [studies, seeds, rows]: runs that differ, with noise that lasts some evaluations."""
    noise = random.normal(size=(STUDIES, SEEDS, len(means)))
    for row in range(1, len(means)):
        noise[..., row] = kept * noise[..., row - 1] + np.sqrt(1 - kept**2) * noise[..., row]
    runs = random.normal(size=(STUDIES, SEEDS, 1))
    return means + between * runs + within * noise


def first_look(values, target):
    """The first row at which the bound is beyond, whatever comes after."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    beyond = values.mean(axis=0) - stats.t.ppf(0.95, len(values) - 1) * error > target
    return int(beyond.argmax()) if beyond.any() else None


@pytest.mark.parametrize("kept", [0.0, 0.9])
def test_a_mean_at_the_target_is_called_beyond_in_one_study_of_twenty(kept):
    values = curves(np.random.default_rng(0), np.zeros(ROWS), between=0.3, kept=kept)
    found = [rows_beyond(each, 0.0).first for each in values]
    assert sum(row is not None for row in found) / STUDIES < 0.05 + 2 * np.sqrt(0.05 / STUDIES)
    # Taking the first row that looks like it would name one in most studies.
    looked = sum(first_look(each, 0.0) is not None for each in values)
    assert looked / STUDIES > 0.4


@pytest.mark.parametrize("slope", [0.02, 0.2])
def test_the_ends_hold_what_they_promise_for_a_curve_that_rises(slope):
    crossing = 50
    means = slope * (np.arange(ROWS) - crossing)
    values = curves(np.random.default_rng(1), means)
    found = [rows_beyond(each, 0.0) for each in values]
    early = sum(each.first is not None and each.first <= crossing for each in found)
    late = sum(each.low is None or each.low > crossing for each in found)
    allowed = 0.05 + 2 * np.sqrt(0.05 / STUDIES)
    assert early / STUDIES < allowed
    assert late / STUDIES < allowed
    assert all(each.first is None or each.low <= each.first for each in found)
    if slope > 0.1:
        named = [each.first for each in found if each.first is not None]
        assert len(named) > 0.95 * STUDIES
        assert np.median(named) - crossing < 15


def test_nothing_is_shown_by_one_run_or_by_a_mean_that_falls_back():
    rising = np.linspace(-1, 1, 11)
    assert rows_beyond(rising[None], 0.0) == (None, 0)
    runs = np.stack([rising, rising + 0.01])
    assert rows_beyond(runs, 0.0) == (6, 5)
    assert rows_beyond(np.concatenate([runs, -runs[:, -1:]], axis=1), 0.0).first is None
    # Runs that agree to the last image scatter by what rounding hides.
    assert rows_beyond(np.full((3, 4), 0.01), 0.0, resolution=0.03).first is None
