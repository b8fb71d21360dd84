"""Claims are confirmed, contradicted or left open by rules that the runs cannot bend."""

import re
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from whole_runs import PROJECT

from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.differences import holm
from lr_atlas.analysis.measures import MEASURES
from lr_atlas.analysis.pairing import seed_correlation
from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.analysis.verdicts import FRESH
from lr_atlas.common.errors import UserError
from lr_atlas.config.claim import METRIC_NAMES
from lr_atlas.config.claims import KINDS
from lr_atlas.config.study_models import Study
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.study_definition import study_definition, study_from_definition
from lr_atlas.tables.study_tables import COLUMNS
from lr_atlas.training.records import METRICS

A, B, C = {"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}
EPOCHS, IMAGES = 10, 1000


def study_with(*claims, seeds=3, **more):
    return Study.model_validate(
        {
            "dataset": "mnist",
            "epochs": EPOCHS,
            "seeds": seeds,
            "optimizers": [{"name": "sgd", "lr": [0.1, 0.2, 0.3]}],
            "claims": list(claims),
            **more,
        }
    )


def measures_of(values, metric="validation_accuracy", status=None):
    """A row per run: `values` of the metric by learning rate; NaN for a run that diverged.

    status: instead of finished, by learning rate.
    """
    rows = []
    for rate, of_runs in values.items():
        for seed, value in enumerate(of_runs):
            end = "diverged" if np.isnan(value) else (status or {}).get(rate, "finished")
            row = dict.fromkeys(MEASURES, 0.5) | {metric: value}
            row |= {"setting": f"sgd-lr{rate}", "seed": seed, "status": end, "overfits": False}
            if metric == "epochs_to_target":
                row |= {"images_to_target": value * IMAGES, "seconds_to_target": value * 0.5}
            rows.append(row)
    return pd.DataFrame(rows)


def epochs_of(measures, metric="validation_accuracy", curve=lambda value: [value] * EPOCHS):
    """The epochs behind `measures`: the metric of each run by `curve`, a function of its end."""
    rows = [
        {"setting": run.setting, "seed": run.seed, "status": run.status, "epoch": epoch}
        | dict.fromkeys(METRICS, 0.5)
        | {metric: value}
        for run in measures.itertuples()
        for epoch, value in enumerate(curve(getattr(run, metric)), 1)
        if not np.isnan(value)
    ]
    columns = ["setting", "seed", "status", "epoch", *METRICS]
    return pd.DataFrame(rows, columns=columns)


def check(claim, measures, seeds=3, epochs=None, pairs=None):
    """The one row of the table of one claim."""
    study = study_with(claim, seeds=seeds)
    plan = plan_study("a", study, None, 1)
    epochs = epochs_of(measures) if epochs is None else epochs
    table = check_claims(study.claims, plan, measures, epochs, pairs)
    assert list(table.columns) == list(COLUMNS["claims"])
    return table.iloc[0]


def verdict(claim, values, **more):
    return check(claim, measures_of(values, **more))["verdict"]


BETTER = {"claim": "better", "where": A, "than": B}
HIGH, LOW, WIDE = [0.90, 0.91, 0.92], [0.80, 0.81, 0.82], [0.70, 0.95, 0.80]
NAN, INF = float("nan"), float("inf")


# better


def test_better_is_confirmed_contradicted_or_open_by_the_interval():
    assert verdict(BETTER, {0.1: HIGH, 0.2: LOW}) == "confirmed"
    assert verdict(BETTER, {0.1: LOW, 0.2: HIGH}) == "contradicted"
    assert verdict(BETTER, {0.1: HIGH, 0.2: WIDE}) == "inconclusive"
    assert verdict(BETTER, {0.1: HIGH, 0.2: HIGH}) == "inconclusive"


def test_what_is_open_says_what_so_many_runs_can_show():
    values = measures_of({0.1: HIGH, 0.2: [0.90, 0.92, 0.91]})
    shown = "n = 3 finds 3.04 points or more{} in four of five studies."
    assert check(BETTER, values)["evidence"].endswith(shown.format(""))
    order = {"claim": "order", "of": [A, B]}
    assert check(order, values)["evidence"].endswith(shown.format(""))
    for on_a_margin in (EXAMPLES["within"], BETTER | {"by": 0.001}):
        row = check(on_a_margin, values)
        assert row["verdict"] == "inconclusive"
        assert row["evidence"].endswith(shown.format(" from the margin"))


def test_not_better_is_the_opposite_of_better():
    claim = BETTER | {"claim": "not_better"}
    assert verdict(claim, {0.1: HIGH, 0.2: LOW}) == "contradicted"
    assert verdict(claim, {0.1: LOW, 0.2: HIGH}) == "confirmed"
    assert verdict(claim, {0.1: HIGH, 0.2: WIDE}) == "inconclusive"


def test_a_margin_has_to_be_exceeded():
    values = {0.1: HIGH, 0.2: LOW}  # ahead by 0.1, between 0.077 and 0.123
    assert verdict(BETTER | {"by": 0.07}, values) == "confirmed"
    assert verdict(BETTER | {"by": 0.09}, values) == "inconclusive"
    assert verdict(BETTER | {"by": 0.13}, values) == "contradicted"


def test_of_a_loss_the_lower_is_better():
    claim = BETTER | {"metric": "validation_loss"}
    assert verdict(claim, {0.1: LOW, 0.2: HIGH}, metric="validation_loss") == "confirmed"


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6))
def test_better_agrees_with_scipys_welch_test_where_seeds_do_not_go_together(pairs):
    first, second = np.array(pairs).T
    if min(np.ptp(first), np.ptp(second)) < 1e-6 or seed_correlation(np.array(pairs).T).helps():
        return
    found = verdict(BETTER, {0.1: first, 0.2: second})
    test = stats.ttest_ind(first, second, equal_var=False)
    if abs(test.pvalue - 0.05) > 1e-6:
        expected = "confirmed" if test.statistic > 0 else "contradicted"
        assert found == (expected if test.pvalue < 0.05 else "inconclusive")


