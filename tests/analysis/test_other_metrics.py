"""Studies of other metrics than accuracy: less is better, other units, another metric chooses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from study_tables import mirrored, study_of, tables_of

from lr_atlas.analysis.answer_tables import analyse_study
from lr_atlas.analysis.budgets import budgets
from lr_atlas.analysis.choice import choose, select_settings
from lr_atlas.analysis.claims import check_claims
from lr_atlas.analysis.finding import Seen
from lr_atlas.analysis.findings import findings
from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.analysis.seeds import run_scores
from lr_atlas.config.study_models import Study
from lr_atlas.studies.given_metric import study_metric
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric

REGRESSION = {"form": {"shape": [8], "outputs": 1, "task": "regression"}}
RMSE = study_metric(study_of([{"name": "sgd"}])[0], REGRESSION)
ENTRIES = [{"name": "sgd", "lr": [0.01, 0.1, 1.0, 10.0]}, {"name": "adam", "lr": [1e-3, 2e-2]}]
FINALS = {0.01: 0.8, 0.1: 0.9, 1.0: 0.897, 1e-3: 0.85, 2e-2: 0.84}


def accuracy_of(run):
    """The curve of a run, which depends on its learning rate; None for one that diverges."""
    rate = run.parameters["learning_rate"]
    if rate == 10.0:
        return None
    scatter = 0.0005 * np.random.default_rng([run.seed, int(1e4 * rate)]).standard_normal()
    return FINALS[rate] + scatter - 0.3 / np.arange(1, 9) ** 2


@pytest.fixture(scope="module")
def both():
    """(plan, epochs, runs, Analysis) of a study of accuracy, and of its mirror image."""
    _, plan = study_of(ENTRIES, seeds=6, epochs=8)
    tables = tables_of(plan, accuracy_of)
    found = []
    for metric, own in ((ACCURACY, tables), (RMSE, tuple(map(mirrored, tables)))):
        analysis = analyse_study(
            *own, budgets(plan), target=None, training_images=100, margin=0.01, metric=metric
        )
        found.append((plan, *own, analysis))
    return found


def test_where_less_is_better_all_is_as_in_the_mirror(both):
    (_, _, _, one), (_, _, _, other) = both
    assert one.optimizers["best_setting"].tolist() == other.optimizers["best_setting"].tolist()
    for name in ("difference", "low", "high", "p", "improvement", "smallest_difference"):
        assert np.allclose(one.pairs[name], other.pairs[name], equal_nan=True), name
    assert one.pairs["verdict"].tolist() == other.pairs["verdict"].tolist()
    assert np.allclose(one.pairs["mean_first"], 1 - other.pairs["mean_first"])
    same = ("behind", "at_edge", "spread_fixed", "plateau_from", "plateau_to", "best_epoch")
    for name in same:
        pd.testing.assert_series_equal(one.optimizers[name], other.optimizers[name], rtol=1e-6)
    assert one.summary["on_plateau"].tolist() == other.summary["on_plateau"].tolist()
    on_it = other.summary.loc[other.summary["on_plateau"], "setting"]
    assert on_it.tolist() == ["sgd-lr0.1", "sgd-lr1"]
    assert np.allclose(one.best_of["expected"], 1 - other.best_of["expected"])
    assert np.allclose(one.summary["generalisation_gap"].dropna(), 0)
    for name in ("extrema", "swing"):
        assert np.allclose(one.measured[name], other.measured[name], equal_nan=True)


def test_the_upper_end_allows_for_the_choice_where_less_is_better(both):
    (_, _, _, one), (_, _, _, other) = both
    for row, mirror in zip(one.optimizers.itertuples(), other.optimizers.itertuples(), strict=True):
        assert mirror.score_high == pytest.approx(1 - row.score_low)
        assert mirror.score_low == pytest.approx(1 - row.score_high)
    summary = other.summary[other.summary["best_of_optimizer"]]
    above = summary["validation_rmse_high"] - summary["validation_rmse_mean"]
    assert (above > summary["validation_rmse_mean"] - summary["validation_rmse_low"]).all()


def test_a_diverged_run_counts_as_guessing_whichever_way_is_better(both):
    _, (_, _, runs, analysis) = both
    lost = runs["status"] == "diverged"
    assert run_scores(runs, RMSE)[lost].tolist() == [0.9] * 6
    scores = analysis.summary.set_index("setting")["score"]
    assert scores["sgd-lr10"] == scores.max()


def test_a_metric_that_guessing_is_good_at_has_diverged_runs_count_as_the_worst(both):
    (_, _, runs, _), _ = both
    calibration = metrics()["calibration_error"]
    metric = replace(ACCURACY, metric=calibration, selects=calibration)
    runs = runs.assign(validation_calibration_error=0.1, chance=0.0)
    assert run_scores(runs, metric).max() == 1.0
    assert choose(runs, metric)["setting"].iloc[0] != "sgd-lr10"


def test_the_target_is_reached_from_above_where_less_is_better(both):
    _, (_, _, _, analysis) = both
    # The worst of the best settings reaches 0.15 and some thousandths.
    assert analysis.target == pytest.approx(0.16)
    reached = analysis.measured.set_index("setting")["epochs_to_target"]
    assert np.isfinite(reached["adam-lr0.001"]).all()
    assert np.isinf(reached["sgd-lr0.01"]).all()


def test_findings_and_claims_speak_of_the_metric_in_its_own_unit(both):
    _, (plan, epochs, _, analysis) = both
    study = Study.model_validate({"dataset": "mnist", "optimizers": ENTRIES, "seeds": 6})
    said = " ".join(each.evidence for each in findings(Seen(study, plan, epochs, analysis)))
    assert "Validation RMSE of sgd-lr0.1 still falls: by 0.0" in said
    assert "%" not in said.replace("95 %", "")
    assert "point" not in said
    claims = Study.model_validate(
        {
            "dataset": "mnist",
            "optimizers": ENTRIES,
            "claims": [
                {"claim": "better", "where": {"lr": 0.1}, "than": {"lr": 0.01}},
                {"claim": "below", "where": {"lr": 0.1}, "value": 0.11},
                {"claim": "falls", "where": {"lr": 0.1}, "last": 4},
            ],
        }
    ).claims
    table = check_claims(claims, plan, analysis.measured, epochs, analysis.pairs, metric=RMSE)
    assert table["verdict"].tolist() == ["confirmed"] * 3
    assert table["claim"].iloc[0].endswith("is better than sgd-lr0.01 in validation RMSE")
    assert "is ahead by 0.09" in table["evidence"].iloc[0]


def test_another_metric_may_choose_and_the_study_speaks_of_its_own(both):
    (plan, epochs, runs, _), _ = both
    rates = runs["learning_rate"]
    runs = runs.assign(validation_loss=rates.where(runs["status"] != "diverged", np.nan))
    by_loss = StudyMetric(ACCURACY.metric, metrics()["loss"])
    chosen = choose(runs, by_loss)
    assert chosen["setting"].tolist() == ["adam-lr0.001", "sgd-lr0.01"]
    assert chosen["score"].iloc[0] == pytest.approx(0.85, abs=0.01)
    assert choose(runs)["setting"].tolist() == ["sgd-lr0.1", "adam-lr0.001"]
    selection = select_settings(plan, "test", epochs, runs, by_loss)
    assert [row["setting"] for row in selection["optimizers"]] == chosen["setting"].tolist()


def test_reported_values_of_another_metric_are_compared_by_a_share_of_them(both):
    _, (plan, _, runs, _) = both
    values = [{"where": {"lr": 0.1}, "validation_rmse": 0.1, "train_loss": 0.5}]
    study = Study.model_validate(
        {"dataset": "mnist", "optimizers": ENTRIES, "reference": {"source": "x", "values": values}}
    )
    table = compare_with_reference(runs, plan, study.reference, RMSE).set_index("metric")
    assert table.loc["validation_rmse", "tolerance"] == pytest.approx(0.0015)
    assert table.loc["train_loss", "tolerance"] == 0.015
