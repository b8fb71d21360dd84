"""A study's tables of answers are complete and truthful, whatever its runs came to."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from study_tables import asked_for

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.choice import best_settings, choose
from lr_atlas.analysis.intervals import mean_interval
from lr_atlas.analysis.measures import MEASURES, default_target, measure_runs
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.setting_summary import summarise
from lr_atlas.analysis.verdicts import BETWEEN, CHOOSING, FRESH, WITHIN, compare_settings
from lr_atlas.report.main_table import main_note, main_table
from lr_atlas.report.study_report import Table
from lr_atlas.report.summary import study_latex
from lr_atlas.training.records import METRICS

IMAGES = 1_000


def make_study(accuracies, *, diverged=(), epochs=6, seeds=3):
    """The tables of a study: (epochs, runs).

    accuracies: the final validation accuracy of each (optimizer, learning rate); the runs of a
    setting lie around it. diverged: (optimizer, learning rate, seed) of runs that did, at once.
    epochs: a number, or one for each optimizer.
    """
    runs, rows = [], []
    generator = np.random.default_rng(0)
    for (optimizer, learning_rate), final in accuracies.items():
        for seed in range(seeds):
            length = epochs[optimizer] if isinstance(epochs, dict) else epochs
            gone = (optimizer, learning_rate, seed) in diverged
            setting = f"{optimizer}-lr{learning_rate:g}"
            leading = {
                **{"study": "a_study", "run": f"{setting}-seed{seed}", "setting": setting},
                **{"dataset": "mnist", "optimizer": optimizer, "learning_rate": learning_rate},
                "seed": seed,
            }
            status = "diverged" if gone else "finished"
            curve = final * (1 - 0.5 ** np.arange(1, length + 1)) / (1 - 0.5**length)
            curve = (curve + 0.002 * generator.normal(size=length)).round(4)
            history = [
                dict.fromkeys(METRICS, 1 - value)
                | {"validation_accuracy": value, "train_accuracy": value + 0.02}
                for value in ([] if gone else curve)
            ]
            rows += [
                {**leading, "epoch": epoch, **metrics, "train_seconds": 2.0, "status": status}
                for epoch, metrics in enumerate(history, 1)
            ]
            last = history[-1] if history else dict.fromkeys(METRICS, np.nan)
            runs.append(
                {**leading, "status": status, "epochs_completed": len(history), **last}
                | {"seconds_per_epoch": 2.0 if history else np.nan, "chance": 0.1}
            )
    runs = pd.DataFrame(runs).astype({"seed": "Int64", "epochs_completed": "Int64"})
    columns = [*runs.columns[:7], "epoch", *METRICS, "train_seconds", "status"]
    return pd.DataFrame(rows, columns=columns), runs


def analyse(epochs, runs, target=None, test=None, **more):
    return analyse_study(
        epochs, runs, asked_for(runs), target=target, training_images=IMAGES, test=test, **more
    )


GRID = {
    **{("sgd", 0.01): 0.5, ("sgd", 0.1): 0.9, ("sgd", 1.0): 0.899},
    **{("adam", 0.001): 0.85, ("adam", 0.01): 0.3},
}


@pytest.fixture(scope="module")
def study():
    return make_study(GRID, diverged=[("adam", 0.01, 0)], seeds=5)


@pytest.fixture(scope="module")
def analysis(study):
    return analyse(*study)


def test_the_summary_keeps_its_columns_and_adds_those_of_the_statistics(study, analysis):
    before = summarise(*study)
    pd.testing.assert_frame_equal(analysis.summary[before.columns], before)
    assert list(analysis.summary.columns[len(before.columns) :]) == [
        "score",
        *(f"validation_accuracy_{name}" for name in ("median", "iqm", "low", "high")),
        *("best_of_optimizer", "on_plateau", "plateau_margin", "extrema_mean", "swing_mean"),
        *("overfits", "overfit_epoch", "validation_loss_rise_mean", "target", "target_reached"),
        *("epochs_to_target", "images_to_target", "seconds_to_target"),
    ]


def test_the_best_setting_and_its_plateau_are_marked(analysis):
    summary = analysis.summary.set_index("setting")
    assert list(summary.index[summary["best_of_optimizer"]]) == ["sgd-lr0.1", "adam-lr0.001"]
    assert list(summary.index[summary["on_plateau"]]) == ["sgd-lr0.1", "sgd-lr1", "adam-lr0.001"]


def test_the_chosen_settings_are_compared_and_each_with_its_optimizers_others(analysis):
    pairs = analysis.pairs
    assert list(zip(pairs["first"], pairs["second"], strict=True)) == [
        ("sgd-lr0.1", "adam-lr0.001"),
        ("sgd-lr0.1", "sgd-lr0.01"),
        ("sgd-lr0.1", "sgd-lr1"),
        ("adam-lr0.001", "adam-lr0.01"),
    ]
    assert pairs["question"].tolist() == [BETWEEN, WITHIN, WITHIN, WITHIN]
    assert pairs["verdict"].tolist() == [*["first better"] * 2, "inconclusive", "first better"]
    table = scores(analysis.measured)
    for row in pairs.itertuples():
        one, other = (table.loc[name].to_numpy() for name in (row.first, row.second))
        assert row.difference == pytest.approx(one.mean() - other.mean())
        assert row.low < row.difference < row.high
        assert (row.p < 0.05) == (row.verdict != "inconclusive") == (row.low > 0)


@pytest.mark.parametrize("settings", [3, 30, 31, 60])
def test_one_rule_says_which_pairs_are_compared_however_many_settings_there_are(settings):
    rates = np.geomspace(0.001, 1, settings)
    grid = {("sgd", rate): 0.5 + 0.01 * place for place, rate in enumerate(rates)}
    grid |= {("adam", rate): value - 0.1 for (_, rate), value in grid.items()}
    pairs = compare_settings(make_study(grid)[1])
    assert pairs["question"].tolist() == [BETWEEN] + [WITHIN] * (2 * settings - 2)
    assert set(pairs["first"]) == {"sgd-lr1", "adam-lr1"}


def test_optimizers_are_ranked_with_what_they_got(analysis):
    sgd, adam = (row for _, row in analysis.optimizers.iterrows())
    assert (sgd["optimizer"], adam["optimizer"]) == ("sgd", "adam")
    budget = ["settings", "learning_rates", "seeds_min", "seeds_max", "runs", "epochs"]
    assert sgd[budget].tolist() == [3, 3, 5, 5, 15, 90]
    assert adam[budget].tolist() == [2, 2, 5, 5, 10, 60]  # one of ten diverged at once
    assert adam[["diverged", "diverged_share"]].tolist() == [1, 0.1]
    assert (sgd["best_learning_rate"], sgd["at_edge"]) == (0.1, "")
    assert (adam["best_learning_rate"], adam["at_edge"]) == (0.001, "low")
    plateau = ["plateau_settings", "plateau_from", "plateau_to", "plateau_decades"]
    assert sgd[plateau].tolist() == [2, 0.1, 1, 1]
    assert adam[plateau].tolist() == [1, 0.001, 0.001, 0]
    assert sgd[["plateau_open", "plateau_margin"]].tolist() == ["", 0.01]
    assert sgd["score_low"] < sgd["score_mean"] < sgd["score_high"] < 0.91
    assert sgd["score_mean"] - sgd["score_low"] > sgd["score_high"] - sgd["score_mean"]
    assert sgd["spread_fixed"] == sgd["spread_tuned"] == pytest.approx(0.4, abs=0.01)


def test_a_random_search_counts_a_diverged_run_as_chance(analysis):
    best_of = analysis.best_of.set_index(["optimizer", "k"])["expected"]
    summary = analysis.summary.set_index("setting")["validation_accuracy_mean"]
    of_adam = [summary["adam-lr0.001"], (4 * summary["adam-lr0.01"] + 0.1) / 5]
    assert best_of["adam", 1] == pytest.approx(np.mean(of_adam))
    assert best_of["adam", 2] == pytest.approx(of_adam[0])
    assert best_of["sgd", 3] == pytest.approx(summary["sgd-lr0.1"])
    assert analysis.optimizers["best_of_3"].isna().tolist() == [False, True]


def test_the_default_target_is_a_whole_per_cent_that_every_optimizers_best_reaches(study, analysis):
    assert analysis.target == default_target(study[1])
    means = choose(study[1])["validation_accuracy"]
    assert analysis.target <= means.min() < analysis.target + 0.01


@pytest.mark.parametrize("percent", range(1, 100))
def test_a_whole_per_cent_is_its_own_target(percent):
    columns = {"optimizer": "sgd", "setting": "s", "status": "finished", "chance": 0.1}
    assert default_target(pd.DataFrame([columns | {"validation_accuracy": percent / 100}])) == (
        percent / 100
    )


def test_times_to_the_target_are_medians_that_count_a_miss(study):
    summary = analyse(*study, target=0.8).summary.set_index("setting")
    assert (summary["target"] == 0.8).all()
    fast = summary.loc["sgd-lr0.1"]
    assert fast["target_reached"] == 5
    assert fast["images_to_target"] == fast["epochs_to_target"] * IMAGES
    assert fast["seconds_to_target"] == fast["epochs_to_target"] * 2.0
    assert pd.isna(summary.loc["sgd-lr0.01", "epochs_to_target"])
    assert summary.loc["sgd-lr0.01", "target_reached"] == 0


def test_every_run_keeps_its_row_and_gains_its_measures(study):
    epochs, runs = study
    shuffled = runs.sample(frac=1, random_state=1)
    measured = measure_runs(epochs.sample(frac=1, random_state=2), shuffled, 0.8, IMAGES)
    pd.testing.assert_frame_equal(measured[runs.columns], shuffled)
    in_order = measure_runs(epochs, runs, 0.8, IMAGES)
    pd.testing.assert_frame_equal(measured.sort_index(), in_order)
    assert set(MEASURES) - {"best_validation_accuracy"} <= set(measured.columns)
    (diverged,) = measured[measured["status"] == "diverged"].to_dict("records")
    assert np.isnan([diverged[name] for name in ("generalisation_gap", "extrema", "swing")]).all()
    assert (diverged["epochs_to_target"], diverged["overfits"]) == (np.inf, False)


def test_measures_of_a_run_are_those_of_its_own_curve():
    """Optimizers with different numbers of epochs in one table."""
    epochs, runs = make_study(GRID, epochs={"sgd": 7, "adam": 4})
    measured = measure_runs(epochs, runs, 0.45, IMAGES)
    for row in measured.itertuples():
        curve = epochs[epochs["run"] == row.run].sort_values("epoch")["validation_accuracy"]
        directions = np.sign(np.diff(curve))
        directions = directions[directions != 0]
        assert row.extrema == (directions[1:] != directions[:-1]).sum()
        reached = np.flatnonzero(curve >= 0.45)
        assert row.epochs_to_target == (reached[0] + 1 if len(reached) else np.inf)


def test_runs_that_differ_in_their_number_of_epochs_alone_are_kept_apart():
    """They have one name, since the number of epochs is how far a run went."""
    short, long = (make_study({("sgd", 0.1): 0.9}, epochs=length) for length in (3, 8))
    for table in long:
        table["setting"] += "-epochs8"
    epochs, runs = (
        pd.concat(tables, ignore_index=True) for tables in zip(short, long, strict=True)
    )
    assert runs["run"].nunique() == 3
    apart = [measure_runs(*study, 0.88, IMAGES) for study in (short, long)]
    together = measure_runs(epochs, runs, 0.88, IMAGES)
    pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))


def test_results_do_not_depend_on_the_order_of_rows(study, analysis):
    epochs, runs = study
    shuffled = analyse(epochs.sample(frac=1, random_state=3), runs.sample(frac=1, random_state=4))
    for name, key in (("summary", ["setting"]), ("optimizers", ["optimizer"])):
        one, other = (
            getattr(each, name).set_index(key).sort_index() for each in (analysis, shuffled)
        )
        pd.testing.assert_frame_equal(one, other)
    again = analyse(epochs, runs)
    pd.testing.assert_frame_equal(again.pairs, analysis.pairs)


# The test images


def rows_of_test(*accuracies, confirmation, optimizer="sgd", setting="sgd-lr0.1"):
    return pd.DataFrame(
        {
            "optimizer": optimizer,
            "setting": setting,
            "seed": range(1_000_000, 1_000_000 + len(accuracies)),
            "confirmation": confirmation,
            "status": ["diverged" if pd.isna(value) else "finished" for value in accuracies],
            "test_accuracy": np.array(accuracies, dtype=float),
            "chance": 0.1,
        }
    )


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


def fresh_seeds(sgd, adam):
    """Confirming runs of the settings that GRID's validation images choose."""
    return pd.concat(
        [
            rows_of_test(*sgd, confirmation=True),
            rows_of_test(*adam, confirmation=True, optimizer="adam", setting="adam-lr0.001"),
        ]
    )


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