def test_runs_are_compared_by_seed_where_seeds_go_together():
    """Eight seeds, three settings, and nearly all of the scatter belongs to the seed."""
    common = np.linspace(0, 0.2, 8)
    own = 0.001 * np.random.default_rng(0).normal(size=(3, 8))
    values = dict(zip((0.1, 0.2, 0.3), 0.5 + common + own, strict=True))
    values[0.1] = values[0.1] + 0.005
    row = check(BETTER, measures_of(values), seeds=8)
    assert (row["verdict"], row["method"]) == ("confirmed", "paired t interval, 95 %")
    values[0.3] = values[0.3][::-1]
    values[0.2] = values[0.2][[3, 1, 7, 5, 0, 6, 2, 4]]
    row = check(BETTER, measures_of(values), seeds=8)
    assert (row["verdict"], row["method"]) == ("inconclusive", "Welch's t interval, 95 %")


def pairs_table(**row):
    """A table of pairs that compares the first two settings."""
    ordinary = {"first": "sgd-lr0.2", "second": "sgd-lr0.1", "n": 5, "p": 0.4, "runs": FRESH}
    ordinary |= {"difference": -0.01, "low": -0.03, "high": 0.01, "verdict": "inconclusive"}
    ordinary |= {"smallest_difference": 0.025, "mean_first": 0.89, "mean_second": 0.9}
    return pd.DataFrame([ordinary | row])


def test_two_settings_that_the_table_of_pairs_compares_have_the_verdict_of_that_table():
    """S4: these runs alone would confirm it."""
    measures = measures_of({0.1: HIGH, 0.2: LOW, 0.3: LOW})
    assert check(BETTER, measures)["verdict"] == "confirmed"
    row = check(BETTER, measures, pairs=pairs_table())
    assert (row["verdict"], row["method"]) == ("inconclusive", "table of pairs")
    assert row["evidence"].endswith(" n = 5 finds 2.50 points or more in four of five studies.")
    assert "table of pairs -1.00 to 3.00 points, n = 5, fresh seeds" in row["evidence"]
    # The means are those that were compared.
    assert "test accuracy: sgd-lr0.1 90.00 %, sgd-lr0.2 89.00 %" in row["evidence"]
    # The last epoch is no other question.
    assert check(BETTER | {"at_epoch": EPOCHS}, measures, pairs=pairs_table())["verdict"] == (
        "inconclusive"
    )
    best = {"claim": "best", "where": A}
    row = check(best, measures, pairs=pairs_table())
    assert row["verdict"] == "inconclusive"
    assert "p = 0.4 corrected. Clearly better than 1 of 2" in row["evidence"]
    clear = pairs_table(low=-0.03, high=-0.001, p=0.03, verdict="second better")
    assert check(BETTER, measures, pairs=clear)["verdict"] == "confirmed"
    assert check(best, measures, pairs=clear)["verdict"] == "confirmed"
    # Another metric is no question of that table.
    loss = measures_of({0.1: LOW, 0.2: HIGH}, metric="validation_loss")
    claim = BETTER | {"metric": "validation_loss"}
    assert check(claim, loss, pairs=pairs_table())["verdict"] == "confirmed"


SHARES = st.integers(0, 10_000).map(lambda images: images / 10_000)


@given(st.lists(SHARES, min_size=2, max_size=5), st.data())
def test_who_is_better_does_not_depend_on_who_is_named_first(first, data):
    same_length = st.lists(SHARES, min_size=len(first), max_size=len(first))
    second = data.draw(same_length)
    one = verdict(BETTER, {0.1: first, 0.2: second})
    other = verdict(BETTER | {"where": B, "than": A}, {0.1: first, 0.2: second})
    opposite = {"confirmed": "contradicted", "contradicted": "confirmed"}
    assert other == opposite.get(one, one)


