"""Keys of training that cannot be meant, or mean nothing beside one another: told in one line."""

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas

OPTIMIZERS = """\
import torch

class NoOptimizer:
    def __init__(self, params, lr=0.1):
        self.lr = lr

class NoStep(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

class LooksAgain(torch.optim.SGD):
    def step(self, closure):
        closure()
        return super().step(closure)
"""
STUDY = """\
studies:
  a:
    dataset: digits
    validation: 200
    batch_size: 50
    seeds: 1
    {study}
    optimizers: [{entry}]
"""
SGD = "{name: sgd, lr: 0.1}"
NO_CLASS = "is no class of optimizers: one like those of torch.optim belongs here"


def loaded(folder, study="epochs: 2", entry=SGD):
    (folder / "mine.py").write_text(OPTIMIZERS)
    path = folder / "config.yaml"
    path.write_text(STUDY.format(study="\n    ".join(study.split("; ")), entry=entry))
    return load_atlas([path])


def told(folder, *changes):
    with pytest.raises(UserError) as error:
        loaded(folder, *changes)
    (line,) = str(error.value).splitlines()
    return line


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{python: 'mine.py:NoOptimizer', lr: 0.1}", NO_CLASS),
        ("{python: 'mine.py:NoStep', lr: 0.1}", NO_CLASS),
        ("{name: os.system, lr: 0.1}", NO_CLASS),
        ("{python: [a], lr: 0.1}", "a class belongs here, as package.Class or"),
        ("{name: sgd, sharpness_aware: -1}", "none or a radius above 0 belongs here"),
        ("{name: sgd, sharpness_aware: true}", "as in sharpness_aware: 0.05; found true"),
        ("{name: muon, rest: {name: lbfgs}}", "lbfgs cannot train the rest"),
        ("{name: muon, rest: adamw}", "as in rest: {name: adamw, lr: 0.001}; found 'adamw'"),
        ("{name: muon, rest: {lr: 0.1}}", "the optimizer of the rest has no 'name', as in"),
        ("{name: sgd, multipliers: {'*': 0}}", "frozen, by `multipliers` of 0; nothing is trained"),
        ("{name: sgd, multipliers: {'*.bias': 0, '*.weight': 0}}", "of fully_connected are frozen"),
        (
            "{name: muon, rest: {name: adamw}, multipliers: {'?.weight': 0, '*.bias': 0}, "
            "model: {hidden: [8, 8]}}",
            "all parameters of fully_connected are frozen",
        ),
        (
            "{name: schedulefree.AdamWScheduleFree, average: [none, ema]}",
            "AdamWScheduleFree averages the weights by itself, and evaluates that average",
        ),
        (
            "{name: muon, rest: {name: schedulefree.SGDScheduleFree}, average: swa, "
            "model: {hidden: [8, 8]}}",
            "SGDScheduleFree averages the weights by itself",
        ),
        ("{name: lbfgs, accumulate: 2}", "lbfgs takes the gradients of a step more than once"),
        (
            "{python: 'mine.py:LooksAgain', lr: 0.1, accumulate: [1, 2]}",
            "LooksAgain takes the gradients of a step more than once",
        ),
        (
            "{name: sgd, lr: 0.1, accumulate: 2, sharpness_aware: 0.05}",
            "sharpness_aware takes the gradients of a step more than once",
        ),
    ],
)
def test_a_mistake_in_an_entry_is_told_in_one_line(tmp_path, entry, message):
    line = told(tmp_path, "epochs: 2", entry)
    assert message in line
    assert "config.yaml:8: studies.a.optimizers[0]" in line


@pytest.mark.parametrize(
    ("study", "message"),
    [
        ("momentum_schedule: linear", "sgd has momentum 0 here, of which every share is 0"),
        ("weight_decay_schedule: cosine", "set weight_decay, or leave weight_decay_schedule out"),
        ("find: yes", "as in find: {steps: 100}; found 'yes'"),
        ("lr_rule: {rule: none, reference: 64}", "'reference' means nothing with the rule none"),
        ("lr_rule: [sqrt, linear]", "one rule belongs here: linear, sqrt, none"),
        ("lr_finder: true", "range tests are asked for by `find: true`"),
        ("sam: 0.05", "sharpness-aware steps are asked for by `sharpness_aware`"),
        # 25 batches are an epoch, of which 5 are a step.
        (
            "epochs: 2; accumulate: 5; evaluate: {every: 11}",
            "no run comes to step 11; the longest has 10",
        ),
    ],
)
def test_a_mistake_in_a_study_is_told_in_one_line(tmp_path, study, message):
    line = told(tmp_path, study)
    assert message in line
    assert "studies.a" in line


def test_a_schedule_of_momentum_is_allowed_where_some_settings_have_one(tmp_path):
    entry = "{name: sgd, lr: 0.1, momentum: [0, 0.9]}"
    assert len(loaded(tmp_path, "momentum_schedule: linear", entry).plans["a"].runs) == 2


def test_epochs_of_all_entries_override_the_steps_of_the_study(tmp_path):
    entry = "{name: sgd, lr: 0.1, epochs: [1, 3]}"
    plan = loaded(tmp_path, "steps: 40; evaluate: {every: 60}", entry).plans["a"]
    assert [run.folder.rpartition("/")[2] for run in plan.runs] == ["epochs-1", "epochs-3"]
    line = told(tmp_path, "steps: 40; evaluate: {every: 76}", entry)
    assert "the longest has 75 steps" in line