# Studies of which little is left


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


def test_how_much_the_rate_matters_is_told_at_fixed_and_at_tuned_other_parameters():
    """S3: the truth at momentum 0 is 2.34 points, and 0.05 if momentum is tuned at each rate."""
    values = {(0.07, 0.0): 0.9666, (0.01, 0.0): 0.9432, (0.07, 0.9): 0.9583, (0.01, 0.9): 0.9671}
    parts = []
    for (rate, momentum), value in values.items():
        epochs, runs = make_study({("sgd", rate): value})
        for table in (epochs, runs):
            table["setting"] += f"-momentum{momentum:g}"
            table.insert(6, "momentum", momentum)
            table.insert(7, "epochs", 6)
        runs["validation_accuracy"] = value
        parts.append((epochs, runs))
    # Longer runs at another rate are no part of it.
    epochs, runs = (table.copy() for table in parts[0])
    for table in (epochs, runs):
        table["setting"], table["learning_rate"], table["epochs"] = "longer", 0.5, 12
    runs["validation_accuracy"] = 0.5
    parts.append((epochs, runs))
    epochs, runs = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    (row,) = analyse(epochs, runs).optimizers.to_dict("records")
    assert row["best_setting"] == "sgd-lr0.01-momentum0.9"
    assert (row["rates"], row["tuned_rates"]) == (2, 2)
    assert row["spread_fixed"] == pytest.approx(0.0088)
    assert (row["spread_widest"], row["widest_setting"]) == (
        pytest.approx(0.0234),
        "sgd-lr0.07-momentum0",
    )
    assert row["spread_tuned"] == pytest.approx(0.0005)
    assert row["at_edge"] == "low"


