"""Budgets in steps, evaluations by steps and the rule for lr, from the text of a configuration."""

import math

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.study_definition import study_definition, study_from_definition

STUDY = """
studies:
  s:
    dataset: digits
    validation: 300
    batch_size: 32
    seeds: 1
    {study}
    optimizers:
      - {{name: sgd, lr: 0.1{entry}}}
      - {{name: adam, lr: 0.01}}
"""


def loaded(folder, study="confirm: 0", entry=""):
    text = STUDY.format(study="\n    ".join(study.split("; ")), entry=entry)
    (folder / "config.yaml").write_text(text)
    return load_atlas([folder / "config.yaml"])


def runs(folder, *changes):
    return loaded(folder, *changes).plans["s"].runs


@pytest.mark.parametrize(
    ("study", "entry", "message"),
    [
        ("steps: 300; epochs: 3", "", "the study has both 'epochs' and 'steps'"),
        ("steps: 300", ", steps: 30, epochs: 3", "entry 1 of optimizers (sgd) has both"),
        ("steps: 300", ", epochs: 3", "(adam) counts in steps, entry 1 of optimizers (sgd) in"),
        ("steps: 0", "", "steps: 0 is not allowed; it must be at least 1"),
        ("steps: 300; evaluate: {every: 0}", "", "every: 0 is not allowed; it must be at least 1"),
        ("steps: 300; evaluate: {}", "", "needs one of every and steps"),
        ("steps: 300; evaluate: 50", "", "{every: 50} or {steps: [10, 100, 1000]} belongs here"),
        ("steps: 300; evaluate: {steps: [20, 10]}", "", "the steps have to rise, each once; 10"),
        ("steps: 300; evaluate: {evry: 20}", "", "did you mean 'every'?"),
        ("steps: 300; evaluate: {steps: [10, 301]}", "", "step 301; the longest has 300 steps"),
        ("epochs: 3; evaluate: {every: 109}", "", "longest has 108 steps (an epoch is 1138"),
        ("max_steps: 300", "", "did you mean 'steps'?"),
        ("lr_rule: cube", "", "unknown value 'cube'; Allowed: linear, sqrt"),
        (
            "steps: 300; claims: [{claim: rises, where: {optimizer: sgd}}]",
            "",
            "last counts epochs, and the runs of this study are evaluated after steps",
        ),
    ],
)
def test_a_budget_that_cannot_be_meant_is_told_in_a_line(tmp_path, study, entry, message):
    with pytest.raises(UserError) as error:
        loaded(tmp_path, study, entry)
    (line,) = str(error.value).splitlines()
    assert message in line
    assert "studies.s" in line


def test_a_budget_in_steps_names_the_folder_and_its_evaluations_the_run(tmp_path):
    plain, steps, often = (
        runs(tmp_path, study)
        for study in ("epochs: 3", "steps: 300", "steps: 300; evaluate: {every: 20}")
    )
    assert [run.folder.rpartition("/")[2] for run in (*plain, *steps)] == [
        *["epochs-3"] * 2,
        *["steps-300"] * 2,
    ]
    assert len({run.name for run in (*plain, *steps, *often)}) == 6
    assert "evaluate" not in steps[0].configuration
    assert "budget" not in plain[0].configuration
    assert often[0].configuration["evaluate"] == {"every": 20}
    # More steps are the same run.
    assert [run.name for run in runs(tmp_path, "steps: 600")] == [run.name for run in steps]
    assert runs(tmp_path, "epochs: 3; evaluate: epoch")[0].name == plain[0].name


def test_a_study_by_steps_is_the_same_from_its_definition(tmp_path):
    atlas = loaded(tmp_path, "steps: 300; evaluate: {steps: [1, 10]}; lr_rule: sqrt")
    study, plan = study_from_definition(study_definition(atlas, "s"))
    assert plan == atlas.plans["s"]
    assert (plan.unit, plan.is_by_steps) == ("steps", True)
    assert study.evaluate.plain() == {"steps": [1, 10]}


@pytest.mark.parametrize(
    ("rule", "factors"),
    [
        ("linear", {8: 0.25, 32: 1, 128: 4}),
        ("sqrt", {8: 0.5, 32: 1, 128: 2}),
        ("{rule: linear, reference: 128}", {8: 1 / 16, 32: 0.25, 128: 1}),
    ],
)
def test_the_learning_rate_that_goes_with_the_batch_size_is_the_one_trained_with(
    tmp_path, rule, factors
):
    found = runs(tmp_path, f"lr_rule: {rule}", ", batch_size: [8, 32, 128]")
    rates = {
        run.parameters["batch_size"]: run.parameters["learning_rate"]
        for run in found
        if run.parameters["optimizer"] == "sgd"
    }
    assert rates == {batch: pytest.approx(0.1 * factor) for batch, factor in factors.items()}
    for run in found:
        assert run.configuration["optimizer"]["lr"] == run.parameters["learning_rate"]
        assert f"lr{run.parameters['learning_rate']:g}" in run.setting
    # An entry's own rule comes first; the other entry has the study's batch size.
    own = runs(tmp_path, "lr_rule: linear", f", batch_size: 128, lr_rule: {rule}")
    rate = next(run.parameters["learning_rate"] for run in own if run.setting.startswith("sgd"))
    assert math.isclose(rate, 0.1 * factors[128])
