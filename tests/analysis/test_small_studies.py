"""Studies of which little is left have all their tables, and claim nothing more."""

import numpy as np
import pytest
from grid_of_two import GRID, analyse, latex_of, make_study

from lr_atlas.analysis.choice import best_settings, choose


def all_diverged(grid, seeds):
    return [(*setting, seed) for setting in grid for seed in range(seeds)]


SMALL = {
    "one seed": make_study(GRID, seeds=1),
    "one optimizer": make_study({("sgd", 0.1): 0.9, ("sgd", 1.0): 0.2}),
    "one learning rate": make_study({("sgd", 0.1): 0.9, ("adam", 0.1): 0.2}),
    "one setting": make_study({("sgd", 0.1): 0.9}),
    "one run": make_study({("sgd", 0.1): 0.9}, seeds=1, epochs=1),
    "one epoch": make_study(GRID, epochs=1),
    "all diverged": make_study(GRID, diverged=all_diverged(GRID, 3)),
    "an optimizer diverged": make_study(
        GRID, diverged=[run for run in all_diverged(GRID, 3) if run[0] == "adam"]
    ),
    "one run finished": make_study(GRID, diverged=all_diverged(GRID, 3)[1:]),
    "no accuracy differs": make_study(dict.fromkeys(GRID, 0.0), epochs=1),
}
half = make_study(GRID, seeds=4)
kept = np.random.default_rng(5).permutation(len(half[1]))[: len(half[1]) // 2]
half = half[0], half[1].iloc[np.sort(kept)].reset_index(drop=True)
SMALL["half of the runs"] = half[0][half[0]["run"].isin(half[1]["run"])], half[1]


@pytest.mark.parametrize("name", SMALL)
def test_what_little_there_is_has_its_tables(name):
    epochs, runs = SMALL[name]
    analysis = analyse(epochs, runs)
    settings = runs["setting"].nunique()
    assert len(analysis.summary) == settings
    choices = analysis.optimizers["best_setting"].count()
    within = runs[runs["optimizer"].isin(best_settings(runs).index)]["setting"].nunique() - choices
    assert len(analysis.pairs) == choices * (choices - 1) // 2 + within
    assert len(analysis.optimizers) == runs["optimizer"].nunique()
    assert len(analysis.best_of) == settings
    text = latex_of(analysis)
    assert text.count("\\\\\n") == 1 + len(analysis.optimizers)
    titled = latex_of(analysis, title="Tasas & 5 %")
    assert r"\caption{Study Tasas \& 5 \%: the best setting" in titled


def test_tables_have_the_same_types_whatever_there_is(analysis):
    for name in ("pairs", "optimizers", "best_of"):
        expected = getattr(analysis, name).dtypes.drop("best_setting", errors="ignore")
        for small in ("one seed", "half of the runs", "all diverged", "one setting"):
            found = getattr(analyse(*SMALL[small]), name).dtypes.drop(
                "best_setting", errors="ignore"
            )
            assert found.to_dict() == expected.to_dict(), small


def test_one_seed_is_inconclusive_and_has_no_intervals():
    analysis = analyse(*SMALL["one seed"])
    assert (analysis.pairs["verdict"] == "inconclusive").all()
    assert analysis.pairs[["low", "high", "p", "smallest_difference"]].isna().all(axis=None)
    assert (
        analysis.summary[["validation_accuracy_low", "validation_accuracy_high"]]
        .isna()
        .all(axis=None)
    )
    assert not analysis.summary["on_plateau"].any()
    plateau = ["plateau_settings", "plateau_from", "plateau_to", "plateau_decades"]
    assert analysis.optimizers[plateau].isna().all(axis=None)
    assert analysis.optimizers["best_setting"].tolist() == ["sgd-lr0.1", "adam-lr0.001"]


def test_where_every_run_diverged_nothing_is_best_and_no_target_is_reached():
    analysis = analyse(*SMALL["all diverged"])
    assert np.isnan(analysis.target)
    assert not analysis.summary[["best_of_optimizer", "on_plateau"]].any(axis=None)
    assert analysis.pairs.empty
    optimizers = analysis.optimizers
    assert optimizers["best_setting"].isna().all()
    assert (optimizers["diverged_share"] == 1).all()
    assert optimizers["best_of_1"].tolist() == pytest.approx([0.1, 0.1])
    text = latex_of(analysis)
    assert text.count("every run diverged") == 2


def test_an_optimizer_that_diverged_comes_last_and_sets_no_target():
    analysis = analyse(*SMALL["an optimizer diverged"])
    assert analysis.optimizers["optimizer"].tolist() == ["sgd", "adam"]
    assert analysis.target >= 0.88


def test_of_runs_that_are_missing_all_that_are_there_are_compared():
    epochs, runs = SMALL["half of the runs"]
    counts = runs["setting"].value_counts()
    pairs = analyse(epochs, runs).pairs
    assert pairs["n"].tolist() == [
        min(counts[row.first], counts[row.second]) for row in pairs.itertuples()
    ]


def test_one_run_is_never_chosen_over_ten():
    """S11: after failures a setting has a single, lucky run."""
    epochs, runs = make_study(
        {("sgd", 0.1): 0.88, ("sgd", 1.0): 0.95, ("adam", 0.1): 0.8}, seeds=10
    )
    for setting, left in (("sgd-lr1", 1), ("sgd-lr1", 4), ("sgd-lr1", 5)):
        kept = runs[(runs["setting"] != setting) | (runs["seed"] < left)]
        chosen = choose(kept).set_index("optimizer")["setting"]
        assert chosen["sgd"] == ("sgd-lr1" if left == 5 else "sgd-lr0.1")
    alone = runs[(runs["optimizer"] != "adam") | (runs["seed"] < 1)]
    alone = alone.assign(
        validation_accuracy=alone["validation_accuracy"].where(alone["optimizer"] == "sgd", 0.99)
    )
    assert choose(alone)["optimizer"].tolist() == ["sgd", "adam"]
    # Four good runs of another optimizer are enough to rank it: its interval is as wide as it is.
    four = runs[(runs["optimizer"] != "adam") | (runs["seed"] < 4)]
    four = four.assign(
        validation_accuracy=four["validation_accuracy"].where(four["optimizer"] == "sgd", 0.99)
    )
    found = analyse(epochs, four)
    assert found.optimizers["optimizer"].tolist() == ["adam", "sgd"]
    assert found.pairs["verdict"][0] == "first better"
    assert found.pairs[["n", "n_most"]].iloc[0].tolist() == [4, 10]


def test_one_diverged_run_of_twenty_does_not_lose_to_a_setting_that_learned_nothing():
    """S1: with 19 runs at 95 % and one that diverged, against 20 at 10 %."""
    grid = {("sgd", 0.1): 0.95, ("sgd", 1.0): 0.1, ("adam", 0.1): 0.6}
    epochs, runs = make_study(grid, diverged=[("sgd", 0.1, 3)], seeds=20)
    runs.loc[runs["setting"] == "sgd-lr1", "status"] = "collapsed"
    found = analyse(epochs, runs)
    sgd = found.optimizers.iloc[0]
    assert (sgd["optimizer"], sgd["best_setting"], sgd["at_edge"]) == ("sgd", "sgd-lr0.1", "low")
    assert sgd["score_mean"] == pytest.approx((19 * 0.95 + 0.1) / 20, abs=0.002)
    best_of = found.best_of.set_index(["optimizer", "k"])["expected"]
    assert best_of["sgd", 2] == sgd["score_mean"]
    (row,) = found.pairs[found.pairs["second"] == "adam-lr0.1"].to_dict("records")
    assert row["difference"] == pytest.approx(sgd["score_mean"] - 0.6, abs=0.002)
    assert row["verdict"] == "first better"