def test_the_plateau_does_not_bridge_a_hole():
    """S3b: 0.001 and 1 are as good as the best, 0.1; 0.01 between them is not."""
    grid = {("sgd", 0.001): 0.929, ("sgd", 0.01): 0.887, ("sgd", 0.1): 0.93, ("sgd", 1.0): 0.929}
    found = analyse(*make_study(grid, seeds=6))
    (row,) = found.optimizers.to_dict("records")
    assert (row["plateau_from"], row["plateau_to"], row["plateau_decades"]) == (0.1, 1.0, 1.0)
    summary = found.summary.set_index("setting")
    assert summary.index[summary["on_plateau"]].tolist() == ["sgd-lr0.1", "sgd-lr1"]


def test_of_many_settings_each_is_compared_with_its_optimizers_best_and_these_with_one_another():
    settings, seeds, length = 1_000, 3, 5
    leading = pd.DataFrame(
        {
            "study": "large",
            "setting": [f"s{place}" for place in range(settings)],
            "dataset": "mnist",
            "optimizer": [f"o{place % 10}" for place in range(settings)],
            "learning_rate": np.geomspace(1e-6, 1, settings),
        }
    )
    runs = leading.loc[leading.index.repeat(seeds)].reset_index(drop=True)
    runs.insert(1, "run", [f"r{place}" for place in range(len(runs))])
    runs["seed"] = np.tile(np.arange(seeds), settings)
    epochs = runs.loc[runs.index.repeat(length)].reset_index(drop=True)
    epochs["epoch"] = np.tile(np.arange(1, length + 1), len(runs))
    generator = np.random.default_rng(0)
    for metric in METRICS:
        epochs[metric] = generator.random(len(epochs))
        runs[metric] = epochs[metric].to_numpy()[length - 1 :: length]
    epochs = epochs.assign(status="finished", train_seconds=1.0)
    runs = runs.assign(
        status="finished", epochs_completed=length, seconds_per_epoch=1.0, chance=0.1
    )
    pairs = analyse(epochs, runs).pairs
    assert len(pairs) == settings - 10 + 45
    assert set(pairs["first"]) | set(pairs["second"]) == set(runs["setting"])