def test_with_one_seed_nothing_is_decided_and_that_is_said():
    row = check(BETTER, measures_of({0.1: [0.9], 0.2: [0.1]}))
    assert row["verdict"] == "inconclusive"
    assert "no interval, n = 1" in row["evidence"]


def test_evidence_has_both_means_the_difference_the_interval_and_n():
    row = check(BETTER | {"from": "figure 4"}, measures_of({0.1: HIGH, 0.2: [0.80, 0.82, 0.81]}))
    assert row["evidence"] == (
        "validation accuracy: sgd-lr0.1 91.00 %, sgd-lr0.2 81.00 %; sgd-lr0.1 is ahead by 10.00 "
        "points (95 % interval 7.73 to 12.27 points, n = 3)."
    )
    assert row["source"] == "figure 4"
    assert row["claim"] == "sgd-lr0.1 is better than sgd-lr0.2 in validation accuracy"


# Runs that diverged, times that were not reached, runs that are not there


def test_a_setting_of_which_a_run_diverged_is_never_confirmed_to_be_better():
    row = check(BETTER, measures_of({0.1: [0.9, 0.91, NAN], 0.2: LOW}))
    assert row["verdict"] == "inconclusive"
    assert "1 of 3 diverged" in row["evidence"]
    assert verdict(BETTER, {0.1: LOW, 0.2: [*HIGH[:2], NAN]}) == "inconclusive"


def test_a_setting_of_which_a_run_diverged_may_still_be_worse():
    assert verdict(BETTER, {0.1: [*LOW[:2], NAN], 0.2: HIGH}) == "contradicted"
    assert verdict(BETTER, {0.1: HIGH, 0.2: [*LOW[:2], NAN]}) == "confirmed"


@pytest.mark.parametrize(("runs", "shown"), [(2, False), (3, False), (4, True)])
def test_all_runs_diverged_of_one_setting_and_none_of_the_other_shows_it_from_four_on(runs, shown):
    """S8: Fisher's exact test, p = 0.33, 0.10 and 0.03."""
    here = np.linspace(0.90, 0.92, runs)
    row = check(BETTER, measures_of({0.1: here, 0.2: [NAN] * runs}), seeds=runs)
    assert row["verdict"] == ("confirmed" if shown else "inconclusive")
    assert f"{runs} of {runs} diverged" in row["evidence"]
    assert ("too few runs to show it, p = 0." in row["evidence"]) != shown
    other = verdict(BETTER, {0.1: [NAN] * runs, 0.2: here})
    assert other == ("contradicted" if shown else "inconclusive")


@pytest.mark.parametrize(("runs", "shown"), [(5, False), (6, True)])
def test_a_setting_that_always_diverged_lies_below_a_value_by_a_sign_test(runs, shown):
    claim = {"claim": "above", "where": A, "value": 0.5}
    row = check(claim, measures_of({0.1: [NAN] * runs}), seeds=runs)
    assert row["verdict"] == ("contradicted" if shown else "inconclusive")


@pytest.mark.parametrize("unit", ["epochs", "images", "seconds"])
def test_a_target_that_one_setting_always_reaches_and_the_other_never_is_a_bound(unit):
    measures = measures_of({0.1: [2, 2, 3], 0.2: [INF] * 3}, metric="epochs_to_target")
    claim = BETTER | {"metric": f"{unit}_to_target"}
    row = check(claim, measures)
    assert row["verdict"] == "confirmed"
    assert "3 of 3 did not reach the target" in row["evidence"]
    assert "at least" in row["evidence"]
    assert check(claim | {"where": B, "than": A}, measures)["verdict"] == "contradicted"


def test_a_bound_decides_nothing_that_a_bound_cannot():
    claim = BETTER | {"metric": "epochs_to_target"}
    late = {0.1: [9.9, 10, 9.9], 0.2: [9.8, INF, INF]}
    assert verdict(claim, late, metric="epochs_to_target") == "inconclusive"
    row = check(claim, measures_of({0.1: [INF, 2, 2], 0.2: [9, INF, 9]}, metric="epochs_to_target"))
    assert row["verdict"] == "inconclusive"
    assert "no bound on either side" in row["evidence"]


def test_a_margin_is_confirmed_only_by_what_was_watched():
    claim = BETTER | {"metric": "epochs_to_target"}
    values = {0.1: [2, 2, 2], 0.2: [INF] * 3}  # at least 8 of the 10 epochs later
    assert verdict(claim | {"by": 7}, values, metric="epochs_to_target") == "confirmed"
    assert verdict(claim | {"by": 9}, values, metric="epochs_to_target") == "inconclusive"


@pytest.mark.parametrize("kind", KINDS)
def test_a_claim_about_settings_without_any_run_is_inconclusive(kind):
    row = check(EXAMPLES[kind], measures_of({0.3: HIGH}))
    assert row["verdict"] == "inconclusive"
    assert "no run" in row["evidence"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [[0.5], [NAN], [NAN] * 3, [0.5, NAN, 0.6]])
