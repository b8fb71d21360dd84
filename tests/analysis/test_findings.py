"""The linter of studies finds what it should, with numbers, and nothing where there is nothing."""

import re

import numpy as np
import pandas as pd
import pytest
from study_tables import analysed, study_of

from lr_atlas.analysis.budgets import unequal
from lr_atlas.analysis.curve_ends import late_gain
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings_table, kinds
from lr_atlas.analysis.findings.few_seeds import ENOUGH_SEEDS, fewest
from lr_atlas.analysis.next_grid import beyond, learning_rates, siblings, wide_gaps
from lr_atlas.tables.study_tables import COLUMNS

SGD = {"name": "sgd", "lr": [0.01, 0.03, 0.1]}
ADAM = {"name": "adam", "lr": [0.001, 0.003, 0.01]}
LEVEL = np.tile([0.0, 0.001], 5)  # ten epochs of a curve that has settled


def scatter(run):
    """A reproducible difference between seeds and settings."""
    return np.random.default_rng([run.seed, len(run.setting)]).normal(0, 0.0005)


def peak_at(*best):
    """Accuracy that is highest at these learning rates."""

    def accuracy(run):
        far = 0 if run.parameters["learning_rate"] in best else 0.05
        return 0.9 - far + scatter(run) + LEVEL[: run.epochs]

    return accuracy


def found(study, plan, *arguments, dynamics=None, **more):
    epochs, analysis = analysed(plan, *arguments, **more)
    table = findings_table(Seen(study, plan, epochs, analysis, dynamics))
    assert list(table.columns) == list(COLUMNS["findings"])
    for text in table[["evidence", "fix"]].to_numpy().ravel():
        assert text.endswith(".")
        assert "nan" not in text
    return table


def only(table, code):
    """The rows of one code."""
    return table[table["code"] == code].reset_index(drop=True)


def test_the_title_of_a_finding_is_words_and_not_its_code():
    found = kinds()
    assert len({finding.TITLE for finding in found.values()}) == len(found)
    for finding in found.values():
        assert re.fullmatch(r"[a-z]+( [a-z]+)+", finding.TITLE)


def test_a_sound_study_has_no_findings():
    study, plan = study_of([SGD, ADAM], seeds=6, epochs=10)

    def accuracy(run):
        behind = 0.02 * (run.parameters["optimizer"] == "adam")
        return peak_at(0.03, 0.003)(run) - behind

    assert found(study, plan, accuracy).empty


@pytest.mark.parametrize(
    ("best", "side", "added"), [(0.01, "lowest", "0.0033"), (0.1, "highest", "0.33")]
)
def test_best_at_the_edge_names_the_side_and_the_next_value_at_the_grids_own_ratio(
    best, side, added
):
    study, plan = study_of([SGD], seeds=6, epochs=10)
    row = only(found(study, plan, peak_at(best)), "edge").iloc[0]
    assert (row["optimizer"], row["setting"]) == ("sgd", f"sgd-lr{best}")
    assert f"{best}, is the {side} of 0.01, 0.03, 0.1" in row["evidence"]
    assert row["fix"] == f"Add lr {added} to sgd."


def test_a_single_learning_rate_is_at_both_edges():
    study, plan = study_of([{"name": "sgd", "lr": 0.1}], seeds=6, epochs=10)
    row = only(found(study, plan, peak_at(0.1)), "edge").iloc[0]
    assert "0.1, is the only one" in row["evidence"]
    assert row["fix"] == "Add lr 0.01 and 1 to sgd."


def test_a_grid_is_coarse_where_a_neighbour_a_decade_away_is_not_shown_to_be_as_good():
    study, plan = study_of([{"name": "sgd", "lr": [0.001, 0.01, 0.1]}], seeds=6, epochs=10)
    rows = only(found(study, plan, peak_at(0.01)), "coarse")
    assert rows["fix"].tolist() == ["Add lr 0.0032 to sgd.", "Add lr 0.032 to sgd."]
    assert "a factor of 10 away, is behind by 4.98 points (95 % interval" in rows["evidence"][0]
    level = found(study, plan, lambda run: 0.9 + scatter(run) + LEVEL)
    assert only(level, "coarse").empty
    few, plan = study_of([{"name": "sgd", "lr": [0.001, 0.01, 0.1]}], seeds=2, epochs=10)

    def wide(run):
        return 0.9 + 10 * scatter(run) + LEVEL

    # Two seeds cannot show that they are, nor that they are not.
    open_ones = only(found(few, plan, wide), "coarse")["evidence"]
    assert len(open_ones)
    assert open_ones.str.contains("away, is not shown to be as good: the difference is ").all()


