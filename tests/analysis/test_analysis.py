"""A study's tables of answers are complete and truthful, whatever its runs came to."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from grid_of_two import GRID, IMAGES, analyse, make_study

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.measures import MEASURES, default_target, measure_runs
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.setting_summary import summarise
from lr_atlas.analysis.verdicts import BETWEEN, WITHIN, compare_settings
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.training.records import METRICS


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


def test_a_target_of_another_metric_is_reached_by_its_own_curve(study):
    epochs, runs = study
    metric = replace(ACCURACY, aim=metrics()["loss"])
    level = float(epochs["validation_loss"].median())
    measured = measure_runs(epochs, runs, level, IMAGES, metric)
    finished = measured[measured["status"] != "diverged"]
    for row in finished.itertuples():
        own = (epochs["setting"] == row.setting) & (epochs["seed"] == row.seed)
        curve = epochs[own].sort_values("epoch")["validation_loss"].to_numpy()
        reached = np.flatnonzero(curve <= level)
        assert row.epochs_to_target == (reached[0] + 1 if len(reached) else np.inf)
    assert np.isfinite(finished["epochs_to_target"]).any()


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