def test_every_kind_of_claim_survives_one_seed_and_diverged_runs(kind, values):
    row = check(EXAMPLES[kind], measures_of(dict.fromkeys((0.1, 0.2, 0.3), values)))
    assert row["verdict"] in ("confirmed", "contradicted", "inconclusive")
    assert "nan" not in row["evidence"]
    assert "inf" not in row["evidence"]


# The other kinds

EXAMPLES = {
    "better": BETTER,
    "not_better": BETTER | {"claim": "not_better"},
    "best": {"claim": "best", "where": A, "of": [B]},
    "within": {"claim": "within", "where": A, "than": B, "by": 0.01},
    "stable": {"claim": "stable", "where": A, "swing": 0.01},
    "unstable": {"claim": "unstable", "where": A, "swing": 0.01},
    "overfits": {"claim": "overfits", "where": A},
    "collapses": {"claim": "collapses", "where": A},
    "below": {"claim": "below", "where": A, "value": 0.5},
    "above": {"claim": "above", "where": A, "value": 0.5},
    "order": {"claim": "order", "of": [A, B, C]},
    "rises": {"claim": "rises", "where": A, "last": 5},
    "falls": {"claim": "falls", "where": A, "last": 5},
}


def test_best_has_to_beat_every_other_as_better_would_and_fails_after_holms_correction():
    claim = {"claim": "best", "where": A}
    clear = {0.1: HIGH, 0.2: LOW, 0.3: LOW}
    assert verdict(claim, clear) == "confirmed"
    assert verdict(claim | {"where": B}, clear) == "contradicted"
    # p = 0.04 alone, 0.08 of two
    near = [0.875, 0.885, 0.895]
    values = {0.1: HIGH, 0.2: near, 0.3: near}
    assert 0.025 < stats.ttest_ind(HIGH, near, equal_var=False).pvalue < 0.05
    assert verdict(BETTER, values) == "confirmed"
    assert verdict(claim | {"of": [B]}, values) == "confirmed"
    assert verdict(claim, values) == "confirmed"
    assert verdict(claim | {"where": B, "of": [A]}, values) == "contradicted"
    assert verdict(claim | {"where": B}, values) == "inconclusive"


def test_best_of_may_name_several_settings_at_once_and_leaves_out_itself():
    row = check(
        {"claim": "best", "where": A, "of": [{"optimizer": "sgd"}]}, measures_of({0.1: HIGH})
    )
    assert "Holm over 2" in row["method"]


def test_within_is_equivalence_not_a_difference_that_was_not_found():
    claim = {"claim": "within", "where": A, "than": B, "by": 0.05}
    assert verdict(claim, {0.1: HIGH, 0.2: [0.90, 0.92, 0.92]}) == "confirmed"
    assert verdict(claim, {0.1: HIGH, 0.2: WIDE}) == "inconclusive"
    assert verdict(claim, {0.1: HIGH, 0.2: LOW}) == "contradicted"


def test_two_metrics_of_a_setting_may_be_near_each_other():
    measures = measures_of({0.1: HIGH}).assign(train_accuracy=[0.91, 0.921, 0.93])
    claim = {"claim": "within", "where": A, "of_metric": "train_accuracy", "by": 0.02}
    assert check(claim, measures)["verdict"] == "confirmed"
    assert check(claim | {"by": 0.005}, measures)["verdict"] == "contradicted"


def test_a_curve_is_stable_or_not_against_a_border_or_another_setting():
    small, large = [0.001, 0.002, 0.001], [0.02, 0.022, 0.02]
    values = {0.1: small, 0.2: large}
    claim = {"claim": "stable", "where": A, "swing": 0.01}
    assert verdict(claim, values, metric="swing") == "confirmed"
    assert verdict(claim | {"where": B}, values, metric="swing") == "contradicted"
    assert verdict(claim | {"claim": "unstable"}, values, metric="swing") == "contradicted"
    claim = {"claim": "unstable", "where": B, "than": A}
    turns = {0.1: [1, 2, 1], 0.2: [9, 10, 12]}
    assert verdict(claim, turns, metric="extrema") == "confirmed"
    assert verdict(claim | {"metric": "swing"}, values, metric="swing") == "confirmed"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([1] * 6, "confirmed"),
        ([0] * 6, "contradicted"),
        ([1] * 5 + [0], "inconclusive"),
        # All or none of few runs does not show that most do or do not (S8).
        ([1] * 5, "inconclusive"),
        ([0] * 3, "inconclusive"),
    ],
)
def test_overfitting_is_a_matter_of_all_runs_or_none_of_six_at_least(shown, expected):
    runs = len(shown)
    measures = measures_of({0.1: np.linspace(0.9, 0.92, runs)}).assign(
        overfits=np.array(shown, bool)
    )
    row = check(EXAMPLES["overfits"], measures, seeds=runs)
    assert row["verdict"] == expected
    low, high = stats.binomtest(sum(shown), runs).proportion_ci()
    assert f"{sum(shown)} of {runs} runs overfit" in row["evidence"]
    assert f"{100 * low:.0f} to {100 * high:.0f} %" in row["evidence"]
    few = len(set(shown)) == 1 and runs < 6
    assert row["evidence"].endswith(". 6 such runs would show it of most.") == few