# The table for LaTeX

LABELS = {"sgd-lr0.1": "SGD, learning rate 0.1"}


def latex_of(analysis, on_test=False, title=""):
    """The table of an analysis alone, as summary.tex has it."""
    name = analysis.summary["study"].iloc[0]
    tables = analysis.summary, analysis.optimizers
    main = Table(main_table(*tables, LABELS), main_note(*tables, on_test))
    return study_latex(SimpleNamespace(name=name, title=title or name, main=main))


def test_the_main_table_is_whole_latex_with_everything_escaped(study):
    epochs, runs = (table.replace({"study": {"a_study": "50%_&_more"}}) for table in study)
    fresh = rows_of_test(0.8, 0.9, 0.85, confirmation=True)
    analysis = analyse(epochs, runs, test=fresh)
    text = latex_of(analysis, on_test=True)
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert text.count("{") == text.count("}")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 1
    body = re.search(r"\\toprule\n(.*)\\bottomrule", text, re.DOTALL).group(1)
    columns = re.search(r"tabular}{(l+)}", text).group(1)
    for line in body.replace("\\midrule\n", "").splitlines():
        assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
    caption = re.search(r"\\caption{(.*)}\n", text).group(1)
    assert caption == r"Study 50\%\_\&\_more: the best setting of each optimizer."
    notes = re.search(r"\\parbox{\\linewidth}{(.*)}\n", text).group(1)
    assert not re.search(r"(?<!\\)[%_#$&]", notes)
    assert "chosen on the test set" in notes
    assert "Test: runs with fresh seeds" in notes
    assert "they are not equal" in notes


