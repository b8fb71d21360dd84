"""Studies of runs from elsewhere: what a configuration may say of them, and what is remembered."""

import json
import os

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.studies import files_elsewhere
from lr_atlas.studies.atlas import atlas_from_snapshot, load_atlas
from lr_atlas.studies.study_definition import runs_definition

TABLE = "optimizer,lr,seed,epoch,val_acc\n" + "".join(
    f"{optimizer},{rate},{seed},{epoch},0.{epoch}{seed}\n"
    for optimizer in ("sgd", "mine")
    for rate in (0.1, 0.01)
    for seed in range(2)
    for epoch in (1, 2)
)
FAR = "studies:\n  far:\n    runs: runs.csv\n"
CLAIM = """\
    claims:
      - {claim: better, where: {optimizer: adam}, than: {optimizer: sgd, lr: 0.1}}
"""
BOTH = """\
studies:
  both:
    dataset: mnist
    seeds: 2
    epochs: 2
    runs: [runs.csv]
    optimizers: [{name: sgd, lr: [0.1, 1]}]
"""


@pytest.fixture
def load(tmp_path):
    (tmp_path / "runs.csv").write_text(TABLE)

    def loaded(text=FAR):
        (tmp_path / "c.yaml").write_text(text)
        return load_atlas([tmp_path / "c.yaml"])

    return loaded


def test_the_settings_of_the_files_are_those_of_the_study_and_nothing_is_trained(load):
    atlas = load()
    plan = atlas.plans["far"]
    assert plan.settings == ["mine-lr0.01", "mine-lr0.1", "sgd-lr0.01", "sgd-lr0.1"]
    assert [run.seed for run in plan.runs] == [0, 1] * 4
    assert {int(run.epochs) for run in plan.runs} == {2}
    assert not plan.asked
    assert not atlas.possible_runs
    again = atlas_from_snapshot(json.loads(json.dumps(atlas.snapshot())))
    assert again.plans == atlas.plans


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FAR + "    epochs: 3\n", "epochs cannot be set beside `runs`"),
        (FAR + "    columns: {optimiser: x}\n", "did you mean 'optimizer'"),
        (FAR + "    columns: {metric: val_ac}\n", "val_ac"),
        (FAR.replace("runs.csv", "others.csv"), "others.csv"),
        (FAR + CLAIM, "0 settings match"),
        (FAR + "    target: 1.5\n", "it must be at most 1"),
        (FAR + "    chance: -1\n", "it must be at least 0"),
        (BOTH.replace("    runs: [runs.csv]\n", "    chance: 0.1\n"), "chance is for runs from"),
        (BOTH + "    metric: top5\n", "columns: {metric: …}"),
        (BOTH + "    evaluate: {every: 10}\n", "stand at epochs, and this study's at steps"),
    ],
)
def test_what_cannot_be_is_said_in_one_message_with_file_and_line(load, text, said):
    with pytest.raises(UserError) as caught:
        load(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert "c.yaml:" in lines[0]
    assert said in lines[0]


def test_files_that_stay_as_they_are_are_read_once(load, monkeypatch, tmp_path):
    first = load()

    def read(*_):
        raise AssertionError("the files were read again")

    monkeypatch.setattr(files_elsewhere, "read_elsewhere", read)
    assert load().plans == first.plans
    os.utime(tmp_path / "runs.csv", (1, 1))
    with pytest.raises(AssertionError, match="read again"):
        load()


def test_another_content_is_another_study_and_another_place_or_time_is_none(load, tmp_path):
    def definition(text=FAR):
        return json.dumps(runs_definition(load(text), "far"))

    before = definition()
    os.utime(tmp_path / "runs.csv", (1, 1))
    assert definition() == before
    assert definition(FAR + "    columns: {ignore: seed}\n") != before
    (tmp_path / "runs.csv").write_text(TABLE.replace("0.21", "0.22"))
    assert definition() != before


def test_an_optimizer_of_the_files_is_never_taken_for_one_of_the_study(load):
    plan = load(BOTH).plans["both"]
    optimizers = dict.fromkeys(run.parameters["optimizer"] for run in plan.runs)
    assert list(optimizers) == ["sgd", "mine", "sgd-elsewhere"]
    assert len(plan.asked) == 4
    assert plan.settings[-1] == "elsewhere-sgd-lr0.1"
    assert {run.setting for run in plan.trained} == {"sgd-lr0.1", "sgd-lr1"}
