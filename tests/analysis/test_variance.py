"""Scatter by source of chance, and over seeds and images, where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lr_atlas.analysis.seeds_and_images import Answered, halves, seeds_and_images
from lr_atlas.analysis.variance_by_source import of_source, variance_by_source
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tables.right_answers import right_answers
from lr_atlas.tables.study_tables import COLUMNS


def varied(seeds=3, **accuracies):
    """Return the tested runs of a setting: the accuracies of each source by seed."""
    rows = [
        {
            **{"source": source, "optimizer": "sgd", "setting": "sgd-lr0.1", "seed": seed},
            **{"status": "diverged" if np.isnan(value) else "finished", "test_accuracy": value},
        }
        for source, values in accuracies.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def table(runs, images=10_000):
    return variance_by_source(runs, ACCURACY, images).set_index("source")


def test_the_variance_of_a_source_is_half_the_mean_square_of_what_it_changes():
    found = table(
        varied(all=[0.9, 0.8, 0.7], order=[0.91, 0.79, 0.7], initialisation=[0.9, 0.8, 0.6])
    )
    assert list(found.index) == ["all", "initialisation", "order"]
    assert found.loc["all", "std"] == pytest.approx(0.1)
    assert found.loc["order", "std"] == pytest.approx(np.sqrt(0.0002 / 6))
    assert found.loc["initialisation", "std"] == pytest.approx(np.sqrt(0.01 / 6))
    assert (found["n"] == 3).all()
    assert pd.isna(found.loc["all", "share"])


def test_the_interval_of_a_share_is_that_of_an_intraclass_correlation():
    """By the formulas of Shrout and Fleiss 1979, written out another way."""
    base, other = np.array([0.1, 0.4, 0.2, 0.9]), np.array([0.2, 0.3, 0.3, 0.7])
    means = (base + other) / 2
    between = 2 * np.square(means - means.mean()).sum() / 3
    within = sum(np.var([a, b], ddof=1) for a, b in zip(base, other, strict=True)) / 4
    ratio = between / within
    low, high = ratio / stats.f.ppf(0.975, 3, 4), ratio * stats.f.ppf(0.975, 4, 3)
    expected = [1 - (each - 1) / (each + 1) for each in (ratio, high, low)]
    assert of_source(base, other, 0.0).share == pytest.approx(expected)


def test_a_source_that_changes_nothing_may_still_scatter_by_less_than_an_image():
    found = table(varied(all=[0.9, 0.8, 0.7], rounding=[0.9, 0.8, 0.7]), images=1000).loc[
        "rounding"
    ]
    assert found["std"] == found["std_low"] == found["share"] == 0
    assert 0 < found["std_high"] < 0.002
    assert 0 < found["share_high"] < 0.01


def test_runs_that_diverged_and_lacking_pairs_are_said_and_give_no_number():
    found = table(varied(all=[0.9, 0.8, 0.7], order=[0.9, np.nan, 0.8], rounding=[0.9]))
    assert found.loc["order", "refused"] == "1 of its runs diverged"
    assert found.loc["rounding", "refused"] == "fewer than two seeds"
    assert found.loc[["order", "rounding"], "std"].isna().all()
    assert found.loc["all", "refused"] == ""
    assert variance_by_source(None, ACCURACY, 10).empty


ANSWERS = np.random.default_rng(0).random((4, 300)) < np.linspace(0.5, 1, 300)


def test_the_parts_over_seeds_and_images_are_those_of_a_two_way_analysis_of_variance():
    rows, columns = ANSWERS.mean(axis=1), ANSWERS.mean(axis=0)
    residual = ANSWERS - rows[:, None] - columns + ANSWERS.mean()
    rest = np.square(residual).sum() / (3 * 299) / ANSWERS.size
    own = Answered(rows, columns, "a")
    assert own.rest == pytest.approx(rest)
    found = halves([own])
    assert found.seeds == pytest.approx(stats.t.ppf(0.975, 3) * rows.std(ddof=1) / 2)
    assert found.images == pytest.approx(stats.norm.ppf(0.975) * columns.std(ddof=1) / 300**0.5)


def test_of_two_single_runs_the_part_of_the_images_is_that_of_mcnemar():
    one, other = ANSWERS[:2]
    found = halves(
        [Answered(np.array([each.mean()]), each.astype(float), "a") for each in (one, other)]
    )
    apart = (one != other).mean() - (one.mean() - other.mean()) ** 2
    assert found.images == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(apart / 299))
    assert np.isnan(found.seeds)
    assert np.isnan(found.both)


def evaluated(**answers):
    """Return (test table, right answers) of settings; answers: bool [runs, images] of each."""
    labels = np.ones(300, int)
    runs = [(name, each.astype(int)) for name, rows in answers.items() for each in rows]
    test = pd.DataFrame(
        [
            {
                **{"setting": name, "seed": seed, "status": "finished", "confirmation": True},
                "test_accuracy": classes.mean(),
            }
            for seed, (name, classes) in enumerate(runs)
        ]
    )
    return test, right_answers(runs, labels, "digits")


def decided(first, second, level=0.01, runs="fresh seeds"):
    row = {"first": first, "second": second, "question": "between optimizers"}
    return pd.DataFrame([row | {"runs": runs, "level": level}])


def test_a_pair_that_fresh_seeds_decide_has_the_level_of_its_verdict():
    test, right = evaluated(sgd=ANSWERS, adam=~ANSWERS[:3])
    found = seeds_and_images(test, right, decided("sgd", "adam"), ACCURACY)
    assert found[["first", "second"]].to_numpy().tolist() == [
        ["sgd", ""],
        ["adam", ""],
        ["sgd", "adam"],
    ]
    pair = found.iloc[2]
    difference = ANSWERS.mean() - (~ANSWERS[:3]).mean()
    assert pair["value"] == pytest.approx(difference)
    assert (pair["low"], pair["high"]) == pytest.approx(
        (difference - pair["over_both"], difference + pair["over_both"])
    )
    assert pair["over_both"] >= max(pair["over_seeds"], pair["over_images"])
    assert list(found["level"]) == pytest.approx([0.05, 0.05, 0.01])
    assert (pair["n"], pair["n_most"], pair["images"]) == (3, 4, 300)
    chosen = decided("sgd", "adam", runs="runs that chose")
    assert len(seeds_and_images(test, right, chosen, ACCURACY)) == 2


def test_nothing_is_said_where_runs_diverged_or_images_are_others():
    test, right = evaluated(sgd=ANSWERS, adam=ANSWERS)
    test.loc[0, "status"] = "diverged"
    right.loc[right["setting"] == "adam", "data"] = "other"
    found = seeds_and_images(test, right, decided("adam", "sgd"), ACCURACY).set_index(
        ["first", "second"]
    )
    assert found.loc[("sgd", ""), "refused"] == "runs diverged"
    assert found.loc[("adam", "sgd"), "refused"] == "tested on different images"
    assert found.loc[("adam", ""), "refused"] == ""
    assert set(found.columns) | {"first", "second"} == set(COLUMNS["seeds_and_images"])
