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


ABOVE = "{claim: above, where: {optimizer: sgd}, value: 0.5, at_epoch: 2}"


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
        ("epochs: 3; score: {last: 4}", "", "at most 3, since the runs of adam-lr0.01 have 3"),
        ("epochs: 8; score: {last: 4}", ", epochs: 2", "at most 2, since the runs of sgd-lr0.1"),
        ("steps: 300; evaluate: {every: 70}; score: {last: 6}", "", "at most 5, since the runs of"),
        ("epochs: 3; score: {lst: 2}", "", "unknown key 'lst': did you mean 'last'?"),
        (
            "steps: 300; claims: [{claim: rises, where: {optimizer: sgd}}]",
            "",
            "last: 10 is more than the 8.33333 epochs of sgd-lr0.1",
        ),
        # The 1,138 images are 36 steps.
        (
            "steps: 300; claims: [{claim: rises, where: {optimizer: sgd}, last: 4}]",
            "",
            "last counts epochs, and sgd-lr0.1 has not one evaluation after each; with `evaluate: "
            "{every: 36}` there is one",
        ),
        (
            f"steps: 300; evaluate: {{every: 50}}; claims: [{ABOVE}]",
            "",
            "at_epoch: sgd-lr0.1 is not evaluated after epoch 2, at step 72; with `evaluate: "
            "{every: 36}` there is one",
        ),
        (
            f"epochs: 3; evaluate: {{every: 50}}; claims: [{ABOVE}]",
            "",
            "at_epoch: sgd-lr0.1 is not evaluated after epoch 2, at step 72",
        ),
    ],
)
def test_a_budget_that_cannot_be_meant_is_told_in_a_line(tmp_path, study, entry, message):
    with pytest.raises(UserError) as error:
        loaded(tmp_path, study, entry)
    (line,) = str(error.value).splitlines()
    assert message in line
    assert "studies.s" in line


@pytest.mark.parametrize(
    "study",
    [
        f"steps: 300; claims: [{ABOVE}]",
        f"steps: 300; evaluate: {{every: 24}}; claims: [{ABOVE}]",
        f"steps: 300; evaluate: {{steps: [72]}}; claims: [{ABOVE}]",
        f"steps: 72; evaluate: {{every: 50}}; claims: [{ABOVE}]",
        "steps: 144; claims: [{claim: rises, where: {optimizer: sgd}, last: 4}]",
    ],
)
def test_a_claim_may_speak_of_an_epoch_after_which_there_is_an_evaluation(tmp_path, study):
    assert len(loaded(tmp_path, study).configuration.studies["s"].claims) == 1


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


def test_an_entry_can_be_taken_out_of_the_rule_of_its_study(tmp_path):
    found = runs(tmp_path, "lr_rule: linear", ", batch_size: 128, lr_rule: none")
    rates = {run.parameters["optimizer"]: run.parameters["learning_rate"] for run in found}
    assert rates == {"sgd": 0.1, "adam": 0.01}
    # The same runs as those of a study without any rule.
    plain = runs(tmp_path, "confirm: 0", ", batch_size: 128")
    assert {run.name for run in found} == {run.name for run in plain}
