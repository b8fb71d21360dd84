"""Collecting takes exactly the runs of the plan, complete and agreeing, or says what is wrong."""

import json
import os
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lr_atlas.analysis.reference import compare_with_reference
from lr_atlas.analysis.seeds import run_scores
from lr_atlas.analysis.setting_summary import summarise
from lr_atlas.common.digests import combined_digest, file_digest
from lr_atlas.config.study_models import Study
from lr_atlas.config.torch_optimizers import defaults, torch_optimizers
from lr_atlas.data.image_files import save_images
from lr_atlas.data.stored_images import FILES as STORED
from lr_atlas.data.stored_images import idx_digests
from lr_atlas.report.study_report import study_report
from lr_atlas.report.summary import study_markdown
from lr_atlas.runs.checkpoints import (
    OPTIMIZER,
    Origin,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from lr_atlas.runs.missing_runs import without
from lr_atlas.runs.provenance import software
from lr_atlas.runs.run_files import DESCRIPTION, FIRST_EPOCH, HISTORY, MODEL, TIMING
from lr_atlas.runs.run_witnesses import digests_of_images, history_of
from lr_atlas.studies.grid import plan_study
from lr_atlas.studies.study_metric import ACCURACY
from lr_atlas.tables.collect import collect_first_epochs, collect_study
from lr_atlas.tables.run_reading import CollectError
from lr_atlas.tables.study_tables import StudyTables
from lr_atlas.tables.table_files import read_parquet, write_parquet
from lr_atlas.training.records import METRICS


@pytest.fixture
def study():
    return Study.model_validate(
        {
            "dataset": "mnist",
            "epochs": 2,
            "seeds": 3,
            "optimizers": [{"name": "sgd", "lr": [0.1, 0.2]}, {"name": "adam"}],
            "reference": {
                "source": "a paper",
                "values": [{"where": {"optimizer": "sgd", "lr": 0.1}, "validation_accuracy": 0.5}],
            },
        }
    )


@pytest.fixture
def plan(study):
    return plan_study("a", study, None, 1)


@pytest.fixture
def runs_directory(plan, tmp_path):
    """A folder with the files of every run: accuracies rise with the seed and the epoch."""
    for run in plan.runs:
        write_run(tmp_path, run, range(1, run.epochs + 1))
    return tmp_path


def write_run(directory, run, completed, status="finished", **changes):
    folder = directory / run.folder
    folder.mkdir(parents=True, exist_ok=True)
    rows = [",".join(("epoch", *METRICS))]
    for epoch in completed:
        value = 0.1 * run.seed + 0.01 * epoch
        rows.append(f"{epoch},1.0,{value},0.9,{value + 0.3},1.1,{value + 0.2}")
    (folder / HISTORY).write_text("\n".join(rows) + "\n")
    timing = [f"{epoch},{epoch}.0,0.5" for epoch in completed]
    (folder / TIMING).write_text(
        "\n".join(["epoch,train_seconds,evaluate_seconds", *timing]) + "\n"
    )
    description = {
        "canonical_configuration": run.configuration,
        "status": status,
        "reason": "",
        "diverged_epoch": len(list(completed)) + 1 if status == "diverged" else None,
        "diverged_step": 7 if status == "diverged" else None,
        "epochs": run.epochs,
        "epochs_completed": len(list(completed)),
        "device": "cpu",
        "versions": {"torch": "2.13.0", "python": "3.11.7", "blas": "openblas 0.3.30"},
        "machine": {"system": "Linux", "processor": "one"},
        "trained_in": [{"from_epoch": 1, "processor": "one"}],
        "threads": 1,
        "gradients": "loop",
        "code": {},
        "data": {"train.npz": "0" * 64},
        "validation_chance": 0.1,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description | changes))


def test_a_row_per_run_and_epoch_in_the_order_of_the_plan(plan, runs_directory):
    epochs, runs = collect_study(plan, runs_directory)
    assert len(epochs) == 18
    assert runs["run"].tolist() == [run.name for run in plan.runs]
    assert epochs["epoch"].tolist() == [1, 2] * 9


def test_a_score_of_the_last_epochs_is_their_mean_in_the_table_of_runs(plan, runs_directory):
    _, usual = collect_study(plan, runs_directory)
    epochs, runs = collect_study(plan, runs_directory, metric=replace(ACCURACY, last=2))
    means = epochs.groupby("run", sort=False)[[*METRICS]].mean()
    assert np.allclose(runs[[*METRICS]], means)
    others = [name for name in usual if name not in METRICS]
    pd.testing.assert_frame_equal(runs[others], usual[others])


