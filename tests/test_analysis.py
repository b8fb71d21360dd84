"""A study's tables of answers are complete and truthful, whatever its runs came to."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lr_atlas.analysis.choice import choose
from lr_atlas.analysis.latex import main_table
from lr_atlas.analysis.measures import MEASURES, default_target, measure_runs
from lr_atlas.analysis.pairs import compare_rows
from lr_atlas.analysis.seeds import scores
from lr_atlas.analysis.summary import summarise
from lr_atlas.analysis.tables import analyse_study
from lr_atlas.run_files import METRICS

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
                | {"seconds_per_epoch": 2.0 if history else np.nan}
            )
    runs = pd.DataFrame(runs).astype({"seed": "Int64", "epochs_completed": "Int64"})
    columns = [*runs.columns[:7], "epoch", *METRICS, "train_seconds", "status"]
    return pd.DataFrame(rows, columns=columns), runs


def analyse(epochs, runs, target=None, test=None):
    return analyse_study(epochs, runs, target=target, training_images=IMAGES, test=test)


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
        *(f"validation_accuracy_{name}" for name in ("median", "iqm", "low", "high")),
        *("best_of_optimizer", "on_plateau", "extrema_mean", "swing_mean"),
        *("overfits", "overfit_epoch", "validation_loss_rise_mean", "target", "target_reached"),
        *("epochs_to_target", "images_to_target", "seconds_to_target"),
    ]


def test_the_best_setting_and_its_plateau_are_marked(analysis):
    summary = analysis.summary.set_index("setting")
    assert list(summary.index[summary["best_of_optimizer"]]) == ["sgd-lr0.1", "adam-lr0.001"]
    assert list(summary.index[summary["on_plateau"]]) == ["sgd-lr0.1", "sgd-lr1", "adam-lr0.001"]


def test_every_two_settings_of_a_small_study_are_compared_as_they_are_alone(analysis):
    assert len(analysis.pairs) == 10
    table = scores(analysis.measured)
    for row in analysis.pairs.itertuples():
        alone = compare_rows(table.loc[[row.first]].to_numpy(), table.loc[[row.second]].to_numpy())
        alone = alone.iloc[0]
        names = ("n", "difference", "low", "high", "p_t", "p_sign_flip", "improvement")
        assert [getattr(row, name) for name in names] == pytest.approx(
            [getattr(alone, name) for name in names], abs=1e-8
        )


def test_a_pair_has_a_verdict_only_where_the_corrected_test_gives_one(analysis):
    pairs = analysis.pairs.set_index(["first", "second"])
    assert pairs.loc[("sgd-lr0.01", "sgd-lr0.1"), "verdict"] == "second better"
    assert pairs.loc[("sgd-lr0.1", "adam-lr0.001"), "verdict"] == "first better"
    close = pairs.loc[("sgd-lr0.1", "sgd-lr1")]
    assert (close["verdict"], close["p_t_holm"] > 0.05) == ("inconclusive", True)
    assert close["low"] < 0 < close["high"]
    assert (pairs["p_holm"] >= pairs["p_sign_flip"]).all()
    with_four_runs = ["adam-lr0.01" in pair for pair in pairs.index]
    assert pairs["smallest_p"].tolist() == np.where(with_four_runs, 0.125, 0.0625).tolist()


def test_a_setting_of_which_more_runs_diverged_is_not_called_better():
    grid = {("sgd", 0.1): 0.5, ("sgd", 1.0): 0.9}
    for diverged in ([("sgd", 1.0, 0)], [("sgd", 1.0, 0), ("sgd", 0.1, 0)]):
        (verdict,) = analyse(*make_study(grid, diverged=diverged, seeds=6)).pairs["verdict"]
        assert verdict == ("inconclusive" if len(diverged) == 1 else "second better")


def test_large_studies_compare_the_best_among_themselves_and_with_their_own():
    grid = {
        (name, rate): 0.5 + 0.01 * place
        for name in ("sgd", "adam", "rmsprop")
        for place, rate in enumerate(np.geomspace(0.001, 1, 11))
    }
    epochs, runs = make_study(grid)
    pairs = analyse(epochs, runs).pairs
    best = set(choose(runs)["setting"])
    assert len(pairs) == 3 + 30
    assert set(pairs["first"]) <= best
    of = runs.drop_duplicates("setting").set_index("setting")["optimizer"]
    assert pairs["second"].isin(best).sum() == 3
    assert (of[pairs["first"][3:]].to_numpy() == of[pairs["second"][3:]].to_numpy()).all()


def test_optimizers_are_ranked_with_what_they_got(analysis):
    sgd, adam = (row for _, row in analysis.optimizers.iterrows())
    assert (sgd["optimizer"], adam["optimizer"]) == ("sgd", "adam")
    budget = ["settings", "learning_rates", "seeds_min", "seeds_max", "runs", "epochs"]
    assert sgd[budget].tolist() == [3, 3, 5, 5, 15, 90]
    assert adam[budget].tolist() == [2, 2, 5, 5, 10, 54]
    assert adam[["diverged", "diverged_share"]].tolist() == [1, 0.1]
    assert (sgd["best_learning_rate"], sgd["at_edge"]) == (0.1, "")
    assert (adam["best_learning_rate"], adam["at_edge"]) == (0.001, "low")
    plateau = ["plateau_settings", "plateau_from", "plateau_to", "plateau_decades"]
    assert sgd[plateau].tolist() == [2, 0.1, 1, 1]
    assert adam[plateau].tolist() == [1, 0.001, 0.001, 0]
    assert sgd["validation_accuracy_low"] < sgd["validation_accuracy_mean"] < 0.91


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
    columns = {"optimizer": "sgd", "setting": "s", "status": "finished"}
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


def rows_of_test(*accuracies, confirmation, optimizer="sgd"):
    return pd.DataFrame(
        {
            "optimizer": optimizer,
            "confirmation": confirmation,
            "status": ["diverged" if pd.isna(value) else "finished" for value in accuracies],
            "test_accuracy": accuracies,
        }
    )


def test_the_test_result_is_of_the_runs_with_fresh_seeds_where_there_are_any(study):
    chosen_by = rows_of_test(0.5, 0.5, confirmation=False)
    fresh = rows_of_test(0.8, 0.9, np.nan, confirmation=True)
    of_adam = rows_of_test(0.7, confirmation=False, optimizer="adam")
    sgd, adam = (
        row
        for _, row in analyse(
            *study, test=pd.concat([chosen_by, fresh, of_adam])
        ).optimizers.iterrows()
    )
    assert sgd[["test_n", "test_diverged", "confirmed"]].tolist() == [2, 1, True]
    assert sgd["test_accuracy_mean"] == pytest.approx(0.85)
    assert (sgd["test_accuracy_low"], sgd["test_accuracy_high"]) == (0.8, 0.9)
    assert adam[["test_n", "test_accuracy_mean", "confirmed"]].tolist() == [1, 0.7, False]
    assert pd.isna(adam["test_accuracy_low"])


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
    assert len(analysis.pairs) == settings * (settings - 1) // 2
    assert len(analysis.optimizers) == runs["optimizer"].nunique()
    assert len(analysis.best_of) == settings
    text = main_table(analysis.summary, analysis.optimizers, chosen_on="held-out images")
    assert text.count("\\\\\n") == 1 + len(analysis.optimizers)


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
    assert analysis.pairs[["low", "high", "p_t", "improvement_low"]].isna().all(axis=None)
    assert (analysis.pairs["smallest_p"] == 1).all()
    assert (
        analysis.summary[["validation_accuracy_low", "validation_accuracy_high"]]
        .isna()
        .all(axis=None)
    )
    assert not analysis.summary["on_plateau"].any()
    assert analysis.optimizers.filter(regex="^plateau").isna().all(axis=None)
    assert analysis.optimizers["best_setting"].tolist() == ["sgd-lr0.1", "adam-lr0.001"]


def test_where_every_run_diverged_nothing_is_best_and_no_target_is_reached():
    analysis = analyse(*SMALL["all diverged"])
    assert np.isnan(analysis.target)
    assert not analysis.summary[["best_of_optimizer", "on_plateau"]].any(axis=None)
    assert (analysis.pairs["verdict"] == "inconclusive").all()
    assert (analysis.pairs["improvement"] == 0.5).all()
    optimizers = analysis.optimizers
    assert optimizers["best_setting"].isna().all()
    assert (optimizers["diverged_share"] == 1).all()
    assert optimizers["best_of_1"].tolist() == pytest.approx([0.1, 0.1])
    text = main_table(analysis.summary, optimizers, chosen_on="held-out images")
    assert text.count("every run diverged") == 2


def test_an_optimizer_that_diverged_comes_last_and_sets_no_target():
    analysis = analyse(*SMALL["an optimizer diverged"])
    assert analysis.optimizers["optimizer"].tolist() == ["sgd", "adam"]
    assert analysis.target >= 0.88


def test_runs_that_are_missing_leave_the_seeds_in_common():
    epochs, runs = SMALL["half of the runs"]
    seeds = runs.groupby("setting")["seed"].agg(set)
    pairs = analyse(epochs, runs).pairs
    assert pairs["n"].tolist() == [
        len(seeds[row.first] & seeds[row.second]) for row in pairs.itertuples()
    ]


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
    runs = runs.assign(status="finished", epochs_completed=length, seconds_per_epoch=1.0)
    pairs = analyse(epochs, runs).pairs
    assert len(pairs) == settings - 10 + 45
    assert set(pairs["first"]) | set(pairs["second"]) == set(runs["setting"])


# The table for LaTeX


def test_the_main_table_is_whole_latex_with_everything_escaped(study):
    epochs, runs = (table.replace({"study": {"a_study": "50%_&_more"}}) for table in study)
    fresh = rows_of_test(0.8, 0.9, 0.85, confirmation=True)
    analysis = analyse(epochs, runs, test=fresh)
    text = main_table(analysis.summary, analysis.optimizers, chosen_on="test images")
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    assert text.count("{") == text.count("}")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert text.count(rule) == 1
    body = re.search(r"\\toprule\n(.*)\\bottomrule", text, re.DOTALL).group(1)
    columns = re.search(r"tabular}{(l+)}", text).group(1)
    for line in body.replace("\\midrule\n", "").splitlines():
        assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
    caption = re.search(r"\\caption{(.*)}\n", text).group(1)
    assert r"in the study 50\%\_\&\_more, chosen on the test set" in caption
    assert not re.search(r"(?<!\\)[%_#$&]", caption)
    assert "Test: runs with fresh seeds." in caption
    assert "they are not equal" in caption


def test_the_main_table_says_n_intervals_and_budgets(analysis):
    text = main_table(analysis.summary, analysis.optimizers, chosen_on="held-out images")
    row = next(line for line in text.splitlines() if line.startswith("sgd"))
    interval = r"\d\d\.\d\d \[\d\d\.\d\d, \d\d\.\d\d\]"
    assert re.search(rf"sgd-lr0\.1 & {interval} & 5 & 0\.1 to 1 &", row)
    assert row.endswith(r"3 / 15 / 90 \\")
    assert "too narrow for few runs" in text
    assert "chosen on held-out images" in text


def test_the_best_of_each_optimizer_is_compared_with_the_best_of_all_alone():
    peaks = {
        ("a", 0.1): 0.9,
        ("a", 0.01): 0.8,
        ("b", 0.1): 0.895,
        ("b", 1.0): 0.5,
        ("c", 0.1): 0.88,
    }
    epochs, runs = make_study(peaks, seeds=4)
    ranked = analyse_study(epochs, runs, target=None, training_images=100).optimizers
    by_seed = runs.pivot(index="seed", columns="setting", values="validation_accuracy")
    first, *others = ranked["best_setting"]
    tests = [stats.ttest_rel(by_seed[first], by_seed[other]) for other in others]
    np.testing.assert_allclose(
        ranked["behind_p"][1:].astype(float),
        multipletests([found.pvalue for found in tests], method="holm")[1],
    )
    for row, found in zip(ranked.iloc[1:].itertuples(), tests, strict=True):
        interval = found.confidence_interval()
        assert (row.behind_low, row.behind_high) == pytest.approx(tuple(interval), abs=1e-8)
        assert row.behind_verdict == ("behind" if row.behind_p < 0.05 else "inconclusive")
    assert ranked["behind_verdict"][0] == ""