def test_a_neighbour_that_always_diverged_is_clearly_worse():
    study, plan = study_of([{"name": "sgd", "lr": [0.1, 1]}], seeds=2, epochs=10)

    def accuracy(run):
        return 0.9 + LEVEL if run.parameters["learning_rate"] < 1 else None

    assert (
        "diverged in all of its 2 runs"
        in only(found(study, plan, accuracy), "coarse")["evidence"][0]
    )


def test_a_grid_finer_than_a_decade_is_not_coarse():
    study, plan = study_of([SGD], seeds=6, epochs=10)
    assert only(found(study, plan, peak_at(0.03)), "coarse").empty


def test_neighbours_are_settings_that_differ_in_the_learning_rate_alone():
    entries = [{"name": "sgd", "lr": [0.1, 0.2], "momentum": 0.9}, {"name": "sgd", "lr": 0.3}]
    _, plan = study_of(entries)
    assert list(siblings(plan, "sgd-lr0.1-momentum0.9")) == [0.1, 0.2]
    assert learning_rates(plan, "sgd") == [0.1, 0.2, 0.3]


def test_a_curve_that_rises_at_the_end_beyond_noise_is_still_improving():
    study, plan = study_of([SGD], seeds=3, epochs=10)

    def rising(run):
        return 0.5 + 0.03 * np.arange(10) + scatter(run)

    row = only(found(study, plan, rising), "still_improving").iloc[0]
    assert "by 6.00 points between the two halves of the last 4 of its 10 epochs" in row["evidence"]
    assert "n = 3" in row["evidence"]
    assert "epochs 20" in row["fix"]
    assert only(found(study, plan, peak_at(0.03)), "still_improving").empty


@pytest.mark.parametrize(("slope", "clear"), [(0.05, True), (0.0, False)])
def test_of_one_run_the_noise_of_its_own_curve_decides(slope, clear):
    noise = np.random.default_rng(1).normal(0, 0.01, 12)
    table = pd.DataFrame({"seed": 0, "epoch": range(1, 13)})
    table["validation_accuracy"] = 0.1 + slope * np.arange(12) + noise
    assert late_gain(table).is_clear(0.001) == clear


def test_a_single_epoch_says_nothing_of_what_more_would_bring():
    table = pd.DataFrame({"seed": [0, 1], "epoch": 1, "validation_accuracy": 0.5})
    assert late_gain(table) is None
    assert late_gain(table[:0]) is None


def test_overfitting_of_the_best_setting_names_the_epoch_and_the_rise():
    study, plan = study_of([SGD], seeds=6, epochs=10)
    loss = np.concatenate([np.linspace(1, 0.5, 5), np.linspace(0.6, 1, 5)])
    row = only(found(study, plan, peak_at(0.03), loss=lambda run: loss), "overfitting").iloc[0]
    assert row["setting"] == "sgd-lr0.03"
    assert "overfits in 6 of 6 runs: validation loss rises from epoch 5 on" in row["evidence"]


@pytest.mark.parametrize(("seeds", "shown"), [(1, "One seed"), (3, "by 3.0"), (5, "by 2.0")])
def test_too_few_seeds_say_what_they_can_show(seeds, shown):
    study, plan = study_of([SGD], seeds=seeds, epochs=10)
    row = only(found(study, plan, peak_at(0.03)), "few_seeds").iloc[0]
    assert shown.lower() in row["evidence"].lower()
    # More seeds after a look are judged more strictly.
    enough = f"seeds: {ENOUGH_SEEDS}, which tell apart settings {{}} deviations apart{{}}."
    again = ", as look 2 at this study; fresh seeds (`confirm`) need none"
    assert row["fix"] == enough.format(*(("2.6", again) if seeds > 1 else ("1.8", "")))