def test_a_diverged_run_counts_as_collapsed_and_as_not_overfitting_and_both_are_said():
    values = {0.1: [*[0.1] * 5, NAN]}
    measures = measures_of(values, status={0.1: "collapsed"}).assign(overfits=True)
    row = check(EXAMPLES["collapses"], measures, seeds=6)
    assert row["verdict"] == "confirmed"
    assert "6 of 6 runs collapsed" in row["evidence"]
    assert "1 of these diverged" in row["evidence"]
    row = check(EXAMPLES["overfits"], measures, seeds=6)
    assert row["verdict"] == "inconclusive"
    assert "1 diverged and count" in row["evidence"]


# Many claims, further looks, disturbed seconds


def test_a_verdict_that_one_claim_has_may_not_hold_for_many_together():
    """Alone p = 0.02, and of ten claims 0.2; the clear one holds with all."""
    values = {0.1: HIGH, 0.2: LOW, 0.3: [0.878, 0.888, 0.898]}
    clear, near = BETTER, BETTER | {"than": C}
    p = stats.ttest_ind(HIGH, values[0.3], equal_var=False).pvalue
    assert 0.05 / 10 < p < 0.06
    near |= {"than": C, "where": A}
    open_ones = [BETTER | {"by": 0.1}] * 8
    study = study_with(clear, near, *open_ones)
    plan, measures = plan_study("a", study, None, 1), measures_of(values)
    table = check_claims(study.claims, plan, measures, epochs_of(measures))
    assert table["together"].tolist()[:2] == ["confirmed", "inconclusive"]
    assert (table["together"][2:] == "inconclusive").all()
    alone = check(clear, measures)
    assert alone["together"] == alone["verdict"] == "confirmed"


def test_claims_hold_together_as_holms_correction_of_their_p_says():
    generator = np.random.default_rng(5)
    wanted = [BETTER, BETTER | {"than": C}, BETTER | {"where": B, "than": C}]
    study = study_with(*wanted, seeds=4)
    plan = plan_study("a", study, None, 1)
    for _ in range(25):
        values = generator.normal([[0.82], [0.8], [0.79]], 0.01, (3, 4))
        measures = measures_of(dict(zip((0.1, 0.2, 0.3), values, strict=True)))
        table = check_claims(study.claims, plan, measures, epochs_of(measures))
        pairs = [(0, 1), (0, 2), (1, 2)]
        p = [stats.ttest_ind(values[a], values[b], equal_var=False).pvalue for a, b in pairs]
        decided = (table["together"] != "inconclusive").to_numpy()
        assert (decided == (holm(np.array(p)) < 0.05)).all()


def test_a_pair_of_the_table_holds_with_other_claims_by_a_smaller_error_of_its_row():
    row = {"error": 0.004, "df": 8, "level": 0.05, "picked_first": 1, "picked_second": 1}
    measures = measures_of({0.1: HIGH, 0.2: LOW, 0.3: LOW})
    study = study_with(BETTER, {"claim": "better", "where": B, "than": {"lr": 0.3}})
    plan = plan_study("a", study, None, 1)
    for p, together in ((0.03, "inconclusive"), (0.01, "confirmed")):
        t = stats.t.isf(p / 2, 8)
        reach = stats.t.isf(0.025, 8)
        pairs = pairs_table(
            **row,
            **{"difference": -0.004 * t, "low": -0.004 * (t + reach), "p": p},
            high=-0.004 * (t - reach),
        )
        table = check_claims(study.claims, plan, measures, epochs_of(measures), pairs)
        assert table["verdict"].tolist() == ["confirmed", "inconclusive"]
        assert table["together"].iloc[0] == together


def test_at_a_further_look_a_claim_has_less_of_the_error():
    measures = measures_of({0.1: HIGH, 0.2: [0.875, 0.885, 0.895]})
    study = study_with(BETTER, EXAMPLES["overfits"])
    plan = plan_study("a", study, None, 1)
    first, again = (
        check_claims(study.claims, plan, measures, epochs_of(measures), look=look)
        for look in (1, 2)
    )
    assert (first["verdict"][0], again["verdict"][0]) == ("confirmed", "inconclusive")
    assert "99.5 % interval" in again["evidence"][0]
    assert "all or none of the runs, 9 at least" in again["method"][1]


