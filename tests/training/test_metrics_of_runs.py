"""Metrics beside accuracy, held against scikit-learn's; chance; regression to its end."""

import math

import numpy as np
import pytest
import torch
from sklearn import metrics as reference
from sklearn.datasets import load_diabetes

from lr_atlas.training.configuration import complete_configuration
from lr_atlas.training.form import REGRESSION, Form
from lr_atlas.training.image_sets import image_set, split
from lr_atlas.training.loop import train
from lr_atlas.training.metric import recorded_metrics
from lr_atlas.training.metrics_of_runs import chance, metric_functions
from lr_atlas.training.trainer import Trainer

CLASSES = 7


@pytest.fixture(scope="module")
def answers():
    """(logits float32 [300, 7], classes int64 [300]), of which some are right."""
    random = np.random.default_rng(0)
    labels = random.integers(0, CLASSES, 300) % random.integers(1, CLASSES + 1, 300)
    logits = random.normal(size=(300, CLASSES)).astype(np.float32)
    logits[np.arange(300), labels] += 1
    return torch.from_numpy(logits), torch.from_numpy(labels)


def expected(name, shares, labels):
    picked = shares.argmax(1)
    match name:
        case "balanced_accuracy":
            return reference.balanced_accuracy_score(labels, picked)
        case "macro_f1":
            return reference.f1_score(labels, picked, average="macro")
        case "log_loss":
            return reference.log_loss(labels, shares)
        case "auroc":
            return reference.roc_auc_score(labels, shares, multi_class="ovr")
        case "top5":
            return reference.top_k_accuracy_score(labels, shares, k=5)


@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "log_loss", "auroc", "top5"])
def test_metrics_of_classes_are_those_of_scikit_learn(name, answers):
    logits, labels = answers
    shares = logits.double().softmax(1).numpy()
    found = metric_functions([name])[name](logits, labels)
    assert found == pytest.approx(expected(name, shares, labels.numpy()), rel=1e-5)


def test_calibration_error_is_the_distance_of_shares_from_what_is_right(answers):
    compute = metric_functions(["calibration_error"])["calibration_error"]
    sure = torch.nn.functional.one_hot(answers[1], CLASSES).float() * 100
    assert compute(sure, answers[1]) == pytest.approx(0)
    assert compute(sure, (answers[1] + 1) % CLASSES) == pytest.approx(1)


@pytest.mark.parametrize("name", ["rmse", "mae", "r2"])
def test_metrics_of_numbers_are_those_of_scikit_learn(name):
    random = np.random.default_rng(0)
    targets, outputs = random.normal(5, 2, (2, 200)).astype(np.float32)
    by_name = {
        "rmse": reference.root_mean_squared_error,
        "mae": reference.mean_absolute_error,
        "r2": reference.r2_score,
    }
    compute = metric_functions([name])[name]
    found = compute(torch.from_numpy(outputs), torch.from_numpy(targets))
    assert found == pytest.approx(by_name[name](targets, outputs), rel=1e-5)


def test_where_targets_do_not_vary_there_is_nothing_to_explain():
    assert metric_functions(["r2"])["r2"](torch.tensor([2.0]), torch.tensor([1.0])) == 0


def test_chance_is_what_the_best_answer_without_looking_gets(answers):
    images, labels = torch.zeros(300, 4, dtype=torch.uint8).numpy(), answers[1].numpy()
    examples = image_set(images, labels, "cpu")
    names = ["accuracy", "balanced_accuracy", "auroc", "log_loss"]
    functions = metric_functions(names)
    found = {name: chance(name, functions, examples, CLASSES) for name in names}
    shares = np.bincount(labels) / 300
    assert found["accuracy"] == shares.max()
    assert found["balanced_accuracy"] == pytest.approx(1 / len(set(labels)))
    assert found["auroc"] == pytest.approx(0.5)
    assert found["log_loss"] == pytest.approx(-(shares * np.log(shares)).sum(), rel=1e-5)


def test_a_run_records_the_usual_metric_of_its_task_and_those_that_are_named():
    assert recorded_metrics({}, "classification") == ["accuracy"]
    assert recorded_metrics({"metric": "macro_f1"}, "classification") == ["accuracy", "macro_f1"]
    assert recorded_metrics({"metric": ["mae", "rmse", "loss"]}, REGRESSION) == ["rmse", "mae"]


@pytest.fixture(scope="module")
def diabetes():
    """(training, validation) of scikit-learn's table, columns of very different ranges."""
    table = load_diabetes(scaled=False)
    inputs = (table.data * 10 ** np.arange(10)).astype(np.float32)
    return split(image_set(inputs, table.target.astype(np.float32), "cpu"), 100, None)


def begun(diabetes, lr, **changes):
    given = {
        "dataset": "table",
        "optimizer": {"name": "adam", "lr": lr},
        "loss": "mse",
        "batch_size": 32,
        "metric": "r2",
        "seed": 0,
        **changes,
    }
    return Trainer(complete_configuration(given), diabetes[0], Form((10,), 1, REGRESSION))


def test_numbers_are_predicted_from_standardised_columns(diabetes):
    trainer = begun(diabetes, 0.003)
    ending = train(trainer, diabetes[1], length=30)
    last = trainer.progress.records[-1]
    assert ending.status == "finished"
    assert last.validation["r2"] > 0.3
    assert last.validation.keys() == last.train.keys() == {"loss", "rmse", "r2"}
    assert last.running.keys() == {"loss"}
    # The loss is the mean squared error itself.
    assert math.sqrt(last.validation["loss"]) == pytest.approx(last.validation["rmse"], rel=1e-4)
    assert trainer.chances(diabetes[1])["r2"] == pytest.approx(0, abs=1e-6)


def test_of_numbers_a_run_that_learns_nothing_has_collapsed(diabetes):
    ending = train(begun(diabetes, 1e-12), diabetes[1], length=1)
    assert ending.status == "collapsed"
    assert "mean of the targets" in ending.reason


def test_predicting_numbers_goes_on_in_the_middle_of_an_epoch_to_the_last_bit(diabetes):
    whole = begun(diabetes, 0.003)
    train(whole, diabetes[1], length=3)
    first = begun(diabetes, 0.003)
    first.piece = 64

    class StoppedError(Exception):
        pass

    def stop():
        if first.progress.epoch == 2 and first.progress.images:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(first, diabetes[1], length=3, after_piece=stop)
    second = begun(diabetes, 0.003)
    second.piece = 64
    second.restore(*first.state())
    train(second, diabetes[1], length=3)
    assert second.state()[1] == whole.state()[1]