def test_runs_from_elsewhere_say_how_many_settings_have_the_fewest():
    _, plan = study_of([SGD], seeds=2, epochs=10)
    assert fewest(plan.runs) == (2, "")
    assert fewest(plan.runs[1:]) == (1, "1 of 3 settings: 1 run each. ")


def test_unequal_budgets_list_what_each_optimizer_got():
    study, plan = study_of([SGD, {"name": "adam", "lr": 0.01}], seeds=6, epochs=10)
    row = only(found(study, plan, peak_at(0.03, 0.01)), "unequal_budgets").iloc[0]
    assert "adam 1 setting and 60 epochs, sgd 3 settings and 180 epochs" in row["evidence"]
    assert row["fix"] == "Give adam as many settings and epochs as sgd."
    two, plan = study_of([SGD, {"name": "adam", "lr": [0.01, 0.1]}], seeds=6, epochs=10)
    row = only(found(two, plan, peak_at(0.03, 0.01)), "unequal_budgets").iloc[0]
    assert row["fix"].endswith("as sgd, or compare them as best of k.")


def test_epochs_that_a_diverged_run_did_not_train_are_no_smaller_budget():
    study, plan = study_of([SGD, ADAM], seeds=6, epochs=10)

    def accuracy(run):
        diverged = run.parameters["learning_rate"] in (0.1, 0.001) and run.seed < 3
        return None if diverged else peak_at(0.03, 0.003)(run)

    epochs, analysis = analysed(plan, accuracy)
    assert only(findings_table(Seen(study, plan, epochs, analysis)), "unequal_budgets").empty
    assert not unequal(analysis.optimizers)


def test_an_optimizer_of_which_most_runs_diverged_is_named_with_its_learning_rates():
    study, plan = study_of([{"name": "sgd", "lr": [0.1, 1, 10]}], seeds=2, epochs=10)

    def accuracy(run):
        return 0.9 + LEVEL if run.parameters["learning_rate"] < 1 else None

    row = only(found(study, plan, accuracy), "mostly_diverged").iloc[0]
    assert "4 of 6 runs of sgd diverged; its learning rates are 0.1, 1, 10" in row["evidence"]
    assert row["fix"] == "Add lr 0.01 to sgd."


def test_a_best_optimizer_that_cannot_be_told_from_the_next_is_below_noise():
    study, plan = study_of([SGD, ADAM], seeds=3, epochs=10)
    steps = {"sgd": [0.0, 0.002, 0.001], "adam": [0.001, 0.002, 0.002]}

    def accuracy(run):
        far = 0.05 * (run.parameters["learning_rate"] not in (0.03, 0.003))
        return 0.9 - far + steps[run.parameters["optimizer"]][run.seed] + LEVEL

    table = found(study, plan, accuracy)
    row = only(table, "below_noise").iloc[0]
    assert "adam-lr0.003 and the best of the next optimizer, sgd-lr0.03, cannot" in row["evidence"]
    assert "0.07 points (95 % interval -" in row["evidence"]
    # In pairs, with a standard error of 0.033 points, each picked from three.
    assert "take seeds: 17 to find a true difference of 0.07 points" in row["fix"]
    assert "at the stricter level of a further look" in row["fix"]
    assert re.search(r"from \d+ to \d+, since n = 3 says little", row["fix"])


def test_neighbours_of_one_optimizer_that_are_alike_are_no_finding():
    study, plan = study_of([SGD], seeds=6, epochs=10)
    level = found(study, plan, lambda run: 0.9 + scatter(run) + LEVEL)
    assert only(level, "below_noise").empty