@pytest.mark.parametrize("disturbed", [False, True])
def test_seconds_are_judged_only_where_they_are_not_disturbed(disturbed):
    measures = measures_of({0.1: [1.0, 1.01, 1.02], 0.2: [2.0, 2.01, 2.02]}, "seconds_per_epoch")
    epochs = epochs_of(measures).assign(train_seconds=1.0)
    if disturbed:
        epochs.loc[epochs["epoch"] > 5, "train_seconds"] = 2.0
    row = check(BETTER | {"metric": "seconds_per_epoch"}, measures, epochs=epochs)
    assert row["verdict"] == ("inconclusive" if disturbed else "confirmed")
    why = "Seconds are not judged: those of 6 of 6 runs scatter by more than a tenth."
    assert row["evidence"].endswith(why) == disturbed
    assert (
        check(BETTER, measures_of({0.1: HIGH, 0.2: LOW}), epochs=epochs)["verdict"] == "confirmed"
    )


def test_below_and_above_hold_only_if_they_hold_for_every_setting_that_matches():
    claim = {"claim": "below", "where": {"optimizer": "sgd"}, "value": 0.85}
    assert verdict(claim, dict.fromkeys((0.1, 0.2, 0.3), LOW)) == "confirmed"
    assert verdict(claim, {0.1: LOW, 0.2: HIGH, 0.3: LOW}) == "contradicted"
    assert verdict(claim, {0.1: LOW, 0.2: WIDE, 0.3: LOW}) == "inconclusive"
    assert verdict(claim, {0.1: LOW, 0.2: LOW}) == "inconclusive"  # of one there is no run
    assert verdict(claim | {"claim": "above"}, {0.1: HIGH, 0.2: LOW}) == "contradicted"


# A value at an epoch, an order, a trend


def curves(setting, *runs):
    """Epochs of one setting: the validation accuracy of each run."""
    rows = [
        {"setting": setting, "seed": seed, "status": "finished", "epoch": epoch}
        | dict.fromkeys(METRICS, value)
        for seed, run in enumerate(runs)
        for epoch, value in enumerate(run, 1)
    ]
    return pd.DataFrame(rows)


def test_a_metric_may_count_after_an_epoch_in_the_middle():
    """The first is ahead early and behind at the end."""
    early = [np.linspace(0.8, 0.82, EPOCHS) + 0.001 * seed for seed in range(3)]
    late = [np.linspace(0.5, 0.9, EPOCHS) + 0.001 * seed for seed in range(3)]
    epochs = pd.concat([curves("sgd-lr0.1", *early), curves("sgd-lr0.2", *late)])
    measures = measures_of({0.1: [run[-1] for run in early], 0.2: [run[-1] for run in late]})
    at = {"epochs": epochs, "measures": measures}
    assert check(BETTER, **at)["verdict"] == "contradicted"
    row = check(BETTER | {"at_epoch": 2}, **at)
    assert row["verdict"] == "confirmed"
    assert (
        "validation accuracy after epoch 2: sgd-lr0.1 80.32 %, sgd-lr0.2 54.54 %"
        in (row["evidence"])
    )
    above = {"claim": "above", "where": B, "value": 0.7, "at_epoch": 5}
    assert check(above, **at)["verdict"] == "contradicted"
    assert check(above | {"at_epoch": 7}, **at)["verdict"] == "confirmed"
    # The table of pairs is about the last epoch.
    row = check(BETTER | {"at_epoch": 2}, **at, pairs=pairs_table())
    assert row["verdict"] == "confirmed"


def test_an_order_of_metrics_holds_for_each_neighbour_or_not():
    measures = measures_of({0.1: HIGH})
    measures = measures.assign(
        train_accuracy=measures["validation_accuracy"] + 0.02 + 0.001 * measures["seed"],
        running_accuracy=measures["validation_accuracy"] - 0.03 - 0.001 * measures["seed"],
    )
    order = ["train_accuracy", "validation_accuracy", "running_accuracy"]
    claim = {"claim": "order", "where": A, "metrics": order}
    row = check(claim, measures)
    assert row["verdict"] == "confirmed"
    assert "train accuracy over validation accuracy by 2.10 points" in row["evidence"]
    assert check(claim | {"metrics": order[::-1]}, measures)["verdict"] == "contradicted"
    mixed = [order[0], order[2], order[1]]
    assert check(claim | {"metrics": mixed}, measures)["verdict"] == "contradicted"
    level = measures.assign(running_accuracy=measures["validation_accuracy"] + [0.01, 0, -0.01])
    assert check(claim, level)["verdict"] == "inconclusive"


def test_an_order_of_settings_is_best_first():
    values = {0.1: HIGH, 0.2: LOW, 0.3: [0.1, 0.11, 0.12]}
    claim = {"claim": "order", "of": [A, B, C]}
    assert verdict(claim, values) == "confirmed"
    assert verdict(claim | {"of": [B, A, C]}, values) == "contradicted"
    loss = claim | {"metric": "validation_loss"}
    assert verdict(loss, values, metric="validation_loss") == "contradicted"