def test_the_losses_of_the_first_epoch_are_collected_where_a_run_has_them(plan, runs_directory):
    first, second = (runs_directory / run.folder for run in plan.runs[:2])
    write_run(runs_directory, plan.runs[0], [], "diverged")
    (first / FIRST_EPOCH).write_text("step,loss\n5,2.25\n6,1e+20\n7,inf\n")
    (second / FIRST_EPOCH).write_text("step,loss\n")
    _, runs = collect_study(plan, runs_directory)
    table = collect_first_epochs(runs, plan, runs_directory)
    assert table["run"].tolist() == [plan.runs[0].name] * 3
    assert table["step"].tolist() == [5, 6, 7]
    assert table["loss"].tolist() == [2.25, 1e20, float("inf")]
    assert table["setting"].tolist() == [plan.runs[0].setting] * 3


@pytest.mark.parametrize("status", ["finished", "diverged"])
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("step\n1", "other columns"),
        ("step,loss\n1", "line 2: 1 values where 2 belong"),
        ("step,loss\n1,x", "line 2: 1,x are not both numbers"),
        ("step,loss\n5,1\n6.5,1", "line 3: the step is 6.5; steps are whole numbers that rise"),
        ("step,loss\n5,1\n5,1", "line 3: the step is 5; steps are"),
        ("step,loss\n0,1", "line 2: the step is 0; steps are"),
        ("step,loss\n5,1\ninf,1", "line 3: the step is inf; steps are"),
        ("step,loss\n1,-3", "line 2: loss is -3; a loss is finite and not negative"),
        ("step,loss\n1,nan\n2,1", "line 2: loss is nan; a loss is"),
    ],
)
def test_a_first_epoch_that_cannot_be_is_named_with_its_line(
    rows, told, status, plan, runs_directory
):
    folder = runs_directory / plan.runs[1].folder
    _, runs = collect_study(plan, runs_directory)
    (folder / FIRST_EPOCH).write_text(f"{rows}\n")
    with pytest.raises(CollectError, match=rf"^{folder}: .*first_epoch.csv.* {told}.* Delete the"):
        collect_first_epochs(runs.assign(status=status), plan, runs_directory)


def test_only_a_run_that_diverged_may_end_its_first_epoch_without_a_loss(plan, runs_directory):
    _, runs = collect_study(plan, runs_directory)
    (runs_directory / plan.runs[1].folder / FIRST_EPOCH).write_text("step,loss\n5,1\n6,nan\n")
    with pytest.raises(CollectError, match="line 3: loss is nan"):
        collect_first_epochs(runs, plan, runs_directory)
    assert len(collect_first_epochs(runs.assign(status="diverged"), plan, runs_directory)) == 2


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ((1, 2.5), [1.0, 2.5]),
        ((True, 2), ["true", "2"]),
        ((1, "a"), ["1", "a"]),
        ((True, False), [True, False]),
    ],
)
def test_a_parameter_has_values_of_one_kind_in_a_table(values, column, plan, runs_directory):
    runs = tuple(
        replace(run, parameters={**run.parameters, "k": values[number % 2]})
        for number, run in enumerate(plan.runs)
    )
    tables = collect_study(replace(plan, runs=runs, varying=("k",)), runs_directory)
    write_parquet(runs_directory / "runs.parquet", tables[1])
    assert read_parquet(runs_directory / "runs.parquet")["k"].tolist()[:2] == column


def test_files_that_the_plan_does_not_name_are_not_looked_at(plan, runs_directory):
    stray = runs_directory / "mnist-sgd-lr0.3-seed0-000000000000" / "epochs-2"
    stray.mkdir(parents=True)
    (stray / HISTORY).write_text("nonsense")
    assert len(collect_study(plan, runs_directory)[1]) == 9


def test_missing_files_are_counted_and_named(plan, runs_directory):
    folder = runs_directory / plan.runs[4].folder
    (folder / HISTORY).unlink()
    (folder / TIMING).unlink()
    with pytest.raises(CollectError, match=rf"2 files cannot be found, .*{folder.name}"):
        collect_study(plan, runs_directory)


