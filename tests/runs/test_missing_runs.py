"""Runs that a study asks for and that are not there."""

import json

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.config.study_models import Study
from lr_atlas.runs.missing_runs import (
    completeness,
    finished_sentence,
    first_lines,
    missing_runs,
    read_missing,
    write_missing,
)
from lr_atlas.runs.run_files import FILES
from lr_atlas.studies.grid import plan_study


@pytest.fixture
def plan():
    optimizers = [{"name": "sgd", "lr": [0.1, 0.2]}, {"name": "adam"}]
    study = {"dataset": "mnist", "epochs": 2, "seeds": 3, "optimizers": optimizers}
    return plan_study("a", Study.model_validate(study), None, 1)


@pytest.mark.parametrize("name", [*FILES, "code-1"])
def test_a_run_is_missing_unless_all_its_files_and_its_stamp_are_there(name, plan, tmp_path):
    for run in plan.runs:
        (tmp_path / run.folder).mkdir(parents=True)
        for written in (*FILES, "code-1"):
            (tmp_path / run.folder / written).touch()
    assert missing_runs(plan.runs, tmp_path, lambda _: {"code-1", "code-9"}) == []
    for run in (plan.runs[2], plan.runs[5]):
        (tmp_path / run.folder / name).unlink()
    if name in FILES:
        (tmp_path / plan.runs[5].folder / name).mkdir()
    assert missing_runs(plan.runs, tmp_path, lambda _: {"code-1", "code-9"}) == [
        plan.runs[2],
        plan.runs[5],
    ]
    assert missing_runs(plan.runs, tmp_path, lambda _: {"code-2", "code-9"}) == list(plan.runs)


@pytest.mark.parametrize("content", ["", "{}x", "[1]", '[["another-run", 2]]'])
def test_a_list_of_missing_runs_that_names_no_runs_of_the_study_is_refused(content, plan, tmp_path):
    path = tmp_path / "missing.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"missing\.json does not name runs of the study a"):
        read_missing(path, plan)


def test_tables_of_no_run_at_all_are_refused(plan, tmp_path):
    path = tmp_path / "missing.json"
    path.write_text(json.dumps([[run.name, run.epochs] for run in plan.runs]))
    with pytest.raises(UserError, match="no run of the study a is finished"):
        read_missing(path, plan)


def test_what_is_missing_is_written_down_once_and_read_again(plan, tmp_path):
    path = write_missing(tmp_path, plan.runs[:2])
    assert write_missing(tmp_path, plan.runs[:2]) == path
    assert write_missing(tmp_path, plan.runs[:3]) != path
    assert read_missing(path, plan) == list(plan.runs[:2])
    assert read_missing(None, plan) == []


def test_how_much_is_finished_is_said_in_words(plan):
    assert completeness(plan, plan.runs[:2]) == "not complete: 7 of 9 runs"
    assert completeness(plan, []) == ""
    assert finished_sentence(0, 0, 1) == "0 of the 1 run that was asked for is finished."
    assert finished_sentence(2, 1, 3) == (
        "2 of the 3 runs that were asked for are finished; begun, and kept as far as they are: 1."
    )


def test_long_lists_end_with_how_many_more_there_are():
    assert first_lines(["x"] * 12) == "  x\n" * 10 + "  and 2 more"
    assert first_lines(["x", "y"]) == "  x\n  y"