@pytest.mark.parametrize(("slope", "rises"), [(0.01, "confirmed"), (-0.01, "contradicted")])
def test_a_trend_is_the_slope_of_the_last_epochs(slope, rises):
    runs = [0.5 + (slope + 0.001 * seed) * np.arange(EPOCHS) for seed in range(3)]
    for run in runs:
        run[:5] = 0.9  # not among the last
    epochs, measures = curves("sgd-lr0.1", *runs), measures_of({0.1: [0.5] * 3})
    opposite = {"confirmed": "contradicted", "contradicted": "confirmed"}
    row = check(EXAMPLES["rises"], measures, epochs=epochs)
    assert row["verdict"] == rises
    assert f"changes by {100 * (slope + 0.001):.2f} points an epoch" in row["evidence"]
    assert check(EXAMPLES["falls"], measures, epochs=epochs)["verdict"] == opposite[rises]


def test_peaks_of_the_cost_are_counted_apart_from_those_of_accuracy():
    values = {0.1: [1, 2, 1], 0.2: [9, 10, 12]}
    claim = {"claim": "unstable", "where": B, "than": A, "metric": "loss_extrema"}
    assert verdict(claim, values, metric="loss_extrema") == "confirmed"


# The configuration

CONFIG = """\
studies:
  a:
    dataset: mnist
    optimizers: [{{name: sgd, lr: [0.1, 0.2]}}]
    claims:
      - {claim}
"""


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            "{claim: beter}",
            "config.yaml:6: studies.a.claims[0]: unknown claim 'beter': did you",
        ),
        ("{where: {lr: 0.1}}", "the entry has no 'claim'; Allowed: better, not_better"),
        ("{claim: overfits}", "'where' is missing"),
        ("{claim: overfits, were: {lr: 0.1}}", "unknown key 'were': did you mean 'where'?"),
        ("{claim: overfits, where: {}}", "nothing is given here"),
        ("{claim: overfits, where: {lr: 0.3}}", "0 settings match {'lr': 0.3}, exactly one must"),
        ("{claim: overfits, where: {optimizer: sgd}}", "2 settings match"),
        ("{claim: overfits, where: {lrr: 0.1}}", "claims[0].where: unknown parameter 'lrr': did"),
        (
            "{claim: below, where: {lr: 0.3}, value: 1}",
            "settings match {'lr': 0.3}, at least one",
        ),
        (
            "{claim: better, where: {lr: 0.1}, than: {lr: 0.2}, metric: validation_accurcy}",
            "unknown value 'validation_accurcy': did you mean 'validation_accuracy'?",
        ),
        ("{claim: better, where: {lr: 0.1}, than: {lr: 0.1}}", "is compared with itself"),
        ("{claim: best, where: {lr: 0.1}, of: [{lr: 0.4}]}", "claims[0].of[0]: 0 settings match"),
        ("{claim: within, where: {lr: 0.1}, by: 1}", "either 'than' or 'of_metric', found neither"),
        ("{claim: within, where: {lr: 0.1}, than: {lr: 0.2}, by: 0}", "must be greater than 0"),
        (
            "{claim: above, where: {lr: 0.1}, value: 1, metric: swing, at_epoch: 2}",
            "'at_epoch' needs a metric that each epoch has, which swing is not; Allowed: running",
        ),
        (
            "{claim: above, where: {lr: 0.1}, value: 1, at_epoch: 11}",
            "claims[0].at_epoch: at_epoch: 11 is more than the 10 epochs of sgd-lr0.1",
        ),
        ("{claim: rises, where: {lr: 0.1}, last: 11}", "last: 11 is more than the 10 epochs"),
        ("{claim: order, where: {lr: 0.1}}", "'order' takes either 'metrics' or 'of'"),
        ("{claim: order, of: [{lr: 0.1}, {lr: 0.1}]}", "of[1]: sgd-lr0.1 is compared with itself"),
        (
            "{claim: stable, where: {lr: 0.1}, than: {lr: 0.2}, swing: 1}",
            "'stable' takes either 'swing' or 'than', found swing and than",
        ),
    ],
)
def test_a_mistake_in_a_claim_is_answered_with_file_line_and_key(tmp_path, claim, message):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(claim=claim))
    with pytest.raises(UserError, match=re.escape(message)):
        load_atlas([path])


def test_where_may_name_epochs_batch_size_and_what_else_sets_a_setting_apart():
    claim = {"claim": "overfits", "where": {"epochs": 5, "batch_size": 20, "hidden": [30]}}
    entry = {"name": "sgd", "lr": 0.1, "epochs": [5, 6], "batch_size": [10, 20]}
    study = study_with(claim, optimizers=[entry], model={"hidden": [30]}, seeds=6)
    plan = plan_study("a", study, None, 1)
    runs = pd.DataFrame({"setting": [run.setting for run in plan.runs]})
    runs = runs.assign(status="finished", overfits=True, validation_loss_rise=0.1)
    runs["seed"] = [run.seed for run in plan.runs]
    assert check_claims(study.claims, plan, runs)["verdict"].tolist() == ["confirmed"]