@pytest.mark.parametrize(
    ("epochs", "changes", "message"),
    [
        ([1], {}, "1 epoch where 2 were asked for"),
        ([1, 2], {"epochs_completed": 3}, "run.json says 3"),
        ([1, 3], {}, "are not 1, 2, 3"),
        ([1, 2], {"canonical_configuration": {"seed": 9}}, "describes another configuration"),
        ([1, 2], {"trained_in": None}, "run.json is not what a training job writes.*Delete the"),
        ([1, 2], {"machine": {}}, "run.json is not what a training job writes.*Delete the"),
        ([1, 2], {"reason": 7}, "run.json is not what a training job writes.*Delete the"),
    ],
)
def test_files_that_do_not_agree_are_an_error_that_names_them(
    plan, runs_directory, epochs, changes, message
):
    run = plan.runs[2]
    write_run(runs_directory, run, epochs, **changes)
    with pytest.raises(CollectError, match=message) as error:
        collect_study(plan, runs_directory)
    assert run.name in str(error.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (DESCRIPTION, b"{"),
        (DESCRIPTION, b"[]"),
        (HISTORY, b""),
        (HISTORY, b"\xff\xfe\x00"),
        (HISTORY, b"epoch,loss\n1,0.5\n2,0.25\n"),
        (
            HISTORY,
            ("\n".join([",".join(("epoch", *METRICS)), "1,a,1,1,1,1,1", "2" + ",1" * 6])).encode(),
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_names_its_folder(
    name, content, plan, runs_directory
):
    folder = runs_directory / plan.runs[3].folder
    (folder / name).write_bytes(content)
    with pytest.raises(CollectError, match=r"cannot be read: .* Delete the folder") as error:
        collect_study(plan, runs_directory)
    assert str(folder) in str(error.value)


def test_what_made_a_run_is_in_its_row(plan, runs_directory):
    _, runs = collect_study(plan, runs_directory)
    made_with = runs[["device", "torch", "python", "blas", "processor"]]
    assert made_with.iloc[0].tolist() == ["cpu", "2.13.0", "3.11.7", "openblas 0.3.30", "one"]


def test_packages_that_trained_a_run_are_in_its_row_and_in_the_protocol(plan, runs_directory):
    code = {"package pytorch_optimizer": "4.1.0", "lr_atlas/training/loop.py": "0"}
    write_run(runs_directory, plan.runs[0], range(1, plan.runs[0].epochs + 1), code=code)
    _, runs = collect_study(plan, runs_directory)
    assert runs["packages"].tolist()[0] == "pytorch_optimizer 4.1.0"
    assert runs["packages"].isna().sum() == len(runs) - 1
    assert software(runs) == "Trained with torch 2.13.0 on cpu; pytorch_optimizer 4.1.0."


def test_timings_of_another_job_are_an_error(plan, runs_directory):
    folder = runs_directory / plan.runs[0].folder
    (folder / TIMING).write_text("epoch,train_seconds,evaluate_seconds\n1,1.0,1.0\n")
    with pytest.raises(CollectError, match="not written by the same job"):
        collect_study(plan, runs_directory)


def test_means_and_deviations_are_those_of_the_final_epoch(plan, runs_directory):
    summary = summarise(*collect_study(plan, runs_directory)).set_index("setting")
    row = summary.loc["sgd-lr0.1"]
    assert row["validation_accuracy_mean"] == pytest.approx(0.32)
    assert row["validation_accuracy_std"] == pytest.approx(0.1)
    assert row["generalisation_gap"] == pytest.approx(0.1)
    assert (row["best_validation_epoch"], row["seconds_per_epoch"]) == (2, 1.5)


def test_a_diverged_run_is_in_the_tables_but_in_no_mean(plan, runs_directory):
    run = next(r for r in plan.runs if r.setting == "sgd-lr0.1" and r.seed == 2)
    write_run(runs_directory, run, [1], status="diverged")
    epochs, runs = collect_study(plan, runs_directory)
    assert (epochs["status"] == "diverged").sum() == 1
    assert runs.set_index("run").loc[run.name, "diverged_step"] == 7
    row = summarise(epochs, runs).set_index("setting").loc["sgd-lr0.1"]
    assert (row["seeds"], row["diverged"]) == (3, 1)
    assert row["validation_accuracy_mean"] == pytest.approx(0.27)


def test_a_study_of_which_every_run_diverged_at_once_still_has_its_tables(plan, runs_directory):
    for run in plan.runs:
        write_run(runs_directory, run, [], status="diverged")
    epochs, runs = collect_study(plan, runs_directory)
    assert len(epochs) == 0
    summary = summarise(epochs, runs)
    assert summary["diverged"].tolist() == [3, 3, 3]
    assert summary["validation_accuracy_mean"].isna().all()


@pytest.mark.parametrize("name", torch_optimizers())
def test_every_argument_can_be_an_axis_beside_optimizers_with_another_kind_of_it(name, tmp_path):
    """An argument may be of two kinds: eps is a number for adam and a pair for adafactor."""
    muon = {"name": "muon", "rest": {"name": "sgd"}}
    entry = muon if name == "muon" else {"name": name}
    for argument, default in defaults(name).items():
        if isinstance(default, list):
            entry[argument] = [default, [*default[:-1], default[-1] * 0.999]]
        elif default is None:
            kind = torch_optimizers()[name]["arguments"][argument]
            other = {"optional_whole": 3, "optional_text": kind.get("choices", [""])[0]}
            entry[argument] = [None, other.get(kind["kind"], False)]
    others = [{"name": other} for other in torch_optimizers() if other not in (name, "muon")]
    others += [muon] if name != "muon" else []
    study = Study.model_validate(
        {"dataset": "mnist", "epochs": 1, "seeds": 1, "optimizers": [entry, *others]}
    )
    plan = plan_study("a", study, None, 1)
    for run in plan.runs:
        write_run(tmp_path, run, [1])
    for table in collect_study(plan, tmp_path):
        table.to_parquet(tmp_path / "table.parquet")
        assert len(pd.read_parquet(tmp_path / "table.parquet")) == len(plan.runs)


def test_one_seed_has_a_mean_and_no_deviation(study, runs_directory):
    plan = plan_study("a", study.model_copy(update={"seeds": [1]}), None, 1)
    row = summarise(*collect_study(plan, runs_directory)).iloc[0]
    assert row["validation_accuracy_mean"] == pytest.approx(0.32)
    assert pd.isna(row["validation_accuracy_std"])


def test_a_reported_value_is_reproduced_within_its_tolerance(study, plan, runs_directory):
    _, runs = collect_study(plan, runs_directory)
    row = compare_with_reference(runs, plan, study.reference).iloc[0]
    assert row["difference"] == pytest.approx(-0.18)
    assert not row["reproduced"]
    near = study.reference.model_copy(update={"tolerance": 0.2})
    assert compare_with_reference(runs, plan, near).iloc[0]["reproduced"]


# Runs that are missing after a failure


def test_runs_may_be_missing_only_if_they_are_named(plan, runs_directory):
    (runs_directory / plan.runs[4].folder / HISTORY).unlink()
    with pytest.raises(CollectError, match="1 file cannot be found"):
        collect_study(without(plan, plan.runs[:2]), runs_directory)
    assert len(collect_study(without(plan, [plan.runs[4]]), runs_directory)[1]) == 8


def test_a_reported_value_whose_runs_are_all_missing_is_not_said_to_be_reproduced(
    study, plan, runs_directory
):
    """The other setting with a reported value is complete, and reproduced."""
    values = [
        {"where": {"optimizer": "sgd", "lr": rate}, "validation_accuracy": 0.32}
        for rate in (0.1, 0.2)
    ]
    reference = study.reference.model_validate({"source": "a paper", "values": values})
    study = study.model_copy(update={"reference": reference})
    missing = [run for run in plan.runs if run.setting == "sgd-lr0.2"]
    epochs, runs = collect_study(without(plan, missing), runs_directory)
    summary = summarise(epochs, runs)
    reported = compare_with_reference(runs, plan, study.reference)
    assert reported["setting"].tolist() == ["sgd-lr0.1"]
    form = {"shape": [28, 28], "outputs": 10, "task": "classification"}
    data = {"training_images": 1, "test_images": 1, "digest": None, "form": form}
    tables = StudyTables(epochs, runs, summary=summary, reported=reported, missing=missing)
    text = study_markdown(study_report(plan, study, data, tables))
    assert "Every value above was reproduced." in text
    assert "**Not compared**, since every run is missing: sgd-lr0.2." in text
    assert "Not complete: 6 of 9 runs." in text
    assert len(re.findall(r"results/logs/train/\S+/epochs-2\.log", text)) == 3


# Numbers that cannot be


def edit(path, line, column, value):
    """Put another value into a file of comma-separated ones; lines count from 1."""
    rows = [row.split(",") for row in path.read_text().splitlines()]
    rows[line - 1][column] = value
    path.write_text("\n".join(map(",".join, rows)) + "\n")


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        *((HISTORY, 1, value, f"running_loss is {value}") for value in ("nan", "inf", "-1")),
        *((HISTORY, 6, value, f"validation_accuracy is {value}") for value in ("7.5", "-1", "nan")),
        (HISTORY, 4, "1.01", "train_accuracy is 1.01; an accuracy is from 0 to 1"),
        (HISTORY, 0, "1", "the epoch is 1 where 2 belongs"),
        (HISTORY, 0, "nan", "the epoch is nan where 2 belongs"),
        (HISTORY, 3, "", "are not all numbers"),
        (TIMING, 1, "-0.5", "train_seconds is -0.5; seconds are finite and not negative"),
        (TIMING, 2, "inf", "evaluate_seconds is inf"),
    ],
)
def test_a_number_that_cannot_be_is_named_with_file_line_and_value(
    name, column, value, message, plan, runs_directory
):
    folder = runs_directory / plan.runs[3].folder
    edit(folder / name, 3, column, value)
    with pytest.raises(CollectError) as error:
        collect_study(plan, runs_directory)
    text = str(error.value)
    assert f"{name}, line 3: " in text
    assert message in text
    assert f"Delete the folder {folder} and start again" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 3}, "run.json is of 3 epochs, not of 2"),
        ({"status": "fine"}, "says status fine"),
        ({"status": "diverged"}, "has all of its 2 epochs"),
        ({"diverged_epoch": 2, "diverged_step": 1}, "that it diverged, and status finished"),
        ({"validation_chance": 0}, "validation_chance is 0"),
        ({"validation_chance": float("nan")}, "validation_chance is nan"),
        ({"epochs_completed": float("nan")}, "not what a training job writes"),
    ],
)
def test_a_description_that_cannot_be_is_refused(changes, message, plan, runs_directory):
    write_run(runs_directory, plan.runs[2], [1, 2], **changes)
    with pytest.raises(CollectError, match=message):
        collect_study(plan, runs_directory)


