"""Optimizers are as sensitive to their learning rate as the truth, where it is known."""

import numpy as np
import pandas as pd
import pytest
from study_tables import study_of, tables_of

from lr_atlas.analysis import fitted_optimum as optimum
from lr_atlas.analysis.rate_sensitivity import Reach, common_reach, reach_of, sensitivity
from lr_atlas.analysis.study_analysis import analysis_of
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.default_runs import of_defaults, of_grid, with_defaults
from lr_atlas.training.form import Form

DATA = {
    **{"training_images": 60_000, "test_images": 10_000, "held_out": 0, "digest": None},
    "form": Form((1, 28, 28), 10)._asdict(),
}
STUDIES = 400


def line(*values):
    """Values of a line of rates, of two seeds that agree."""
    return np.array([values, values], dtype=float).T


def test_the_sensitivity_is_the_mean_of_what_is_lost_none_counting_as_worse_than_guessing():
    # min(loss, 2.3) over losses 0.5, 0.3, 1.0, 9.0, minus 0.3
    found = sensitivity(np.arange(4.0), -line(0.5, 0.3, 1.0, 9.0), -2.3)
    assert found.value == pytest.approx((0.5 + 0.3 + 1.0 + 2.3) / 4 - 0.3)
    assert found.n == 2


def test_rates_that_lie_close_together_count_as_what_they_stand_for():
    even = sensitivity(np.array([-3.0, -2, -1]), line(0.7, 0.9, 0.5), 0.1)
    uneven = sensitivity(np.array([-3.0, -2, -1.9, -1.8]), line(0.7, 0.9, 0.9, 0.9), 0.1)
    assert even.value == pytest.approx(0.9 - 0.7)
    # Widths 1, 0.55, 0.1, 0.1: the first rate stands for most of the axis.
    assert uneven.value == pytest.approx(0.2 * 1 / 1.75)


def test_optimizers_are_compared_over_the_decades_that_all_grids_reach():
    wide, narrow = np.arange(-4.0, 1), np.array([-3.0, -2.5, -2.0])
    reach = common_reach([reach_of(wide, 2), reach_of(narrow, 1)])
    assert reach == pytest.approx(Reach(0.75, 0.75))
    values = line(0.1, 0.5, 0.9, 0.5, 0.1)
    # The best rate has one of 1.5 decades, and those beside it a quarter each.
    assert sensitivity(wide, values, 0.1, reach).value == pytest.approx(0.4 / 3)


def test_the_interval_of_a_sensitivity_holds_the_truth_in_nearly_all_studies():
    generator = np.random.default_rng(3)
    decades, peak = np.linspace(-3, 0, 7), np.array([0.5, 0.7, 0.85, 0.9, 0.86, 0.6, 0.1])
    truth = 0.9 - np.maximum(peak, 0.1).mean()
    for seeds in (3, 8):
        # A part of the scatter is shared by all rates of a seed.
        shape = (STUDIES, 1, seeds)
        noise = 0.01 * generator.normal(size=shape) + 0.02 * generator.normal(
            size=(STUDIES, 7, seeds)
        )
        found = [sensitivity(decades, peak[:, None] + each, np.nan) for each in noise]
        held = np.mean([each.low <= truth <= each.high for each in found])
        assert 0.94 <= held <= 0.999


def parabola(decades, peak, bend=0.08):
    return 0.9 - bend * (decades - peak) ** 2


@pytest.mark.parametrize("peak", [-2.1, -1.75, -1.5])
def test_the_interval_of_the_optimum_holds_the_truth_in_nearly_all_studies(peak):
    generator = np.random.default_rng(4)
    decades = np.arange(-3.5, 0.1, 0.5)
    for seeds in (3, 8):
        noise = 0.004 * generator.normal(size=(STUDIES, len(decades), seeds))
        values = parabola(decades, peak)[:, None] + noise
        found = [
            optimum.fitted_optimum(decades, each, np.zeros(len(decades), bool)) for each in values
        ]
        held = [
            not each.low > peak and not each.high < peak  # NaN: open on that side
            for each in found
            if not each.refused
        ]
        assert len(held) > 0.9 * STUDIES
        assert np.mean(held) >= 0.92


def test_without_noise_the_optimum_is_the_peak_itself():
    decades = np.array([-3.0, -2.5, -2.0, -1.0])
    values = np.repeat(parabola(decades, -2.3)[:, None], 2, axis=1)
    found = optimum.fitted_optimum(decades, values, np.zeros(4, bool))
    assert found.place == pytest.approx(-2.3)
    assert (found.low, found.high) == pytest.approx((-2.3, -2.3))
    assert found.rates == 3


@pytest.mark.parametrize(
    ("values", "diverged", "reason"),
    [
        ((0.5, 0.9), (), optimum.FEW),
        ((0.5, 0.6, 0.9), (), optimum.EDGE),
        ((0.9, 0.6, 0.5), (), optimum.EDGE),
        ((0.5, 0.9, 0.1), (2,), optimum.DIVERGED),
        ((0.9, 0.9, 0.9), (), optimum.EDGE),
    ],
)
def test_an_optimum_that_cannot_be_told_is_refused_with_a_reason(values, diverged, reason):
    rates = np.arange(float(len(values)))
    found = optimum.fitted_optimum(rates, line(*values), np.isin(rates, diverged))
    assert found.refused == reason
    assert np.isnan(found.place)


GRID = [
    {"name": "sgd", "lr": [0.001, 0.01, 0.1], "momentum": 0.9},
    {"name": "adam", "lr": [0.0001, 0.001, 0.01]},
]
REACHED = {
    **{("sgd", 0.001, 0.9): 0.5, ("sgd", 0.01, 0.9): 0.8, ("sgd", 0.1, 0.9): 0.7},
    **{("sgd", 0.001, 0.0): 0.3},
    **{("adam", 0.0001, None): 0.6, ("adam", 0.001, None): 0.9, ("adam", 0.01, None): 0.6},
}


