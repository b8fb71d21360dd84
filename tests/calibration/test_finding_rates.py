"""Findings are made about as often as is said, where nothing or something is there."""

import pytest
from simulated_findings import (
    at_the_edge,
    called_coarse,
    called_overfitting,
    found_at_the_smallest_difference,
    found_when_advice_is_followed,
    scatter_limits_hold,
    still_improving,
    timings_disturbed,
)


def test_the_best_of_equal_rates_is_at_the_edge_as_often_as_chance_has_it():
    for rates in (3, 5, 7):
        assert at_the_edge([0] * rates, 4_000, 3) == pytest.approx(2 / rates, abs=0.03)
    inside, beyond = [-1, -0.5, 0, -0.5, -1], [-2, -1.5, -1, -0.5, 0]
    assert 0.05 < at_the_edge(inside, 4_000, 3) < 0.12
    assert at_the_edge(inside, 4_000, 10) < 0.03
    assert at_the_edge(beyond, 4_000, 3) > 0.6


def test_a_gap_is_coarse_until_its_ends_are_shown_to_be_as_good():
    """Settings that are as good take the seeds that show it; those far behind are always named."""
    equal, far = [0] * 3, [-8, 0, -8]
    assert called_coarse(equal, 300, 10, margin=5) < 0.05
    assert called_coarse(equal, 300, 3, margin=5) > 0.2
    assert called_coarse(far, 300, 3, margin=5) == 1


@pytest.mark.parametrize("seeds", [1, 3, 6])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_level_curve_is_hardly_ever_still_improving_and_a_rising_one_is(seeds, kept):
    assert still_improving(150, seeds, kept=kept) <= 0.1
    if seeds > 3:
        assert still_improving(100, seeds, kept=kept, gain=0.01) >= 0.9


@pytest.mark.parametrize("epochs", [10, 15, 30, 60])
def test_a_level_noisy_loss_is_seldom_called_overfitting(epochs):
    assert called_overfitting(4_000, epochs, noise=0.01) <= 0.05
    assert called_overfitting(4_000, epochs, noise=0.03) <= 0.06
    assert called_overfitting(1_000, epochs, rise=0.5, noise=0.03) >= 0.9


def test_quiet_timings_are_not_disturbed_and_loud_ones_are():
    assert timings_disturbed(400, 0.03) <= 0.01
    assert timings_disturbed(400, 0.25) >= 0.95


@pytest.mark.parametrize("seeds", [3, 5, 6, 10])
def test_what_so_many_seeds_show_is_found_in_four_of_five_studies(seeds):
    # With three Welch's test is cautious, which the usual approximation leaves out: 69 %.
    expected = 0.69 if seeds == 3 else 0.785
    assert found_at_the_smallest_difference(8_000, seeds) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("seeds", [3, 6, 10])
def test_the_limits_of_the_seeds_advised_hold_the_number_that_the_true_scatter_asks_for(seeds):
    assert scatter_limits_hold(120, seeds) >= 0.88


def test_advice_that_is_followed_finds_the_difference_the_oftener_the_more_it_is_made_from():
    few, more = (found_when_advice_is_followed(150, seeds) for seeds in (3, 10))
    assert 0.55 < few <= more + 0.08
    assert more > 0.7
