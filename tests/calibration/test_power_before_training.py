"""A difference that the plan says will be found is found in about four of five studies."""

import numpy as np
import pytest

from lr_atlas.analysis.differences import welch
from lr_atlas.analysis.foreseen import Question, found_with
from lr_atlas.analysis.pair_rows import Pairs, simultaneous_intervals

_STUDIES = 4_000


def share_found(settings, seeds, fresh=False):
    """Return how often an optimizer that is better by the planned difference is told apart.

    settings: how many each of them has, all equally good. The first one is better than the second.
    """
    question = Question({f"o{place}": count for place, count in enumerate(settings)}, fresh)
    deviations = dict.fromkeys(question.settings, 1.0)
    difference = found_with(question, seeds, deviations).high
    _, share, _ = next(question.pairs())
    generator = np.random.default_rng([seeds, *settings])
    chosen = []
    for count in settings[:2]:
        runs = generator.normal(size=(_STUDIES, 1 if fresh else count, seeds))
        best = runs.mean(axis=2).argmax(axis=1)
        chosen.append(runs[np.arange(_STUDIES), best])
    counts = [np.full(_STUDIES, 1 if fresh else count) for count in settings[:2]]
    places = np.arange(_STUDIES)
    low, *_ = simultaneous_intervals(
        welch(chosen[0] + difference, chosen[1]), Pairs(places, places, *counts), share
    )
    return (low > 0).mean()


@pytest.mark.parametrize("seeds", [3, 5, 6, 10])
@pytest.mark.parametrize("settings", [(1, 1), (1, 1, 1, 1), (5, 5)])
def test_the_planned_difference_is_found_in_four_of_five_studies(settings, seeds):
    # The largest of several means scatter less, so that more is found.
    assert 0.75 < share_found(settings, seeds) < (0.85 if settings[0] == 1 else 0.95)


@pytest.mark.parametrize("seeds", [5, 10])
def test_so_is_that_of_fresh_seeds(seeds):
    assert 0.75 < share_found((20, 5), seeds, fresh=True) < 0.85