def analysed(optimizers=GRID, reached=REACHED, **more):
    """The study, its plan, and the analysis of runs around what each setting reaches."""
    study, plan = study_of(optimizers, seeds=4, **more)
    generator = np.random.default_rng(0)

    def accuracy(run):
        parameters = run.parameters
        key = (parameters["optimizer"], parameters["learning_rate"], parameters.get("momentum"))
        value = reached[key]
        return None if value is None else [value + 0.005 * generator.normal()]

    epochs, runs = tables_of(with_defaults(plan), accuracy)
    defaults = of_defaults(runs, plan)
    epochs, runs = of_grid(epochs, plan), of_grid(runs, plan)
    return plan, analysis_of(plan, study, DATA, epochs, runs, defaults=defaults)


def test_default_arguments_are_one_setting_more_unless_they_are_in_the_grid():
    _, plan = study_of(GRID, seeds=2, defaults=True)
    assert {run.setting for run in plan.defaults} == {"defaults-sgd-lr0.001", "adam-lr0.001"}
    assert {run.configuration["optimizer"]["lr"] for run in plan.defaults} == {0.001}
    assert len(plan.runs) == 12
    assert len(plan.asked) == 14
    without = study_of(GRID, seeds=2)[1]
    assert plan.runs == without.runs
    assert without.asked == without.runs


def test_the_regret_of_default_arguments_is_what_they_lose_against_the_best_setting():
    _, analysis = analysed(defaults=True)
    table = analysis.sensitivity.set_index("optimizer")
    assert table.loc["sgd", "regret"] == pytest.approx(0.5, abs=0.02)
    assert table.loc["sgd", "regret_low"] < 0.5 < table.loc["sgd", "regret_high"]
    assert table.loc["sgd", "defaults_n"] == 4
    # Its default is its best setting.
    assert table.loc["adam", "regret"] == 0
    assert table.loc["adam", "defaults_setting"] == "adam-lr0.001"


def test_an_optimizer_that_is_not_torchs_is_said_to_have_no_default_arguments():
    own = {"name": "torch.optim:Adam", "lr": [0.1]}
    reached = {**REACHED, ("Adam", 0.1, None): 0.4}
    _, analysis = analysed([*GRID, own], reached, defaults=True)
    refused = analysis.sensitivity.set_index("optimizer")["regret_refused"]
    assert refused["Adam"] == "no optimizer of torch, whose defaults they are"
    assert not refused[["adam", "sgd"]].any()


def test_default_arguments_are_not_chosen_from():
    best = {**REACHED, ("sgd", 0.001, 0.0): 0.99}
    _, analysis = analysed(reached=best, defaults=True)
    row = analysis.optimizers.set_index("optimizer").loc["sgd"]
    assert row["best_setting"] == "sgd-lr0.01"
    assert row["settings"] == 3
    assert "defaults-sgd-lr0.001" not in set(analysis.summary["setting"])
    assert analysis.sensitivity.set_index("optimizer").loc["sgd", "regret"] < 0


def test_a_study_that_does_not_ask_for_default_arguments_says_so():
    _, analysis = analysed()
    assert set(analysis.sensitivity["regret_refused"]) == {"the study does not ask for it"}
    assert analysis.sensitivity["regret"].isna().all()


def test_the_table_compares_optimizers_over_equal_decades_alone():
    wide = [{"name": "sgd", "lr": [0.0001, 0.001, 0.01, 0.1, 1.0], "momentum": 0.9}, GRID[1]]
    reached = {**REACHED, ("sgd", 0.0001, 0.9): 0.1, ("sgd", 1.0, 0.9): None}
    _, analysis = analysed(wide, reached)
    table = analysis.sensitivity.set_index("optimizer")
    assert table["decades"].to_dict() == pytest.approx({"sgd": 4.0, "adam": 2.0})
    assert table["around_below"].tolist() == pytest.approx([1.5, 1.5])
    # 0.8 - (0.1 + 0.5 + 0.8 + 0.7 + 0.1) / 5: what diverged counts as guessing
    assert table.loc["sgd", "sensitivity"] == pytest.approx(0.8 - 2.2 / 5, abs=0.01)
    assert table.loc["sgd", "around"] == pytest.approx(0.8 - 2.0 / 3, abs=0.01)
    assert table.loc["adam", "around"] == pytest.approx(0.2, abs=0.01)


def test_an_optimizer_that_only_diverged_has_a_row_with_the_reason():
    reached = {key: None if key[0] == "sgd" else value for key, value in REACHED.items()}
    _, analysis = analysed(reached=reached, defaults=True)
    row = analysis.sensitivity.set_index("optimizer").loc["sgd"]
    assert row["around_refused"] == row["optimum_refused"] == "every run diverged"
    assert pd.isna(row["sensitivity"])


def test_less_is_better_of_a_loss():
    study, plan = study_of([GRID[1]], seeds=3, metric="loss")
    losses = {0.0001: 1.0, 0.001: 0.5, 0.01: 3.0}
    epochs, runs = tables_of(
        plan, lambda run: [0.5], loss=lambda run: [losses[run.parameters["learning_rate"]]]
    )
    runs["chance"] = 2.3
    assert isinstance(study.metric, str)
    analysis = analysis_of(plan, study, DATA, epochs, runs)
    assert isinstance(analysis.metric, StudyMetric)
    found = analysis.sensitivity["sensitivity"].iloc[0]
    assert found == pytest.approx((1.0 + 0.5 + 2.3) / 3 - 0.5)