def test_a_row_less_or_twice_is_refused_and_a_run_may_diverge_after_any_epoch(plan, runs_directory):
    run = plan.runs[2]
    path = runs_directory / run.folder / HISTORY
    whole = path.read_text()
    path.write_text(whole + whole.splitlines()[-1] + "\n")
    with pytest.raises(CollectError, match=r"history.csv, line 4: the epoch is 2 where 3 belongs"):
        collect_study(plan, runs_directory)
    path.write_text(whole.rsplit("2,1.0")[0])
    with pytest.raises(CollectError, match=r"history\.csv has 1 epoch and timing.csv 2"):
        collect_study(plan, runs_directory)
    write_run(runs_directory, run, [1], status="diverged")
    assert collect_study(plan, runs_directory)[1]["epochs_completed"].tolist().count(1) == 1
    write_run(runs_directory, run, [1], status="diverged", diverged_epoch=1)
    with pytest.raises(CollectError, match="diverged in epoch 1, step 7, after 1 epoch"):
        collect_study(plan, runs_directory)


def test_all_damaged_runs_are_named_at_once(plan, runs_directory):
    for run in plan.runs[:7]:
        edit(runs_directory / run.folder / HISTORY, 2, 1, "nan")
    with pytest.raises(CollectError) as error:
        collect_study(plan, runs_directory)
    text = str(error.value)
    assert "the files of 7 runs cannot be used" in text
    assert text.count("history.csv, line 2: running_loss is nan") == 5
    assert "and 2 more" in text


