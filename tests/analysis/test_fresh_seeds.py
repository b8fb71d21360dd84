"""Results on the test images, and runs with fresh seeds: what they decide, and what not."""

import numpy as np
import pandas as pd
import pytest
from grid_of_two import GRID, analyse, fresh_seeds, make_study, rows_of_test
from scipy import stats

from lr_atlas.analysis.intervals import mean_interval
from lr_atlas.analysis.verdicts import CHOOSING, FRESH


def test_the_test_result_is_of_the_runs_with_fresh_seeds_where_there_are_any(study):
    chosen_by = rows_of_test(0.5, 0.5, confirmation=False)
    fresh = rows_of_test(0.8, 0.9, np.nan, confirmation=True)
    of_adam = rows_of_test(0.7, confirmation=False, optimizer="adam", setting="adam-lr0.001")
    sgd, adam = (
        row
        for _, row in analyse(
            *study, test=pd.concat([chosen_by, fresh, of_adam])
        ).optimizers.iterrows()
    )
    assert sgd[["test_n", "test_diverged", "confirmed"]].tolist() == [3, 1, True]
    assert sgd["test_accuracy_mean"] == pytest.approx(0.6)  # the diverged one as guessing
    interval = stats.t.interval(0.95, 2, 0.6, stats.sem([0.8, 0.9, 0.1]))
    found = sgd[["test_accuracy_low", "test_accuracy_high"]].tolist()
    assert found == pytest.approx(list(interval))
    assert adam[["test_n", "test_accuracy_mean", "confirmed"]].tolist() == [1, 0.7, False]
    assert pd.isna(adam["test_accuracy_low"])


def test_the_test_interval_of_the_runs_that_chose_allows_for_the_choice_among_all_settings(study):
    accuracies = 0.8, 0.9, 0.85
    row = analyse(*study, test=rows_of_test(*accuracies, confirmation=False)).optimizers.iloc[0]
    interval = [end[0] for end in mean_interval(np.array([accuracies]), chosen_from=len(GRID))]
    assert row[["test_accuracy_low", "test_accuracy_high"]].tolist() == pytest.approx(interval)


def test_fresh_seeds_decide_between_optimizers_even_the_other_way_round(study):
    """S2: the runs that chose say SGD, five fresh runs of each say Adam."""
    fresh = fresh_seeds([0.8901, 0.8903, 0.8902, 0.8900, 0.8904], [0.8930, 0.8929, 0.8931] * 2)
    found = analyse(*study, test=fresh)
    first, second = (row for _, row in found.optimizers.iterrows())
    assert (first["optimizer"], second["optimizer"]) == ("adam", "sgd")
    assert (second["behind_verdict"], second["decided"]) == ("behind", FRESH)
    assert second["behind"] == pytest.approx(0.0028)
    row = found.pairs.iloc[0]
    assert (row["first"], row["second"]) == ("adam-lr0.001", "sgd-lr0.1")
    assert (row["runs"], row["metric"], row["n"]) == (FRESH, "test_accuracy", 5)
    assert (row["verdict"], row["p"] < 1e-4) == ("first better", True)


def test_a_confirming_run_that_diverged_counts_against_its_setting(study):
    found = analyse(*study, test=fresh_seeds([np.nan] * 4 + [0.89], [0.85, 0.86, 0.84, 0.85, 0.85]))
    assert found.optimizers["optimizer"].tolist() == ["adam", "sgd"]
    sgd = found.optimizers.iloc[1]
    assert (sgd["test_n"], sgd["test_diverged"]) == (5, 4)
    assert sgd["test_accuracy_mean"] == pytest.approx((0.89 + 0.4) / 5)


def test_the_best_of_many_optimizers_on_fresh_seeds_has_an_interval_that_allows_for_that():
    """Fresh seeds choose which optimizer is called the best."""
    names = [f"o{place}" for place in range(6)]
    epochs, runs = make_study({(name, 0.1): 0.9 for name in names})
    accuracies = [0.90, 0.91, 0.905, 0.902]
    tests = [
        rows_of_test(*accuracies, confirmation=True, optimizer=name, setting=f"{name}-lr0.1")
        for name in names
    ]
    row = analyse(epochs, runs, test=pd.concat(tests)).optimizers.iloc[0]
    low, high = mean_interval(np.array([accuracies]), chosen_from=5)
    assert row["test_accuracy_low"] == pytest.approx(low[0])
    assert row["test_accuracy_high"] == pytest.approx(high[0])
    assert row["test_accuracy_mean"] - low > 1.3 * (high - row["test_accuracy_mean"])


def test_fresh_seeds_that_are_fewer_than_half_of_anothers_decide_nothing(study):
    found = analyse(*study, test=fresh_seeds([0.5, 0.51, 0.52, 0.53, 0.5], [0.85, 0.86]))
    assert found.pairs["runs"].tolist() == [CHOOSING] * 4


@pytest.mark.parametrize("adam", [[], [0.85]])
def test_fresh_seeds_do_not_decide_where_an_optimizer_lacks_them(study, adam):
    found = analyse(*study, test=fresh_seeds([0.5, 0.51, 0.52], adam))
    assert found.optimizers["optimizer"].tolist() == ["sgd", "adam"]
    assert found.pairs["runs"].tolist() == [CHOOSING] * 4


def test_without_test_results_their_columns_are_empty(study, analysis):
    nothing = analyse(*study, test=rows_of_test(confirmation=False))
    for optimizers in (analysis.optimizers, nothing.optimizers):
        assert optimizers.filter(regex="^test_").isna().all(axis=None)
        assert not optimizers["confirmed"].any()
