"""A finished study in others' forms: all or nothing, once, and each column of each table told."""

import json
import shutil

import pandas as pd
import pytest
from finished_studies import ODD, write_finished, write_from_elsewhere
from whole_runs import PROJECT

from lr_atlas.cli import main
from lr_atlas.runs.snakemake_records import job_times
from lr_atlas.studies.metric_columns import metrics
from lr_atlas.studies.study_metric import StudyMetric
from lr_atlas.tables.collect_dynamics import DYNAMICS_COLUMNS
from lr_atlas.tables.column_texts import TABLES, described
from lr_atlas.tables.study_tables import COLUMNS, columns_of
from lr_atlas.tables.study_tables import test_columns as columns_of_test
from lr_atlas.tools.export import to_data_package
from lr_atlas.tools.export.export_command import export
from lr_atlas.tools.export.finished_study import read_finished
from lr_atlas.tools.export.packed_source import check_source, pack_own_files, pack_source


@pytest.fixture
def directory(tmp_path):
    """A folder with the results of two studies; its name holds a space."""
    folder = tmp_path / "of two"
    write_finished(folder / "results", "mine")
    write_from_elsewhere(folder / "results")
    return folder


def refused(capsys, caplog, *arguments):
    """The one line in which a command ends."""
    with pytest.raises(SystemExit) as ended:
        main(["export", *map(str, arguments)])
    assert ended.value.code == 1
    assert "Traceback" not in capsys.readouterr().err
    (record,) = caplog.records
    caplog.clear()
    return record.getMessage()


def package_of(folder):
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return {each["name"]: each for each in descriptor["resources"]}


def test_every_column_of_every_table_of_a_whole_study_is_described(built):
    study = read_finished("tiny", built)
    parameters = to_data_package.parameters_of(study.runs)
    assert study.table_files.keys() - TABLES.keys() == set()
    lacking = [
        (name, column)
        for name in study.table_files
        for column in study.table(name)
        if described(name, column, study.metric, parameters) is None
    ]
    assert lacking == []


@pytest.mark.parametrize("metric", ["accuracy", "rmse"])
def test_columns_that_only_some_studies_have_are_described_too(metric):
    of_study = StudyMetric(metrics()[metric], metrics()[metric])
    known = {**{name: columns_of(name, of_study) for name in COLUMNS}, "dynamics": DYNAMICS_COLUMNS}
    known["pairs"] += ("size", "matters")
    known["optimizers"] += ("behind_size", "matters")
    known["summary"] = ("score_last", "steps_to_target", "target_step", "target_step_low")
    known["runs"] = (*of_study.columns, "packages", "steps_completed", "best_validation_step")
    known["test"] = columns_of_test(of_study)
    for name, columns in known.items():
        assert [each for each in columns if not described(name, each, of_study)] == []


def test_a_data_package_has_all_tables_as_csv_with_a_description_type_and_unit(directory):
    export("data-package", "mine", directory)
    folder = directory / "results" / "exports" / "mine" / "data-package"
    found = package_of(folder)
    study = read_finished("mine", directory)
    assert found.keys() == study.table_files.keys()
    for name, resource in found.items():
        table = pd.read_csv(folder / resource["path"])
        fields = {each["name"]: each for each in resource["schema"]["fields"]}
        assert list(fields) == list(table) == list(study.table(name))
        assert all(each["description"] and each["type"] for each in fields.values())
    of_runs = {each["name"]: each for each in found["runs"]["schema"]["fields"]}
    assert of_runs["validation_accuracy"]["unit"] == "share, 0 to 1"
    assert of_runs["seconds_per_epoch"]["unit"] == "seconds"
    assert of_runs["diverged_epoch"]["type"] == "integer"
    losses = pd.read_csv(folder / "first_epoch.csv", dtype=str)["loss"]
    assert set(losses) == {"2.5", "INF"}
    assert package_of(folder)["runs"]["schema"]["primaryKey"] == ["run"]


def test_a_parameter_and_a_metric_of_runs_from_elsewhere_are_described_too(directory):
    export("data-package", "other runs", directory, directory / "there")
    fields = package_of(directory / "there")["epochs"]["schema"]["fields"]
    texts = {each["name"]: each["description"] for each in fields}
    assert "a parameter in which settings differ" in texts[ODD]
    assert texts["validation_rmse"].endswith("on validation data.")