def test_runs_of_unequal_data_are_not_put_into_one_table(plan, runs_directory):
    other = plan.runs[4]
    write_run(runs_directory, other, [1, 2], data={"train.npz": "f" * 64})
    with pytest.raises(CollectError) as error:
        collect_study(plan, runs_directory)
    text = str(error.value)
    assert "8 on those with the digest 000000000000" in text
    assert f"1 on ffffffffffff ({runs_directory / other.folder})" in text


def test_chance_is_what_the_run_says_of_its_validation_images(plan, runs_directory):
    for run in plan.runs:
        write_run(runs_directory, run, [1], status="diverged", validation_chance=0.97)
    _, runs = collect_study(plan, runs_directory)
    assert run_scores(runs).tolist() == [0.97] * 9


# Witnesses that a run's folder is held against


def write_end(directory, folder, run, history):
    """Write the checkpoint at the end of a run, whose history.csv would have this text."""
    description = json.loads((folder / DESCRIPTION).read_text())
    rows = [[float(text) for text in row.split(",")] for row in history.splitlines()[1:]]
    records = [
        {
            "epoch": int(epoch),
            "step": 10 * int(epoch),
            **{
                name: {"loss": values[2 * place], "accuracy": values[2 * place + 1]}
                for place, name in enumerate(("running", "train", "validation"))
            },
            "train_seconds": 1.0,
            "evaluate_seconds": 0.5,
        }
        for epoch, *values in rows
    ]
    progress = {
        "records": records,
        "only_one_class": False,
        "first_loss": 1.0,
        "first_epoch": {"pieces": [], "pending": []},
        **{"step": 10 * len(records), "epochs": len(records), "images": 0, "seen": 0},
        **{"loss_sum": 0.0, "correct": 0, "seconds": 0.0},
    }
    origin = Origin(run.configuration, description["code"], description["data"], "2.13.0", "cpu")
    path = checkpoint_path(directory, origin, run.epochs)
    tensors = {MODEL: b"", OPTIMIZER: b""}
    write_checkpoint(
        path, origin, progress, description["trained_in"], tensors, description=description
    )
    return path


