"""The statistics agree with closed forms, published values and second implementations."""

from itertools import combinations, product
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lr_atlas.analysis import intervals
from lr_atlas.analysis.best_of import expected_best_of
from lr_atlas.analysis.curves import epochs_to, extrema_and_swing, noise, overfitting, smoothed
from lr_atlas.analysis.pairs import (
    DIVERGED,
    compare_rows,
    holm,
    paired_t,
    probability_of_improvement,
    sign_flip,
    smallest_p,
)
from lr_atlas.analysis.plateau import plateau, width_in_decades
from lr_atlas.analysis.seeds import scores

NAN = float("nan")
ACCURACIES = st.integers(0, 10_000).map(lambda right: right / 10_000)


def samples(least, most):
    return st.lists(ACCURACIES, min_size=least, max_size=most).map(np.array)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# Averages and intervals over seeds


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 11])
def test_averages_of_many_settings_are_those_of_numpy_and_scipy_one_by_one(count):
    values = normal(20, count)
    assert intervals.mean(values) == pytest.approx(values.mean(axis=1))
    assert intervals.median(values) == pytest.approx(np.median(values, axis=1))
    expected = [stats.trim_mean(row, 0.25) for row in values]
    assert intervals.interquartile_mean(values) == pytest.approx(expected)


def test_settings_may_have_different_numbers_of_runs_or_none():
    values = np.array([[1, 2, 6], [4, NAN, NAN], [NAN, NAN, NAN], [NAN, 1, 2]])
    assert intervals.mean(values) == pytest.approx([3, 4, NAN, 1.5], nan_ok=True)
    assert intervals.median(values) == pytest.approx([2, 4, NAN, 1.5], nan_ok=True)
    low, high = intervals.mean_interval(values)
    assert low == pytest.approx([1, NAN, NAN, 1], nan_ok=True)
    assert high == pytest.approx([6, NAN, NAN, 2], nan_ok=True)


def test_the_median_of_times_counts_a_miss_as_later_than_any():
    times = np.array([[3, 1, np.inf], [np.inf, 1, np.inf], [1, 2, 3], [np.inf] * 3])
    assert intervals.median(times).tolist() == [3, np.inf, 2, np.inf]
    assert intervals.median(np.array([[1, 2, np.inf, np.inf]])).tolist() == [np.inf]


def test_the_median_of_censored_times_is_that_of_kaplan_and_meier():
    times = np.array([2.0, 3, 3, 5, 7, np.inf, np.inf])
    ended = stats.CensoredData(uncensored=times[np.isfinite(times)], right=[10, 10])
    survival = stats.ecdf(ended).sf
    first = survival.quantiles[survival.probabilities <= 0.5][0]
    assert intervals.median(times[None]) == [first]


def test_the_interval_of_three_seeds_is_their_range():
    """The lowest mean, all three the same, has probability 1/27, more than 2.5 %."""
    values = normal(50, 3)
    low, high = intervals.mean_interval(values)
    assert low == pytest.approx(values.min(axis=1))
    assert high == pytest.approx(values.max(axis=1))


@pytest.mark.parametrize("count", [5, 10, 20])
def test_the_interval_is_that_of_scipys_bootstrap(count):
    values = normal(4, count)
    low, high = intervals.mean_interval(values)
    expected = stats.bootstrap(
        (values,), np.mean, axis=1, n_resamples=40_000, method="percentile", rng=1
    )
    spread = values.std(axis=1).max()
    assert low == pytest.approx(expected.confidence_interval.low, abs=0.05 * spread)
    assert high == pytest.approx(expected.confidence_interval.high, abs=0.05 * spread)


@pytest.mark.parametrize(("count", "coverage"), [(2, 0.5), (3, 0.75), (5, 0.84), (10, 0.9)])
def test_intervals_of_few_seeds_hold_the_mean_less_often_than_they_say(count, coverage):
    """As the docstring of mean_interval states, with the standard error of this simulation."""
    low, high = intervals.mean_interval(normal(4_000, count))
    held = ((low <= 0) & (high >= 0)).mean()
    assert held == pytest.approx(coverage, abs=0.02)


