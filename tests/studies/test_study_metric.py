"""The metric of a study says its columns, direction, unit, margin and target."""

import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.config.study_models import Study
from lr_atlas.figures.drawn import figures
from lr_atlas.figures.wording import Wording
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.given_metric import metric_from_json, metric_json, study_metric
from lr_atlas.studies.metric_columns import metric_of, metrics
from lr_atlas.studies.study_metric import ACCURACY, StudyMetric, recorded_metric
from lr_atlas.training.records import METRICS


@pytest.mark.parametrize("name", metrics())
def test_a_metric_is_called_as_its_file(name):
    assert metrics()[name].name == name


def test_a_columns_ending_says_its_metric():
    assert all(metric_of(column) for column in METRICS)
    assert metric_of("best_validation_accuracy").higher_is_better
    assert not metric_of("test_loss").higher_is_better
    assert metric_of("seconds_per_epoch") is None


def test_metrics_are_read_without_torch():
    code = (
        "import sys; from lr_atlas.studies.study_metric import metrics; metrics(); "
        "assert 'torch' not in sys.modules"
    )
    environment = {"PYTHONPATH": str(PROJECT / "scripts")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


FORM = {"shape": [28, 28], "outputs": 10, "task": "classification"}
REGRESSION = {"form": {"shape": [8], "outputs": 1, "task": "regression"}}


def of(data=None, **keys):
    study = Study.model_validate({"dataset": "mnist", "optimizers": [{"name": "sgd"}], **keys})
    return study, study_metric(study, data or {"form": FORM})


def test_the_task_says_which_metric_and_which_columns_there_are():
    assert of()[1] == ACCURACY
    assert of()[1].columns == METRICS
    _, rmse = of(REGRESSION)
    assert rmse.columns == (
        *("running_loss", "train_loss", "validation_loss", "train_rmse", "validation_rmse"),
    )
    assert (rmse.things, rmse.sign, rmse.best) == ("rows", -1, "best_validation_rmse")
    _, f1 = of(metric="macro_f1")
    assert f1.columns == (*METRICS, "train_macro_f1", "validation_macro_f1")
    assert f1.series("macro_f1") == ("train_macro_f1", "validation_macro_f1")
    assert of(metric="loss")[1].columns == METRICS


@pytest.mark.parametrize("data", [{}, REGRESSION])
def test_a_command_line_carries_it_whole(data):
    own = {"python": "mine.py:cost", "better": "lower", "unit": "kg"}
    for keys in ({}, {"metric": own}, {"select_by": "loss"}):
        study, metric = of(data, **keys)
        assert metric_from_json(metric_json(study, metric)) == metric


@pytest.mark.parametrize(
    ("name", "value", "text", "distance"),
    [
        ("accuracy", 0.87654, "87.65 %", "87.65 points"),
        ("loss", 0.87654, "0.8765", "0.8765"),
        ("rmse", 53123.4, "53123", "53123"),
        ("rmse", 0.00043217, "0.0004322", "0.0004322"),
        ("log_loss", 0.5, "0.5000 nats", "0.5000 nats"),
    ],
)
def test_a_value_is_written_in_the_unit_of_its_metric(name, value, text, distance):
    metric = StudyMetric(metrics()[name], metrics()[name])
    assert (metric.text(value), metric.distance(value)) == (text, distance)


def test_margin_and_target_of_a_metric_that_is_no_share_go_by_its_own_scale():
    _, rmse = of(REGRESSION)
    assert rmse.margin(chance=3.0, best=0.76) == 0.022
    assert rmse.target(0.8231) == 0.83
    assert rmse.target(53123.4) == 54000
    assert of()[1].margin(chance=0.1, best=0.9) == 0.01
    assert of()[1].target(0.8999) == 0.89
    assert of(metric="auroc")[1].target(0.8231) == 0.82


def test_a_table_of_runs_shows_which_metric_its_study_was_of():
    runs = pd.DataFrame({"validation_cost": [2.0, 3.0], "best_validation_cost": [1.0, 3.0]})
    runs["best_validation_epoch"] = 1
    found = recorded_metric(runs)
    assert (found.name, found.sign, found.task) == ("cost", -1, "regression")
    assert recorded_metric(pd.DataFrame({"validation_accuracy": [0.5]})) == ACCURACY


def written(tmp_path, study):
    path = tmp_path / "config.yaml"
    path.write_text(f"studies: {{a: {{dataset: mnist, optimizers: [{{name: sgd}}], {study}}}}}")
    return path


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ("metric: acuracy", "a.metric: unknown metric 'acuracy': did you mean 'accuracy'?"),
        (
            "metric: 'm.py:f'",
            "says which way it is better: {python: m.py:f, better: higher}, or lo",
        ),
        ("metric: {python: m.py:f, better: more}", "unknown value 'more'"),
        (
            "metric: {python: rmse, better: lower}",
            "'rmse' is no function of your own; write metric",
        ),
        ("metric: rmse", "rmse is no metric of a classification, which mnist is for; Allowed: acc"),
        ("select_by: macro_f1", "'macro_f1' is not measured in this study"),
        ("target: 87", "a.target: 87 is not allowed; it must be at most 1"),
        ("margin: 1", "a.margin: 1 is not allowed; it must be less than 1"),
        (
            "claims: [{claim: below, where: {lr: 0.001}, value: 1, metric: validation_macro_f1}]",
            "unknown value 'validation_macro_f1'",
        ),
        (
            "reference: {source: x, values: [{where: {lr: 0.001}, validation_acuracy: 1}]}",
            "unknown value 'validation_acuracy': did you mean 'validation_accuracy'?",
        ),
    ],
)
def test_a_metric_that_a_study_cannot_have_is_answered_in_a_line(tmp_path, study, message):
    with pytest.raises(UserError, match=re.escape(message)):
        load_atlas([written(tmp_path, study)])


