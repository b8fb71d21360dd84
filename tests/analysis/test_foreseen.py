"""What a study will find is reckoned before it is trained, as its table of pairs will say it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from study_tables import study_of, tables_of

from lr_atlas.analysis.foreseen import Question, Scatter, found_with, known_scatter, seeds_to_find
from lr_atlas.analysis.measures import measure_runs
from lr_atlas.analysis.power import in_deviations
from lr_atlas.analysis.setting_summary import summarise, with_statistics
from lr_atlas.analysis.verdicts import BETWEEN, WITHIN, compare_settings
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tools.plan.power_text import power_text

RATES = {"sgd": [0.01, 0.1, 1.0], "adam": [0.001], "rmsprop": [0.001, 0.01]}
DEVIATIONS = {"sgd": 0.002, "adam": 0.001, "rmsprop": 0.004}


def tables(names, seeds, epochs=1):
    """(epochs, runs) of optimizers whose runs scatter by just DEVIATIONS at every setting."""
    _, plan = study_of([{"name": name, "lr": RATES[name]} for name in names], seeds=seeds)
    places = (np.arange(seeds) - (seeds - 1) / 2) / np.arange(seeds).std(ddof=1)

    def curve(run):
        scatter = DEVIATIONS[run.parameters["optimizer"]] * places[run.seed]
        return [0.9 - 0.01 * run.parameters["learning_rate"] + scatter] * epochs

    return tables_of(plan, curve)


@pytest.mark.parametrize("names", [("sgd", "adam"), ("sgd", "adam", "rmsprop"), ("sgd",)])
def test_with_many_seeds_the_difference_is_that_of_the_table_of_pairs(names):
    _, runs = tables(names, 40)
    # In another order for each setting, so that seeds do not go together.
    order = np.random.default_rng(3)
    for _, rows in runs.groupby("setting").groups.items():
        values = runs.loc[rows, "validation_accuracy"].to_numpy()
        runs.loc[rows, "validation_accuracy"] = order.permutation(values)
    pairs = compare_settings(runs)
    assert set(pairs["method"]) == {"Welch"}
    question = BETWEEN if len(names) > 1 else WITHIN
    own = pairs[pairs["question"] == question]["smallest_difference"]
    found = found_with(Question({name: len(RATES[name]) for name in names}), 40, DEVIATIONS)
    assert [found.low, found.high] == pytest.approx([own.min(), own.max()], rel=0.01)


def test_with_few_seeds_it_is_larger_than_the_usual_approximation():
    equal = {"sgd": 1.0, "adam": 1.0}
    found = found_with(Question({"sgd": 1, "adam": 1}), 3, equal)
    assert found.low > 1.1 * in_deviations(3)


def test_fresh_seeds_find_smaller_differences_than_the_runs_that_chose():
    settings = {"sgd": 20, "adam": 20}
    fresh, chosen = (found_with(Question(settings, each), 5, DEVIATIONS) for each in (True, False))
    assert fresh.high < 0.9 * chosen.high
    assert found_with(Question(settings), 1, DEVIATIONS) is None
    assert found_with(Question({"sgd": 1}), 5, DEVIATIONS) is None


def test_the_seeds_that_find_a_difference_are_the_fewest():
    question = Question({"sgd": 3, "adam": 1})
    needed = seeds_to_find(question, 0.002, DEVIATIONS)
    assert found_with(question, needed, DEVIATIONS).high <= 0.002
    assert found_with(question, needed - 1, DEVIATIONS).high > 0.002
    assert seeds_to_find(question, 1e-6, DEVIATIONS) is None


def write_summary(folder, names, seeds, metric=ACCURACY, **changes):
    """Write summary.csv as an analysis does."""
    epochs, runs = tables(names, seeds)
    measured = measure_runs(epochs, runs, 0.5, 1000)
    summary = with_statistics(summarise(epochs, runs), measured, 0.5, metric)
    folder.mkdir(parents=True)
    summary.assign(**changes).to_csv(folder / "summary.csv", index=False)


def test_the_scatter_is_that_of_finished_runs_at_the_best_settings(tmp_path):
    write_summary(tmp_path / "a", ["sgd", "adam"], 3)
    write_summary(tmp_path / "b", ["sgd"], 6)
    write_summary(tmp_path / "same", ["sgd"], 6)
    write_summary(tmp_path / "elsewhere", ["rmsprop"], 6, dataset="fashion_mnist")
    write_summary(tmp_path / "averaged", ["rmsprop"], 6, metric=replace(ACCURACY, last=5))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "summary.csv").write_bytes(b"\xff\xfe,\n1")
    (tmp_path / "empty").mkdir()
    folders = sorted(tmp_path.iterdir())
    found = known_scatter(folders, "mnist", RATES, ACCURACY)
    assert found.runs == {"sgd": 9, "adam": 3}
    assert found.deviations == pytest.approx({"sgd": 0.002, "adam": 0.001})
    averaged = known_scatter(folders, "mnist", RATES, replace(ACCURACY, last=5))
    assert averaged.runs == {"rmsprop": 6}


@pytest.mark.parametrize(
    ("changes", "scatter", "said"),
    [
        (
            {"seeds": 3},
            Scatter({}, {}),
            "3 seeds will show differences between optimizers of 0.24 to 1.91",
        ),
        ({"seeds": 3}, Scatter({}, {}), "by 0.05 to 0.40 points, as those in docs/results"),
        ({"seeds": 3, "confirm": 8}, Scatter({}, {}), "8 confirming seeds will show differences"),
        ({"seeds": 1}, Scatter({}, {}), "One seed will show no difference; 5: "),
        (
            {"seeds": 5, "matters": 0.002},
            Scatter({"sgd": 0.001}, {"sgd": 12}),
            "what matters, 0.20 points: 7 seeds. Runs scatter by 0.10 points (finished ones at "
            "best settings: 12 of sgd)",
        ),
        ({"seeds": 3, "optimizers": [{"name": "sgd", "lr": [1, 2]}]}, Scatter({}, {}), "from the"),
    ],
)
def test_the_plan_says_what_a_study_will_show(changes, scatter, said):
    optimizers = [{"name": "sgd", "lr": [0.01, 0.1]}, {"name": "adam", "lr": 0.01}]
    study, plan = study_of(**{"optimizers": optimizers} | changes)
    settings = {run.setting: run.parameters["optimizer"] for run in plan.runs}
    counts = pd.Series(settings).value_counts(sort=False).to_dict()
    question = Question(counts, study.confirm > 1)
    assert said in power_text(question, study, ACCURACY, scatter)


def test_a_study_that_compares_nothing_is_told_nothing():
    study, _ = study_of([{"name": "sgd", "lr": 0.1}])
    assert power_text(Question({"sgd": 1}), study, ACCURACY, Scatter({}, {})) == ""