def test_claims_survive_the_way_through_a_studys_definition():
    atlas = load_atlas([PROJECT / "config.yaml"])
    again = atlas_from_snapshot(atlas.snapshot())
    for name in ("fashion-mnist-learning-rate", "mnist-optimizers"):
        study = atlas.configuration.studies[name]
        assert study.claims
        assert again.configuration.studies[name].claims == study.claims
        read, _ = study_from_definition(study_definition(atlas, name))
        assert (read.claims, read.reference) == (study.claims, study.reference)


# The vocabulary


def test_every_metric_of_a_claim_is_a_measure():
    assert set(METRIC_NAMES) == set(MEASURES) - {"overfits", "overfit_epoch"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_called_as_its_file_and_has_an_example(kind):
    assert get_args(KINDS[kind].model_fields["claim"].annotation) == (kind,)
    assert EXAMPLES[kind]["claim"] == kind


def test_the_page_on_claims_has_every_kind_with_its_keys_and_every_metric_with_its_direction():
    text = (PROJECT / "docs" / "claims.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| `")
    }
    for kind, model in KINDS.items():
        row = rows[f"`{kind}`"]
        if "| as `" not in row:
            keys = set(model.model_fields) - {"claim", "text", "from"}
            assert {key for key in keys if f"`{key}`" not in row} == set()
    for metric in METRIC_NAMES:
        row = next(row for names, row in rows.items() if f"`{metric}`" in names)
        better = "higher" if MEASURES[metric].higher_is_better else "lower"
        assert row.split("|")[2].strip() == better


# Reported values


def test_reported_values_stand_beside_measured_ones_with_interval_and_source():
    values = [
        {"where": A, "validation_accuracy": 0.9, "from": "table 1"},
        {"where": B, "seconds_per_epoch": 2.0, "tolerance": 0.5},
        {"where": C, "train_loss": 0.3},
    ]
    study = study_with(reference={"source": "a paper", "values": values})
    plan = plan_study("a", study, None, 1)
    runs = measures_of({0.1: HIGH, 0.2: [NAN] * 3}).assign(seconds_per_epoch=2.4)
    table = compare_with_reference(runs, plan, study.reference)
    first, second = table.iloc[0], table.iloc[1]
    assert len(table) == 2  # of the third setting there is no run
    assert (first["source"], second["source"]) == ("table 1", "")
    interval = stats.t.interval(0.95, 2, 0.91, stats.sem(HIGH))
    assert (first["low"], first["high"]) == pytest.approx(interval)
    assert first["reproduced"]
    assert first["predicted"]
    half = stats.t.isf(0.025, 2) * 0.01 * np.sqrt(1 + 1 / 3)
    assert (first["predicted_low"], first["predicted_high"]) == pytest.approx(
        (0.91 - half, 0.91 + half)
    )
    assert first["tolerance"] == 0.015
    assert second["n"] == 0
    assert pd.isna(second["measured"])
    assert pd.isna([second["reproduced"], second["predicted"]]).all()  # seconds are not judged
    assert second["tolerance"] == 0.5


def test_a_reported_setting_without_a_value_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    text = CONFIG.split("    claims")[0].format()
    path.write_text(text + "    reference: {source: a, values: [{where: {lr: 0.1}, from: b}]}\n")
    with pytest.raises(UserError, match="no value is reported here; give one of running_loss"):
        load_atlas([path])


# The shipped studies, on the tables of a small part of their own grid


def test_both_shipped_studies_carry_their_papers_numbers_and_claims():
    studies = load_atlas([PROJECT / "config.yaml"]).configuration.studies
    first, second = studies["fashion-mnist-learning-rate"], studies["mnist-optimizers"]
    assert sum(len(values.metrics) for values in first.reference.values) == 9
    reported = [value for each in second.reference.values for value in each.metrics.values()]
    assert reported == [0.9455, 0.1032, 4.2, 3.4]
    # At 0.001 the paper says that it collapses, and gives no number.
    collapsing = [claim.where["lr"] for claim in second.claims if claim.claim == "collapses"]
    assert collapsing == [0.07, 0.001]
    for study in (first, second):
        assert all(claim.source and claim.text for claim in study.claims)
        assert all(values.source for values in study.reference.values)
    kinds = [claim.claim for claim in first.claims]
    assert kinds.count("overfits") == 3
    assert {"stable", "unstable", "better", "not_better", "within"} <= set(kinds)
    assert {"best", "order", "falls", "above"} <= set(kinds)
    assert {"best", "collapses", "below", "within", "better"} == {c.claim for c in second.claims}
    assert set(METRICS) <= set(METRIC_NAMES)