def test_a_metric_beside_the_usual_ones_is_part_of_what_a_run_is_and_the_usual_are_not(tmp_path):
    usual, named, loss = (
        load_atlas([written(tmp_path, keys)]).plans["a"].runs[0].name
        for keys in ("epochs: 1", "epochs: 1, metric: accuracy", "epochs: 1, metric: loss")
    )
    assert usual == named == loss
    plan = load_atlas([written(tmp_path, "epochs: 1, metric: macro_f1, select_by: loss")]).plans[
        "a"
    ]
    assert plan.runs[0].configuration["metric"] == "macro_f1"
    assert plan.runs[0].name != usual


def test_a_target_may_be_of_another_metric_that_the_runs_measure(tmp_path):
    atlas = load_atlas([written(tmp_path, "target: {loss: 0.3}")])
    found = atlas.metric_of("a")
    assert (found.name, found.timed.name, found.timed.sign) == ("accuracy", "loss", -1)
    study = atlas.configuration.studies["a"]
    assert metric_from_json(metric_json(study, found)) == found
    for own in ("target: {accuracy: 0.8}", "target: 0.8"):
        assert load_atlas([written(tmp_path, own)]).metric_of("a") == ACCURACY
    for wrong, told in {
        "{los: 0.3}": "target.los: 'los' is not measured in this study: did you mean 'loss'?",
        "{rmse: 0.3}": "'rmse' is not measured in this study",
        "{accuracy: 80}": "80 is not allowed; it must be at most 1",
        "{loss: 0.3, accuracy: 0.8}": "one metric and its value belong here",
        "fast": "a number belongs here, or a metric and its value, as in {loss: 0.3}",
    }.items():
        with pytest.raises(UserError, match=re.escape(told)):
            load_atlas([written(tmp_path, f"target: {wrong}")])


def test_a_metric_that_says_on_what_it_was_measured_is_not_called_one_of_validation():
    assert ACCURACY.on_validation == "validation accuracy"
    measured = replace(ACCURACY.metric, name="test_accuracy", title="test accuracy")
    foreign = StudyMetric(measured, measured, "program", "examples")
    assert foreign.on_validation == "test accuracy"
    wording = Wording("a", validation="unknown", loss="", metric=foreign)
    assert wording.final_label == "final test accuracy (%)"
    assert Wording("a", validation="", loss="").final_label == "final validation accuracy (%)"
    readings = [figure.of(foreign).reading for figure in figures().values()]
    assert not [reading for reading in readings if "validation test" in reading]