def test_the_main_table_says_n_intervals_and_budgets(analysis):
    text = latex_of(analysis)
    row = next(line for line in text.splitlines() if line.startswith("SGD"))
    interval = r"\d\d\.\d\d \[\d\d\.\d\d, \d\d\.\d\d\]"
    assert re.search(rf"SGD & learning rate 0\.1 & {interval} & 5 & at least 0\.1 to 1 &", row)
    assert row.endswith(r"3 / 15 / 90 \\")
    assert "allows for the choice among 5 settings" in text
    assert "within 1 point of the best" in text
    assert "chosen on held-out images" in text


@pytest.mark.parametrize("confirmed", [False, True])
def test_no_pair_has_two_verdicts_in_the_tables_of_a_study(study, confirmed):
    test = fresh_seeds([0.86, 0.87, 0.85], [0.85, 0.86, 0.87]) if confirmed else None
    found = analyse(*study, test=test)
    names = found.pairs[["first", "second"]].agg(frozenset, axis=1)
    assert not names.duplicated().any()
    said = dict(zip(names, found.pairs["verdict"], strict=True))
    best = found.optimizers["best_setting"].iloc[0]
    for row in found.optimizers.iloc[1:].itertuples():
        verdict = {"behind": "first better"}.get(row.behind_verdict, row.behind_verdict)
        assert said[frozenset((best, row.best_setting))] == verdict
    # A setting on a plateau lies within the margin by the interval of the same table.
    plateau = set(found.summary.loc[found.summary["on_plateau"], "setting"])
    high = dict(zip(found.pairs["second"], found.pairs["high"], strict=True))
    assert all(high[name] <= 0.01 for name in plateau - set(found.optimizers["best_setting"]))
