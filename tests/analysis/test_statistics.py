"""The statistics agree with closed forms, published values and second implementations."""

from itertools import combinations
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
from lr_atlas.analysis.curve_shape import epochs_to, extrema_and_swing, noise, overfitting, smoothed
from lr_atlas.analysis.differences import (
    holm,
    paired,
    paired_t,
    probability_of_improvement,
    t_interval,
    welch,
)
from lr_atlas.analysis.largest import critical, survival
from lr_atlas.analysis.pairing import seed_correlation
from lr_atlas.analysis.plateau import Plateau, plateau, width_in_decades
from lr_atlas.analysis.power import in_deviations, seeds_needed, smallest_difference
from lr_atlas.analysis.random_search import expected_best_of
from lr_atlas.analysis.seeds import run_scores, scores

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
    expected = [stats.t.interval(0.95, 2, 3, stats.sem([1, 2, 6])), (NAN, NAN), (NAN, NAN)]
    expected.append(stats.t.interval(0.95, 1, 1.5, stats.sem([1, 2])))
    assert low == pytest.approx([low for low, _ in expected], nan_ok=True)
    assert high == pytest.approx([high for _, high in expected], nan_ok=True)


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


@given(samples(2, 9), st.randoms())
def test_an_interval_holds_the_mean_and_does_not_depend_on_the_order_of_the_seeds(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    low, high = intervals.mean_interval(np.stack([values, shuffled]))
    assert low[0] == low[1] <= values.mean() + 1e-12
    assert high[0] == high[1] >= values.mean() - 1e-12


def test_runs_that_agree_to_the_last_image_still_scatter_by_what_rounding_hides():
    low, high = intervals.mean_interval(np.full((1, 3), 0.5), resolution=0.01)
    assert (high - low) / 2 == pytest.approx(stats.t.isf(0.025, 2) * 0.01 / np.sqrt(12 * 3))


# The largest of k


@pytest.mark.parametrize("df", [1, 2, 3.5, 10, 200])
def test_the_largest_of_one_is_students_t(df):
    t = np.array([0.0, 0.5, 2.0, 12.0])
    assert survival(t, 1, df) == pytest.approx(stats.t.sf(t, df), rel=1e-7)
    assert critical(0.025, 1, df) == pytest.approx(stats.t.isf(0.025, df))


@pytest.mark.parametrize(("k", "df"), [(2, 4), (5, 2), (20, 4), (7, 10.5), (1_000, 30)])
def test_the_largest_of_k_is_drawn_as_often_above_its_critical_value_as_it_says(k, df):
    generator = np.random.default_rng(1)
    highest = stats.norm.ppf(generator.random(400_000) ** (1 / k))
    t = highest / np.sqrt(generator.chisquare(df, 400_000) / df)
    for p in (0.025, 0.2):
        value = critical(p, k, df)
        assert (t > value).mean() == pytest.approx(p, rel=0.03)
        assert survival(value, k, df) == pytest.approx(p, rel=1e-6)


def test_with_many_degrees_of_freedom_it_is_the_largest_of_normal_values():
    assert critical(0.05, 10, 1e6) == pytest.approx(stats.norm.ppf(0.95**0.1), rel=1e-4)


def test_many_critical_values_at_a_time_are_those_one_by_one():
    k, df = np.array([1, 3, 8]), np.array([2.0, 5.5, 30.0])
    together = critical(0.01, k, df)
    assert together.tolist() == [critical(0.01, *each).item() for each in zip(k, df, strict=True)]


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


@pytest.mark.parametrize(("one", "other"), [(2, 2), (3, 5), (8, 3)])
def test_unpaired_differences_are_tested_as_by_scipys_welch(one, other):
    first, second = normal(15, one), 3 * normal(15, other, seed=1)
    width = max(one, other)
    rows = [
        np.pad(each, ((0, 0), (0, width - each.shape[1])), constant_values=NAN)
        for each in (first, second)
    ]
    expected = stats.ttest_ind(first, second, axis=1, equal_var=False)
    interval = expected.confidence_interval(0.95)
    estimate = welch(*rows)
    difference, low, high, p = t_interval(estimate)
    assert (estimate.n == min(one, other)).all()
    assert estimate.df == pytest.approx(expected.df)
    assert difference == pytest.approx(first.mean(axis=1) - second.mean(axis=1))
    assert low == pytest.approx(interval.low)
    assert high == pytest.approx(interval.high)
    assert p == pytest.approx(expected.pvalue)


def test_of_settings_without_scatter_rounding_decides_how_sure_a_difference_is():
    """Two runs of 50 images each that agree by chance are no proof."""
    alike = np.full((1, 2), 0.5), np.full((1, 2), 0.48)
    assert t_interval(welch(*alike))[3] == [0.0]
    assert t_interval(welch(*alike, resolution=0.02))[3] > 0.05


def test_a_single_run_has_a_difference_and_no_interval():
    estimate = welch(np.array([[0.5, NAN]]), np.array([[0.25, 0.75]]))
    assert estimate.difference == [0.0]
    assert np.isnan([*estimate.error, *estimate.df]).all()


# Pairing


def seeds_with_effect(settings, seeds, share):
    """Values of which a share of the variance belongs to the seed."""
    common, own = normal(1, seeds), normal(settings, seeds, seed=1)
    return np.sqrt(share) * common + np.sqrt(1 - share) * own


def test_the_correlation_by_seed_is_the_mean_over_all_pairs_of_settings():
    values = seeds_with_effect(6, 5, 0.5)
    coefficients = np.corrcoef(values)[np.triu_indices(6, 1)]
    found = seed_correlation(values)
    assert found.correlation == pytest.approx(coefficients.mean())
    with_level_setting = np.vstack([values, np.full(5, 0.1)])
    assert seed_correlation(with_level_setting) == found


def test_pairing_helps_only_where_seeds_go_together_beyond_chance():
    assert seed_correlation(seeds_with_effect(6, 8, 0.9)).helps()
    assert not seed_correlation(seeds_with_effect(6, 8, 0.0)).helps()
    few = seed_correlation(seeds_with_effect(2, 3, 0.99))
    assert few.correlation > 0.5
    assert not few.helps()  # six ways to pair three seeds: chance cannot be ruled out
    assert not seed_correlation(normal(4, 2)).helps()


# Power


def test_the_smallest_difference_is_found_in_four_of_five_studies():
    """By the noncentral t distribution, which the approximation stands for."""
    for n in (3, 5, 6, 10, 30):
        df, error = 2 * n - 2, np.sqrt(2 / n)
        found = smallest_difference(error, stats.t.isf(0.025, df), df)
        power = stats.nct.sf(stats.t.isf(0.025, df), df, found / error)
        assert power == pytest.approx(0.8, abs=0.02)
        assert in_deviations(n) == pytest.approx(found)


def test_seeds_needed_find_the_difference_and_grow_with_what_is_not_known_of_the_scatter():
    needed = seeds_needed(1.0, np.sqrt(2 / 3), 4, 3, level=0.05)
    assert needed.seeds == 17  # the textbook's number for a difference of one deviation
    assert needed.low < 17 < needed.high
    surer = seeds_needed(1.0, np.sqrt(2 / 21), 40, 21, level=0.05)
    assert needed.low < surer.low <= 17 <= surer.high < needed.high
    assert seeds_needed(1.0, np.sqrt(2 / 3), 4, 3, level=0.01).seeds > 17
    assert seeds_needed(1.0, np.sqrt(2 / 3), 4, 3, level=0.05, picked=20).seeds > 17


def test_with_as_many_seeds_as_are_advised_the_difference_is_what_these_can_show():
    error, df, n, level = 0.4, 3.1, 4, 0.02
    needed = seeds_needed(0.9, error, df, n, level=level, picked=3).seeds
    for seeds, shows in ((needed, True), (needed - 1, False)):
        more_df = df * (seeds - 1) / (n - 1)
        asked = critical(level / 2, 3, more_df)
        found = smallest_difference(error * np.sqrt(n / seeds), asked, more_df)
        assert (found <= 0.9) == shows


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
    (there,) = probability_of_improvement(rows[0][None], rows[1][None])
    (back,) = probability_of_improvement(rows[1][None], rows[0][None])
    u = stats.mannwhitneyu(first, second, method="asymptotic").statistic
    assert there == pytest.approx(u / (len(first) * len(second)))
    assert there + back == pytest.approx(1)


def test_a_diverged_run_scores_as_guessing():
    runs = pd.DataFrame(
        {
            "setting": ["a", "b", "a", "b", "a"],
            "seed": [2, 0, 0, 1, 1],
            "status": ["finished", "collapsed", "diverged", "finished", "finished"],
            "validation_accuracy": [0.5, 0.11, NAN, 0.8, 0.9],
            "chance": 0.3,
        }
    )
    assert run_scores(runs).tolist() == [0.5, 0.11, 0.3, 0.8, 0.9]
    table = scores(runs)
    assert table.loc["a"].tolist() == [0.3, 0.9, 0.5]  # by the seed's number, not its place
    assert table.loc["b"].tolist()[:2] == [0.11, 0.8]
    estimate = paired(table.loc[["a"]].to_numpy(), table.loc[["b"]].to_numpy())
    assert (estimate.n, estimate.difference) == (2, pytest.approx((0.3 - 0.11 + 0.1) / 2))


def test_many_pairs_at_a_time_are_compared_as_one_by_one():
    values = normal(8, 4)
    values[0, 1], values[2, :3], values[3] = NAN, NAN, NAN
    first, second = np.array(list(combinations(range(8), 2))).T
    for compare in (welch, paired):
        together = compare(values[first], values[second])
        for row, (one, other) in enumerate(zip(first, second, strict=True)):
            alone = compare(values[[one]], values[[other]])
            for many, single in zip(together, alone, strict=True):
                assert many[row] == pytest.approx(single[0], nan_ok=True)


# Plateaus

RATES = dict(zip((0.001, 0.01, 0.1, 1.0, 10.0), "abcde", strict=True))
WITHIN, BEYOND, OPEN = (-0.002, 0.008), (0.012, 0.05), (0.002, 0.02)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        ({"a": BEYOND, "b": WITHIN, "d": BEYOND, "e": BEYOND}, Plateau(("b", "c"))),
        (
            {"a": WITHIN, "b": WITHIN, "d": WITHIN, "e": WITHIN},
            Plateau(tuple("abcde"), cut_low=True, cut_high=True),
        ),
        # A hole is not bridged.
        (
            {"a": WITHIN, "b": BEYOND, "d": WITHIN, "e": WITHIN},
            Plateau(("c", "d", "e"), cut_high=True),
        ),
        # A rate that is not shown to be within the margin leaves the end open.
        ({"a": BEYOND, "b": OPEN, "d": WITHIN, "e": BEYOND}, Plateau(("c", "d"), open_low=True)),
        ({"a": BEYOND, "b": BEYOND, "d": BEYOND, "e": BEYOND}, Plateau(("c",))),
        ({"a": BEYOND, "b": BEYOND, "d": OPEN, "e": BEYOND}, Plateau((), open_high=True)),
        # One seed, or no run.
        (dict.fromkeys("abde", (NAN, NAN)), Plateau((), True, True)),
        ({}, Plateau((), True, True)),
    ],
)
def test_a_plateau_is_contiguous_and_holds_what_is_shown_to_be_within_the_margin(behind, expected):
    assert plateau("c", RATES, behind, 0.01) == expected


def test_a_rate_alone_has_no_plateau():
    assert plateau("c", {0.1: "c"}, {}, 0.01) == Plateau(())


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
    """The expected largest of k out of 1 … N is k (N + 1) / (k + 1)."""
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