@given(samples(2, 9), st.randoms())
def test_an_interval_holds_the_mean_and_does_not_depend_on_the_order_of_the_seeds(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    low, high = intervals.mean_interval(np.stack([values, shuffled]))
    assert low[0] == low[1]
    assert high[0] == high[1]
    assert low[0] <= values.mean() + 1e-12
    assert high[0] >= values.mean() - 1e-12


def test_resamples_are_complete_for_few_values_and_weights_add_up():
    assert sorted(map(tuple, intervals.resampling_weights(2).tolist())) == [
        *[(0.0, 1.0), (0.5, 0.5), (0.5, 0.5), (1.0, 0.0)]
    ]
    for count, rows in ((5, 5**5), (6, 9_999)):
        weights = intervals.resampling_weights(count)
        assert weights.shape == (rows, count)
        assert weights.sum(axis=1) == pytest.approx(1)


# Pairs of settings


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_paired_differences_are_tested_as_by_scipy(count):
    first, second = normal(15, count), normal(15, count, seed=1)
    expected = stats.ttest_rel(first, second, axis=1)
    interval = expected.confidence_interval(0.95)
    mean, low, high, p = paired_t(first - second)
    assert mean == pytest.approx((first - second).mean(axis=1))
    assert low == pytest.approx(interval.low)
    assert high == pytest.approx(interval.high)
    assert p == pytest.approx(expected.pvalue)


def test_too_few_or_equal_differences_are_no_error():
    mean, low, high, p = paired_t(
        np.array([[NAN, NAN], [0.5, NAN], [0.0, 0.0], [0.25, 0.25], [0.25, -0.25]])
    )
    assert mean == pytest.approx([NAN, 0.5, 0, 0.25, 0], nan_ok=True)
    assert low[:4] == pytest.approx([NAN, NAN, 0, 0.25], nan_ok=True)
    assert high[:4] == pytest.approx([NAN, NAN, 0, 0.25], nan_ok=True)
    assert p == pytest.approx([NAN, NAN, 1, 0, 1], nan_ok=True)


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_the_sign_flip_test_is_scipys_exact_permutation_test(count):
    differences = normal(5, count).round(1)
    expected = [
        stats.permutation_test(
            (row,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=False
        ).pvalue
        for row in differences
    ]
    assert sign_flip(differences) == pytest.approx(expected)


def test_the_sign_flip_test_of_darwins_maize_is_that_of_fisher():
    """The Design of Experiments, 1935, section 21: 863 of 32,768 patterns sum to 314 or more."""
    eighths_of_an_inch = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    p = sign_flip(np.array([eighths_of_an_inch], dtype=float))
    assert p == pytest.approx([2 * 863 / 32_768])


def test_the_sign_flip_test_of_many_seeds_draws_patterns_and_stays_near_the_exact_p():
    differences = normal(3, 17) + 0.4
    p = sign_flip(differences)
    assert (p == sign_flip(differences[:, ::-1])).all()
    bits = np.arange(2**17)[:, None] >> np.arange(17) & 1
    sums = np.abs(differences @ np.where(bits, 1, -1).T)
    exact = (sums >= np.abs(differences.sum(axis=1))[:, None] - 1e-9).mean(axis=1)
    assert p == pytest.approx(exact, abs=0.015)


def test_five_seeds_cannot_reach_five_per_cent_but_six_can():
    assert smallest_p(np.array([5, 6])).tolist() == [0.0625, 0.03125]
    assert np.isnan(smallest_p(np.array([0]))[0])
    assert sign_flip(np.full((1, 5), 0.3)).tolist() == [0.0625]


@given(samples(1, 8), samples(8, 8))
def test_the_sign_flip_test_never_goes_below_the_smallest_p(first, second):
    differences = (first - second[: len(first)])[None]
    p = sign_flip(differences)
    assert smallest_p(np.array([len(first)])) <= p <= 1
    assert (p == sign_flip(-differences)).all()


def test_holms_correction_of_an_example_by_hand():
    """0.01 * 4, 0.02 * 3, then not below that: 0.03 * 2 and 0.05 * 1."""
    assert holm(np.array([0.03, 0.01, 0.05, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])


@settings(max_examples=10)  # statsmodels takes 0.1 s for each
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holms_correction_is_that_of_statsmodels(p):
    assert holm(np.array(p)) == pytest.approx(multipletests(p, method="holm")[1])


def test_a_test_that_could_not_be_made_is_none_of_holms_tests():
    assert holm(np.array([NAN, 0.01, 0.04])) == pytest.approx([NAN, 0.02, 0.04], nan_ok=True)
    assert np.isnan(holm(np.array([NAN]))).all()
    assert len(holm(np.array([]))) == 0


@given(samples(1, 7), samples(1, 7))
def test_the_probability_of_improvement_is_mann_and_whitneys_u(first, second):
    count = max(len(first), len(second))
    rows = [np.pad(row, (0, count - len(row)), constant_values=NAN) for row in (first, second)]
    (there,), _, _ = probability_of_improvement(rows[0][None], rows[1][None])
    (back,), _, _ = probability_of_improvement(rows[1][None], rows[0][None])
    u = stats.mannwhitneyu(first, second, method="asymptotic").statistic
    assert there == pytest.approx(u / (len(first) * len(second)))
    assert there + back == pytest.approx(1)


def compare(first, second):
    """The comparison of one pair of settings, by their scores."""
    return compare_rows(*(np.array(values, dtype=float)[None] for values in (first, second))).iloc[
        0
    ]


def test_a_diverged_run_is_below_every_other_and_ties_with_another():
    comparison = compare([0.9, 0.8, DIVERGED], [0.1, DIVERGED, DIVERGED])
    # Each of 0.9 and 0.8 is above all three; the diverged one ties with two.
    assert comparison.improvement == pytest.approx((3 + 3 + 1) / 9)
    assert (comparison.n, comparison.difference) == (1, pytest.approx(0.8))
    assert np.isnan([comparison.low, comparison.high, comparison.p_t]).all()


@pytest.mark.parametrize(("first", "second"), [(3, 3), (5, 4), (12, 9)])
def test_the_interval_of_the_improvement_is_that_of_scipys_bootstrap(first, second):
    mine, against = normal(first) + 0.5, normal(second, seed=1)

    def share_above(x, y, axis):
        return (x[..., :, None] > y[..., None, :]).mean(axis=(-2, -1))

    expected = stats.bootstrap(
        (mine, against), share_above, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    width = max(first, second)
    rows = [np.pad(row, (0, width - len(row)), constant_values=NAN) for row in (mine, against)]
    _, low, high = probability_of_improvement(rows[0][None], rows[1][None])
    step = 1.01 / (first * second)  # one more or one fewer pair of runs
    assert low == pytest.approx([expected.low], abs=step)
    assert high == pytest.approx([expected.high], abs=step)


def test_seeds_are_paired_by_their_number_not_their_place():
    runs = pd.DataFrame(
        {
            "setting": ["a", "b", "a", "b", "a", "b"],
            "seed": [2, 0, 0, 1, 1, 7],
            "status": "finished",
            "validation_accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 0.3],
        }
    )
    table = scores(runs)
    comparison = compare(table.loc["a"], table.loc["b"])
    assert comparison.n == 2
    assert comparison.difference == pytest.approx(0.1)
    assert comparison.smallest_p == 0.5


def test_settings_without_a_run_in_common_are_compared_by_what_there_is():
    comparison = compare([0.5, 0.6, NAN, NAN], [NAN, NAN, 0.1, DIVERGED])
    assert comparison.n == 0
    assert np.isnan([comparison.difference, comparison.p_sign_flip, comparison.smallest_p]).all()
    assert comparison.improvement == 1
    nothing = compare([NAN], [0.5])
    assert np.isnan(nothing.improvement)


def test_many_pairs_at_a_time_are_compared_as_one_by_one():
    scores = normal(8, 4)
    scores[0, 1], scores[1, 2], scores[2, :3], scores[3] = NAN, DIVERGED, NAN, DIVERGED
    first, second = np.array(list(combinations(range(8), 2))).T
    together = compare_rows(scores[first], scores[second])
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        alone = compare_rows(scores[[one]], scores[[other]])
        expected = together.iloc[[row]].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected, rtol=1e-12)


# Plateaus


def test_on_the_plateau_is_what_the_paired_test_does_not_tell_from_the_best():
    best = np.array([0.90, 0.91, 0.92, 0.93])
    scores = np.stack([best - [0.30, 0.31, 0.29, 0.30], best, best - [0.01, -0.01, 0.02, -0.005]])
    assert plateau(scores, 1).tolist() == [False, True, True]


def test_a_setting_of_which_runs_diverged_is_on_no_plateau_of_one_that_finished():
    scores = np.array([[0.9, 0.91, 0.92], [0.9, 0.91, DIVERGED], [DIVERGED] * 3, [0.9, NAN, NAN]])
    assert plateau(scores, 0).tolist() == [True, False, False, False]


def test_one_seed_says_nothing_of_a_plateau():
    assert plateau(np.array([[0.9], [0.8]]), 0) is None
    assert plateau(np.array([[0.9, NAN], [0.8, 0.7]]), 0) is None
    assert plateau(np.array([[0.9, 0.8]]), 0).tolist() == [True]


def test_the_width_of_a_plateau_is_in_decades():
    assert width_in_decades(np.array([0.1, 0.001, 0.01])) == pytest.approx(2)
    assert width_in_decades(np.array([0.1])) == 0


# Best of k


@given(samples(1, 7))
def test_the_expected_best_of_k_is_the_mean_over_all_choices_of_k(values):
    expected = [
        np.mean([max(chosen) for chosen in combinations(values, k)])
        for k in range(1, len(values) + 1)
    ]
    assert expected_best_of(values) == pytest.approx(expected)


@given(samples(1, 40))
def test_the_expected_best_of_k_rises_from_the_mean_to_the_maximum(values):
    expected = expected_best_of(values)
    assert expected[0] == pytest.approx(values.mean())
    assert expected[-1] == pytest.approx(values.max())
    assert (np.diff(expected) >= -1e-12).all()


def test_the_expected_best_of_k_is_exact_in_large_grids():
    """Of 1 … N it is k (N + 1) / (k + 1)."""
    count = 10_000
    k = np.arange(1, count + 1)
    expected = k * (count + 1) / (k + 1)
    assert expected_best_of(k.astype(float)) == pytest.approx(expected, rel=1e-9)
    values = np.sort(normal(300))
    weights = [comb(i, 149) / comb(300, 150) for i in range(300)]
    assert expected_best_of(values)[149] == pytest.approx(np.dot(weights, values))
    at_most = stats.hypergeom.pmf(50, 300, np.arange(1, 301), 50)
    by_scipy = np.diff(at_most, prepend=0) @ values
    assert expected_best_of(values)[49] == pytest.approx(by_scipy)


# Curves


@pytest.mark.parametrize(
    ("curve", "extrema", "swing"),
    [
        ([1], 0, 0),
        ([1, 2], 0, 0),
        ([1, 2, 3], 0, 0),
        ([1, 3, 2], 1, 0),
        ([1, 4, 2, 3], 2, 2),
        ([1, 4, 2, 3, 0], 3, 1.5),
        ([1, 2, 2, 2, 3], 0, 0),  # a level stretch is no extremum
        ([1, 2, 2, 1], 1, 0),  # and one at the top is a single one
        ([2, 2, 3, 1, 1, 4], 2, 2),
        ([5, 5, 5], 0, 0),
    ],
)
def test_extrema_are_turns_and_the_swing_is_the_way_between_them(curve, extrema, swing):
    found = extrema_and_swing(np.array([curve], dtype=float))
    assert [float(values[0]) for values in found] == [extrema, swing]


def _extrema_one_by_one(curve):
    kept = [value for place, value in enumerate(curve) if not place or value != curve[place - 1]]
    places = range(1, len(kept) - 1)
    return [kept[i] for i in places if (kept[i] - kept[i - 1]) * (kept[i] - kept[i + 1]) > 0]


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=st.integers(0, 4)))
def test_extrema_are_those_that_a_loop_finds(curves):
    extrema, swing = extrema_and_swing(curves)
    for row, curve in enumerate(curves):
        found = _extrema_one_by_one(curve)
        assert extrema[row] == len(found)
        assert swing[row] == pytest.approx(np.abs(np.diff(found)).mean() if len(found) > 1 else 0)


FALLING = np.linspace(1, 0.1, 10)[None]


def test_a_validation_loss_that_turns_up_while_training_loss_falls_is_overfitting():
    validation = np.array([[1.0, 0.8, 0.6, 0.5, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7]])
    overfits, epoch, rise = overfitting(validation, FALLING)
    assert (overfits.tolist(), epoch.tolist()) == ([True], [5])
    assert rise == pytest.approx([0.65 / 0.5 - 1])  # medians of 0.5 0.45 0.5 and of the last three
    assert not overfitting(validation, validation)[0].any()  # the training loss turns up as well
    assert not overfitting(FALLING, FALLING)[0].any()


def test_a_single_bad_epoch_or_a_rise_below_two_per_cent_is_no_overfitting():
    outlier = FALLING.copy()
    outlier[0, -1] = 2
    slight = np.array([[1.0, 0.9, 0.8, 0.7, 0.6, 0.6, 0.602, 0.604, 0.606, 0.608]])
    for validation in (outlier, slight):
        overfits, epoch, _ = overfitting(validation, FALLING)
        assert not overfits.any()
        assert np.isnan(epoch).all()


@pytest.mark.parametrize("epochs", [5, 10, 30, 100])
def test_noise_about_a_level_is_hardly_ever_taken_for_overfitting(epochs):
    validation = 1 + 0.05 * normal(4_000, epochs)
    train = np.tile(np.linspace(1, 0, epochs), (4_000, 1))
    assert overfitting(validation, train)[0].mean() < 0.05


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_overfitting_is_not_told_from_three_epochs(epochs):
    rising = np.linspace(1, 2, epochs)[None]
    overfits, epoch, _ = overfitting(rising, rising[:, ::-1])
    assert not overfits.any()
    assert np.isnan(epoch).all()


def test_a_loss_of_zero_is_no_error():
    zero = np.zeros((1, 6))
    rising = np.array([[1.0, 0, 0, 0, 1, 1]])
    assert overfitting(zero, FALLING[:, :6])[2].tolist() == [0]
    assert overfitting(rising, FALLING[:, :6])[2].tolist() == [np.inf]


def test_smoothing_is_a_median_and_noise_the_deviation_of_independent_epochs():
    curve = np.array([[1.0, 9, 2, 3, 4]])
    assert smoothed(curve).tolist() == [[2, 2, 3, 3, 3]]
    assert smoothed(curve[:, :2]).tolist() == [[1, 9]]
    assert noise(0.2 * normal(1, 20_000))[0] == pytest.approx(0.2, rel=0.05)
    assert noise(np.linspace(0, 5, 30)[None])[0] == pytest.approx(0, abs=1e-12)


def test_a_target_is_reached_in_the_first_epoch_at_or_above_it_or_later_than_any():
    accuracy = np.array([[0.5, 0.9, 0.8], [0.9, 0.1, 0.1], [0.1, 0.2, 0.3]])
    assert epochs_to(accuracy, 0.9).tolist() == [2, 1, np.inf]
    assert epochs_to(accuracy, NAN).tolist() == [np.inf] * 3


def test_weights_of_both_settings_cover_every_pair_of_resamples():
    """Of two runs each: the improvement's interval from all 16 resamples by hand."""
    mine, against = [0.2, 0.6], [0.4, 0.5]
    shares = sorted(
        np.mean([a > b for a in first for b in second])
        for first in product(mine, repeat=2)
        for second in product(against, repeat=2)
    )
    probability, low, high = probability_of_improvement(np.array([mine]), np.array([against]))
    assert (probability[0], low[0], high[0]) == (0.5, shares[0], shares[-1])