def test_seconds_that_scatter_are_found_in_a_run_and_between_runs():
    study, plan = study_of([SGD], seeds=3, epochs=10)

    def within(run):
        slow = run.seed == 1 and run.setting == "sgd-lr0.1"
        return np.where(np.arange(10) % 2, 1.5 if slow else 1.02, 1.0)

    row = only(found(study, plan, peak_at(0.03), seconds=within), "timing_disturbed").iloc[0]
    assert "In 1 of 9 runs" in row["evidence"]
    assert "most in sgd-lr0.1, seed 1" in row["evidence"]
    between = only(
        found(study, plan, peak_at(0.03), seconds=lambda run: 1 + run.seed), "timing_disturbed"
    )
    assert "In 6 of 9 runs" in between["evidence"][0]
    quiet = found(study, plan, peak_at(0.03), seconds=lambda run: np.r_[5.0, np.ones(9)])
    assert only(quiet, "timing_disturbed").empty  # one slow epoch is none


def test_settings_with_the_same_histories_name_the_parameter_without_effect():
    entry = {"name": "sgd", "lr": [0.01, 0.03], "dampening": [0, 0.5]}  # without momentum
    study, plan = study_of([entry], seeds=2, epochs=10)

    def accuracy(run):
        return 0.9 + run.parameters["learning_rate"] + 0.001 * run.seed + LEVEL

    rows = only(found(study, plan, accuracy), "duplicate_settings")
    assert len(rows) == 2
    assert "sgd-lr0.01, sgd-lr0.01-dampening0.5 have the same histories" in rows["evidence"][0]
    assert "differ in dampening" in rows["evidence"][0]


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize("epochs", [1, 10])
@pytest.mark.parametrize(
    ("rates", "optimizers"), [([0.1], ["sgd"]), ([0.1], ["sgd", "adam"]), ([0.01, 0.1], ["sgd"])]
)
@pytest.mark.parametrize("diverged", ["none", "one seed", "all"])
def test_the_smallest_studies_and_diverged_ones_get_truthful_findings(
    seeds, epochs, rates, optimizers, diverged
):
    entries = [{"name": name, "lr": rates} for name in optimizers]
    study, plan = study_of(entries, seeds=seeds, epochs=epochs)

    def accuracy(run):
        lost = diverged == "all" or (diverged == "one seed" and run.seed == 0)
        return None if lost else (0.9 + scatter(run) + LEVEL)[: run.epochs]

    codes = set(found(study, plan, accuracy)["code"])
    assert "few_seeds" in codes
    nothing_finished = diverged == "all" or (diverged == "one seed" and seeds == 1)
    assert ("mostly_diverged" in codes) == nothing_finished
    assert ("edge" in codes) != nothing_finished


def test_missing_runs_do_no_harm():
    study, plan = study_of([SGD, ADAM], seeds=2, epochs=10)
    left_out = ["sgd-lr0.03", "adam-lr0.001", "adam-lr0.003", "adam-lr0.01"]
    table = found(study, plan, peak_at(0.03), leave_out=left_out)
    assert "few_seeds" in set(table["code"])


def test_a_run_that_is_asked_for_at_two_lengths_is_two_settings():
    study, plan = study_of([{**SGD, "epochs": [5, 10]}], seeds=6)

    def rising(run):
        start = 0.5 - run.parameters["learning_rate"] + scatter(run)
        return start + 0.03 * np.arange(run.epochs)

    table = found(study, plan, rising)
    row = only(table, "still_improving").iloc[0]
    assert "of its 10 epochs" in row["evidence"]
    assert only(table, "duplicate_settings").empty


@pytest.mark.parametrize(
    ("rates", "side", "expected"),
    [
        ([0.001, 0.01], "low", 0.0001),
        ([0.1, 0.3], "high", 0.9),
        ([0.1, 0.2, 0.8], "low", 0.05),
        ([0.5], "low", 0.05),
        ([0.5], "high", 5.0),
        ([0.0, 0.1], "low", None),
        ([0.0, 0.1], "high", 1.0),
        ([0.1, 1e7], "low", 0.01),
        ([0.1, 1e7], "high", 1e8),
    ],
)
def test_a_grid_goes_on_at_the_ratio_that_it_has_at_its_edge(rates, side, expected):
    assert beyond(rates, side) == expected


def test_the_middle_of_a_gap_is_the_geometric_one_on_two_digits():
    assert wide_gaps([0.001, 0.01, 0.5], 0.01) == [(0.001, 0.0032), (0.5, 0.071)]
    assert wide_gaps([0.1, 0.3, 0.9], 0.3) == []
    assert wide_gaps([0.0, 0.1], 0.1) == []


