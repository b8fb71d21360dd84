"""The best of k settings without the luck of the choice, over seeds and over draws apart."""

from itertools import combinations

import numpy as np
import pytest
from study_tables import mirrored, study_of, tables_of

from lr_atlas.analysis.random_search import best_of_table, fresh_best_of
from lr_atlas.config.study_models import Study
from lr_atlas.studies.given_metric import study_metric

ENTRIES = [{"name": "sgd", "lr": [0.01, 0.1, 1.0, 10.0]}, {"name": "adam", "lr": [1e-3, 2e-2]}]


def values_of(settings, seeds, seed=0):
    return np.random.default_rng([seed, settings, seeds]).normal(size=(settings, seeds))


def found_on_the_seed_left_out(values, k):
    """What each draw of k finds, chosen on the other seeds: [draws, seeds], one draw at a time."""
    found = []
    for drawn in combinations(range(len(values)), k):
        own = values[list(drawn)]
        others = [np.delete(own, seed, 1).mean(axis=1).argmax() for seed in range(own.shape[1])]
        found.append([own[best, seed] for seed, best in enumerate(others)])
    return np.array(found)


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_corrected_best_of_k_is_the_mean_over_all_draws_and_seeds_left_out(seeds):
    values = values_of(5, seeds)
    expected = [found_on_the_seed_left_out(values, k).mean() for k in range(1, 6)]
    assert fresh_best_of(values).value == pytest.approx(expected)


def test_its_interval_has_the_error_of_the_jackknife():
    values = values_of(4, 5)
    found = fresh_best_of(values)
    without = np.array([fresh_best_of(np.delete(values, seed, 1)).value for seed in range(5)])
    error = np.sqrt(4 / 5 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    assert found.high - found.value == pytest.approx(2.7764451 * error)
    assert found.value - found.low == pytest.approx(2.7764451 * error)
    # Of one setting alone nothing was chosen: Student's t of its mean.
    alone = fresh_best_of(values[:1])
    mean, deviation = values[0].mean(), values[0].std(ddof=1)
    assert alone.value[0] == pytest.approx(mean)
    assert alone.high[0] - mean == pytest.approx(2.7764451 * deviation / np.sqrt(5))


def test_two_seeds_give_a_value_and_no_interval():
    found = fresh_best_of(values_of(4, 2))
    assert np.isfinite(found.value).all()
    assert np.isnan(found.low).all()
    assert np.isfinite(found.drawn_low).all()


def test_draws_scatter_over_the_whole_grid_at_first_and_not_at_all_in_the_end():
    values = np.arange(40.0)[:, None] + np.zeros(3)
    found = fresh_best_of(values)
    assert (found.drawn_low[0], found.drawn_high[0]) == (0.0, 38.0)  # of 40, 1 and 39 have 2.5 %
    assert found.drawn_low[-1] == found.drawn_high[-1] == found.value[-1] == 39.0
    assert (np.diff(found.drawn_low) >= 0).all()


@pytest.fixture(scope="module")
def runs():
    _, plan = study_of(ENTRIES, seeds=4, epochs=1)

    def curve(run):
        generator = np.random.default_rng([run.seed, int(1e4 * run.parameters["learning_rate"])])
        return [0.8 + 0.01 * generator.standard_normal()]

    return tables_of(plan, curve)[1]


def test_all_optimizers_are_compared_at_the_same_k(runs):
    table = best_of_table(runs)
    assert (table["same_k"] == 2).all()
    assert table.groupby("optimizer")["k"].max().to_dict() == {"sgd": 4, "adam": 2}
    found = fresh_best_of(runs["validation_accuracy"].to_numpy().reshape(6, 4)[2:])
    own = table[table["optimizer"] == "sgd"]
    assert own["corrected"].to_numpy() == pytest.approx(found.value, abs=1e-9)
    assert (own["corrected_low"] < own["corrected"]).all()


def test_where_less_is_better_the_ends_change_places(runs):
    metric = study_metric(
        Study.model_validate({"dataset": "mnist", "optimizers": [{"name": "sgd"}]}),
        {"form": {"shape": [8], "outputs": 1, "task": "regression"}},
    )
    straight, turned = best_of_table(runs), best_of_table(mirrored(runs), metric)
    for name, other in (("corrected_low", "corrected_high"), ("drawn_low", "drawn_high")):
        assert turned[name].to_numpy() == pytest.approx(1 - straight[other].to_numpy(), abs=1e-8)


def test_a_seed_that_a_setting_lacks_corrects_nothing(runs):
    lacking = (runs["setting"] == "sgd-lr0.1") & (runs["seed"] == 3)
    table = best_of_table(runs[~lacking])
    assert table.groupby("optimizer")["seeds"].first().to_dict() == {"sgd": 3, "adam": 4}
    one = best_of_table(runs[runs["seed"] == 0])
    assert one["corrected"].isna().all()