def test_an_export_is_made_once_and_replaced_as_a_whole_when_the_study_has_changed(
    directory, monkeypatch
):
    folder = directory / "results" / "exports" / "mine" / "data-package"
    assert export("data-package", "mine", directory)[0].startswith("Wrote study mine to")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert "is up to date" in export("data-package", "mine", directory)[0]
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    (directory / "results" / "studies" / "mine" / "test.csv").unlink()

    def fails(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(to_data_package, "read_table", fails)
        with pytest.raises(OSError, match="No space"):
            export("data-package", "mine", directory)
    assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert export("data-package", "mine", directory)[0].startswith("Wrote study mine to")
    assert not (folder / "test.csv").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["data-package"]


def test_what_cannot_be_exported_ends_in_one_line_and_nothing_is_written(directory, capsys, caplog):
    here = ("--directory", directory)
    said = refused(capsys, caplog, "data-package", "mne", *here)
    assert "no study 'mne'" in said
    assert "did you mean 'mine'?" in said
    said = refused(capsys, caplog, "mlfow", "mine", *here)
    assert "did you mean 'mlflow'? Allowed: mlflow, wandb" in said
    for kind, module in (("mlflow", "mlflow-skinny"), ("ro-crate", "rocrate")):
        said = refused(capsys, caplog, kind, "mine", *here)
        assert f"-m pip install {module}" in said
        assert f"'lr-atlas[{kind}]'" in said
    (directory / "results" / "studies" / "mine" / "answer.json").unlink()
    said = refused(capsys, caplog, "data-package", "mine", *here)
    assert "study mine is not finished" in said
    assert "has no answer yet" in said
    assert not (directory / "results" / "exports").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(directory, capsys, caplog):
    folder = directory / "notes"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    arguments = ("other runs", "--directory", directory, "--to", folder)
    assert "holds something that is no export" in refused(
        capsys, caplog, "data-package", *arguments
    )
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    export("data-package", "mine", directory, directory / "package")
    said = refused(
        *(capsys, caplog, "data-package", "other runs"),
        *("--directory", directory, "--to", directory / "package"),
    )
    assert "holds the export data-package of study mine" in said


def test_the_packed_source_is_told_from_that_which_trained(tmp_path, directory):
    study = read_finished("mine", directory)
    descriptions = {run: told for run, (_, told) in study.descriptions.items()}
    pack_source(PROJECT, tmp_path / "source")
    assert not list((tmp_path / "source").rglob("__pycache__"))
    runs = list(study.runs["run"])
    check = check_source(runs, descriptions, tmp_path / "source", {})
    assert (check.same, check.is_whole) == (tuple(runs), True)
    assert "is the one that trained all 8 runs" in check.sentences()[0]
    path = tmp_path / "source" / "scripts" / "lr_atlas" / "training" / "trainer.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("_PIECE = 2_000", "_PIECE = 1_000"), encoding="utf-8")
    check = check_source([*runs, "elsewhere"], descriptions, tmp_path / "source", {})
    assert set(check.changed) == set(runs)
    first, second = check.sentences()
    assert first.startswith("The source in this crate is not the one that trained 8 of 8 runs")
    assert "lr_atlas/training/trainer.py" in first
    assert second.startswith("1 run without a record of the source")


def test_when_a_job_ran_is_known_where_snakemakes_record_has_it(built):
    records = built / ".snakemake" / "metadata"
    begun, ended = job_times(records, "results/studies/tiny/answer.json")
    assert 0 < begun < ended
    assert job_times(records, "results/studies/copied/answer.json") is None


def test_files_of_ones_own_are_packed_where_their_digest_is_that_of_the_run(tmp_path):
    for name, text in (("old", "x = 1\n"), ("new", "x = 2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "opt.py").write_text(text)
    places = [tmp_path / "old", tmp_path / "new"]
    found = pack_own_files([{"own file opt.py": ""}], places, tmp_path / "any")
    shutil.rmtree(tmp_path / "any")
    wanted = pack_own_files([{"own file opt.py": ""}], [tmp_path / "new"], tmp_path / "other")
    assert found != wanted
    assert pack_own_files([wanted], places, tmp_path / "own") == wanted
    assert (tmp_path / "own" / "opt.py").read_text() == "x = 2\n"