def test_a_history_with_other_numbers_than_the_runs_checkpoint_is_refused(
    plan, runs_directory, tmp_path
):
    run = plan.runs[4]
    folder, directory = runs_directory / run.folder, tmp_path / "checkpoints"
    text = (folder / HISTORY).read_text()
    checkpoint = write_end(directory, folder, run, text)
    (folder / HISTORY).write_text(history_of(read_checkpoint(checkpoint)))
    assert len(collect_study(plan, runs_directory, [directory])[1]) == 9
    # A value that can be, in the file's old time.
    time = (folder / HISTORY).stat().st_mtime_ns
    edit(folder / HISTORY, 3, 6, "0.999")
    os.utime(folder / HISTORY, ns=(time, time))
    with pytest.raises(CollectError) as error:
        collect_study(plan, runs_directory, [directory])
    assert f"{folder}: history.csv was changed after the run" in str(error.value)
    assert f"{checkpoint} has other numbers. Delete the folder {folder}" in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"machine": {"system": "Linux", "processor": "another"}},
        {"code": {"train.py": "another"}},
        {"versions": {"torch": "2.14.0", "python": "3.11.7", "blas": "openblas 0.3.30"}},
    ],
)
def test_a_checkpoint_of_other_circumstances_says_nothing_of_a_run(
    changes, plan, runs_directory, tmp_path
):
    """Another machine may have left one in a shared cache: its last digits are others."""
    run = plan.runs[4]
    folder, directory = runs_directory / run.folder, tmp_path / "checkpoints"
    checkpoint = write_end(directory, folder, run, (folder / HISTORY).read_text())
    edit(folder / HISTORY, 3, 6, "0.999")
    with pytest.raises(CollectError):
        collect_study(plan, runs_directory, [directory])
    described = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps(described | changes))
    assert len(collect_study(plan, runs_directory, [directory])[1]) == 9
    (folder / DESCRIPTION).write_text(json.dumps(described))
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    assert len(collect_study(plan, runs_directory, [directory])[1]) == 9


def test_runs_that_all_used_other_images_than_the_study_asks_for_are_refused(plan, runs_directory):
    these, others = ({"train.npz": each * 64, "test.npz": "1" * 64} for each in "0f")
    for images in ([], [{}], [these], [others, these]):
        assert len(collect_study(plan, runs_directory, images=images)[1]) == 9
    with pytest.raises(CollectError) as error:
        collect_study(plan, runs_directory, images=[others])
    text = str(error.value)
    assert "9 runs of this study: not trained on the images that it asks for" in text
    assert "have the digest ffffffffffff, but on 000000000000" in text
    assert f"({runs_directory / plan.runs[0].folder}, " in text


def test_images_that_are_not_what_their_folder_says_accuse_no_run(tiny_arrays, tmp_path):
    folder = tmp_path / "fashion_mnist-0123456789ab"
    folder.mkdir()
    assert digests_of_images(folder) == {}
    for name in ("train", "test"):
        save_images(folder / f"{name}.npz", *tiny_arrays[name])
    assert digests_of_images(folder) == {}
    contents = [each for name in STORED for each in idx_digests(folder / name)]
    named = folder.rename(tmp_path / f"fashion_mnist-{combined_digest(contents)[:12]}")
    assert digests_of_images(named) == {name: file_digest(named / name) for name in STORED}
