"""A run of a program: what it is told, what stays, and what becomes of its table."""

import csv
import json
from dataclasses import replace

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.runs.command_run import work_folder
from lr_atlas.runs.run_files import FILES
from lr_atlas.runs.single_run import Conditions, Task, complete_run
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import ACCURACY, OF_PROGRAM, StudyMetric
from lr_atlas.tables.collect import collect_study
from lr_atlas.tables.program_tests import reported_tests
from lr_atlas.tables.run_reading import CollectError
from lr_atlas.training.metric import Metric

PROGRAM = """\
printf '%s\\n' "$@" > "$2/told"
echo "$OMP_NUM_THREADS" > "$2/threads"
printf 'epoch,validation_accuracy,train_loss,test_accuracy\\n1,0.5,2,\\n2,0.25,1,0.75\\n' > "$1"
"""


@pytest.fixture
def run(tmp_path):
    """A run of a program that writes down what it was told, and what does it."""
    study = {
        "command": "sh program.sh {history} {checkpoint} {lr} {seed} {epochs} {note}",
        "inputs": ["program.sh"],
        **{"chance": 0.1, "epochs": 2, "seeds": [7]},
        "optimizers": [{"name": "x", "lr": 1e-5, "note": 'it\'s "$HOME" {lr};'}],
    }
    (tmp_path / "program.sh").write_text(PROGRAM)
    (tmp_path / "f.yaml").write_text(json.dumps({"studies": {"a": study}}))
    atlas = load_atlas([tmp_path / "f.yaml"])
    (found,) = atlas.plans["a"].runs

    def complete(may_train=True):
        task = Task(found.configuration, 2, (), tmp_path / "results" / "runs" / found.folder)
        complete_run(task, Conditions({}, "cpu", [tmp_path / "kept"], "keep"), may_train)
        return task.folder

    return found, complete


def test_a_program_is_told_each_value_as_it_is_and_its_table_becomes_the_runs(run, tmp_path):
    found, complete = run
    folder = complete()
    work = work_folder(tmp_path / "kept", found.name, 2)
    assert (work / "checkpoint" / "told").read_text().splitlines() == [
        *(str(work / "history"), str(work / "checkpoint"), "1e-05", "7", "2"),
        'it\'s "$HOME" {lr};',
    ]
    assert (work / "checkpoint" / "threads").read_text() == "1\n"
    names = {path.name for path in folder.iterdir()}
    assert set(FILES) < names
    assert len([name for name in names if name.startswith("code-")]) == 1
    assert (folder / "model.pt").read_bytes() == b""
    history = (folder / "history.csv").read_text()
    assert history == "epoch,train_loss,validation_accuracy\n1,2,0.5\n2,1,0.25\n"
    description = json.loads((folder / "run.json").read_text())
    assert description["test"] == {"test_accuracy": 0.75}
    assert description["ran"][2:4] == ["{history}", "{checkpoint}"]
    with open(folder / "timing.csv", encoding="utf-8") as file:
        assert len({row["train_seconds"] for row in csv.DictReader(file)}) == 1


def test_what_it_has_kept_stays_and_the_table_is_a_new_file(run, tmp_path):
    found, complete = run
    work = work_folder(tmp_path / "kept", found.name, 2)
    (work / "checkpoint").mkdir(parents=True)
    (work / "checkpoint" / "state").write_text("far")
    (work / "history").write_text("epoch,validation_accuracy\n1,0.1\n")
    complete()
    assert (work / "checkpoint" / "state").read_text() == "far"
    assert not (work / "history").exists()


def test_a_run_that_is_finished_is_not_run_again(run, tmp_path):
    found, complete = run
    with pytest.raises(UserError, match="was not trained to its end"):
        complete(may_train=False)
    complete()
    told = work_folder(tmp_path / "kept", found.name, 2) / "checkpoint" / "told"
    told.unlink()
    complete(may_train=False)
    assert not told.exists()


@pytest.mark.parametrize(
    ("program", "when"),
    [(PROGRAM + "#", "before it was run"), (PROGRAM + "echo >> program.sh\n", "while it was run")],
)
def test_an_input_that_was_edited_is_told_and_nothing_is_written(run, tmp_path, program, when):
    _, complete = run
    if when == "while it was run":
        # The digest of a program that edits itself is right at first.
        (tmp_path / "program.sh").write_text(program)
        atlas = load_atlas([tmp_path / "f.yaml"])
        (found,) = atlas.plans["a"].runs
        task = Task(found.configuration, 2, (), tmp_path / "run")
        with pytest.raises(UserError, match=when):
            complete_run(task, Conditions({}, "cpu", [tmp_path / "kept"], "keep"))
        assert not (tmp_path / "run").exists()
    else:
        (tmp_path / "program.sh").write_text(program)
        with pytest.raises(UserError, match=when):
            complete()


def test_what_is_chosen_by_has_to_be_measured(run, tmp_path):
    found, complete = run
    complete()
    plan = Plan("a", (found,), ())
    runs = tmp_path / "results" / "runs"
    metric = StudyMetric(ACCURACY.metric, metrics()["loss"], OF_PROGRAM)
    with pytest.raises(CollectError, match="no column validation_loss, which select_by: loss"):
        collect_study(plan, runs, metric=metric)
    epochs, _ = collect_study(plan, runs, metric=replace(metric, selects=ACCURACY.metric))
    assert epochs["train_loss"].tolist() == [2, 1]
    test = reported_tests([found], runs, 0.1, False, metric)
    assert test["test_accuracy"].tolist() == [0.75]
    perplexity = StudyMetric(Metric("perplexity", False), Metric("perplexity", False), OF_PROGRAM)
    assert reported_tests([found], runs, 0.1, False, perplexity).empty