@pytest.mark.parametrize(("top", "is_said"), [(0.995, True), (1.0, False)])
def test_where_nothing_is_left_to_gain_no_larger_grid_and_no_longer_training_is_advised(
    top, is_said
):
    study, plan = study_of([SGD], seeds=6, epochs=10)

    def accuracy(run):
        best = run.parameters["learning_rate"] == 0.1
        rise = np.linspace(-0.1, 0, 10) if best else np.full(10, -0.3)
        return top + rise + 0.0001 * run.seed * (rise < 0)

    table = found(study, plan, accuracy)
    said = set(table["code"]) & {"edge", "coarse", "still_improving"}
    assert said == ({"edge", "still_improving"} if is_said else set())


def dynamics_of(plan, rows):
    """The table of what rows(run) gives: (of, step, spikes, sharpness, ratios of the layers)."""
    table = [
        {
            **{"run": run.name, "setting": run.setting, "seed": run.seed, "of": of, "step": step},
            **{"optimizer": run.parameters["optimizer"], "spikes": spikes, "sharpness": sharpness},
            **{"learning_rate": run.parameters["learning_rate"], "threshold": 20.0},
            "preconditioned_sharpness": np.nan,
            **{"status": "diverged" if of == "end" else "finished", "update_ratio": ratio},
            **{"layer": layer, "layer_name": ["0", "conv2"][layer - 1]},
        }
        for run in plan.runs
        for of, step, spikes, sharpness, ratios in rows(run)
        for layer, ratio in enumerate(ratios, 1)
    ]
    return pd.DataFrame(table)


def test_a_loss_that_exploded_is_said_with_the_step_and_the_largest_update_before_it():
    study, plan = study_of([SGD], seeds=3, epochs=10)

    def accuracy(run):
        return None if run.parameters["learning_rate"] == 0.1 else peak_at(0.03)(run)

    def rows(run):
        if accuracy(run) is not None:
            return [("evaluation", 50, 0, 5.0, (0.001, 0.002))]
        step = 40 + run.seed
        before = [("end", step - 1, np.nan, np.nan, (0.1, 0.3 + 0.01 * run.seed))]
        return [*before, ("end", step, np.nan, np.nan, (50.0, 9.0))]

    row = only(found(study, plan, accuracy, dynamics=dynamics_of(plan, rows)), "exploded").iloc[0]
    assert row["setting"] == "sgd-lr0.1"
    assert "3 of 3 runs diverged" in row["evidence"]
    assert "from step 41 (median; 40 to 42) on" in row["evidence"]
    assert "the update of layer 2 (conv2) was 0.31 of its weights (median of 3)" in row["evidence"]
    assert "At the evaluations of sgd-lr0.03 the largest was 0.002" in row["evidence"]
    nothing = only(found(study, plan, accuracy), "exploded")
    assert nothing.empty


@pytest.mark.parametrize(
    ("row", "code", "said"),
    [
        ((0, 5.0, (0.0, 0.002)), "still_layers", "the update of layer 1 was exactly 0"),
        ((2, 5.0, (0.1, 0.1)), "spikes", "12 spikes of the loss in 300 steps of 6 runs"),
        ((0, 19.0, (0.1, 0.1)), "edge_of_stability", "is 19 at the last evaluation (median of 6"),
        ((0, np.nan, (0.1, 0.1)), None, ""),
    ],
)
def test_what_the_dynamics_of_the_best_setting_show_is_said(row, code, said):
    study, plan = study_of([{"name": "sgd", "lr": [0.03]}], seeds=6, epochs=10)
    dynamics = dynamics_of(plan, lambda _: [("evaluation", 50, *row)])
    table = found(study, plan, peak_at(0.03), dynamics=dynamics)
    codes = ("exploded", "still_layers", "spikes", "edge_of_stability")
    rows = table[table["code"].isin(codes)]
    assert list(rows["code"]) == ([code] if code else [])
    assert all(said in text for text in rows["evidence"])
