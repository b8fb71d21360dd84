"""Files and folders of trackers that are damaged, cut off or hostile: one line, and no harm."""

import json
import os
import shutil
import sqlite3

import pytest
from foreign_tables import FOREIGN, lines, only, written

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.registry import format_of, read_files

CHART = lines(
    '"Step","calm-sun-1 - val_loss","calm-sun-1 - val_loss__MIN","calm-sun-1 - val_loss__MAX"',
    '"0","0.9","0.9","0.9"',
    '"1","0.5","0.5","0.5"',
)
DEEPOBS = {"train_losses": [2.3, 1.5], "test_accuracies": [0.1, 0.5], "testproblem": "fmnist_2c2d"}


def changed(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def first(folder, pattern):
    return sorted(folder.rglob(pattern))[0]


def lose_table_rows(folder, pattern, statement):
    base = sqlite3.connect(first(folder, pattern))
    base.execute(statement)
    base.commit()
    base.close()


def scrambled(path):
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + b"\xff" * (len(content) - half))


DAMAGED = {
    "wandb": (
        lambda folder: changed(first(folder, "*.wandb"), b"val_accuracy", b"val_Accuracy"),
        r"run-\w+\.wandb: damaged: a record does not have its checksum",
    ),
    "mlflow_folder": (
        lambda folder: first(folder, "val_loss").write_text("1 0.5 0\n1 abc 1\n"),
        r"val_loss, line 2: '1 abc 1' where time, value and step belong",
    ),
    "mlflow_sqlite": (
        lambda folder: lose_table_rows(folder, "*.db", "UPDATE metrics SET value = 'much'"),
        r"mlflow\.db: table metrics: val_\w+ is 'much', no number",
    ),
    "tensorboard": (
        lambda folder: changed(first(folder, "*tfevents*"), b"accuracy", b"Accuracy"),
        r"tfevents\S+: damaged: a record does not have its checksum",
    ),
    "optuna_sqlite": (
        lambda folder: scrambled(first(folder, "*.db")),
        r"optuna\.db: a damaged SQL",
    ),
    "optuna_journal": (
        lambda folder: changed(first(folder, "*.log"), b'"trial_id":0', b'"trial_id":99'),
        r"optuna\.log, line \d+: .* is no change of Optuna's",
    ),
    "lightning": (
        lambda folder: changed(first(folder, "hparams.yaml"), b"lr: ", b"lr: ["),
        r"hparams\.yaml, line \d+: no YAML",
    ),
    "keras": (
        lambda folder: changed(first(folder, "*.csv"), b"\n1,", b"\nx,"),
        r"\.csv, line 3: no row of Keras's",
    ),
    "hugging_face": (
        lambda folder: changed(first(folder, "trainer_state.json"), b'"log_history": [', b'"log":'),
        r"trainer_state\.json(, line \d+)?: (no JSON|it has no log_history)",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_export_is_named_in_one_line(tmp_path, name):
    damage, message = DAMAGED[name]
    shutil.copytree(FOREIGN / name, tmp_path / name)
    damage(tmp_path / name)
    with pytest.raises(UserError, match=message) as caught:
        read_files(sorted((tmp_path / name).iterdir()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("run.json", json.dumps(DEEPOBS).replace("[0.1, 0.5]", '"high"'), "a list of numbers"),
        ("chart.csv", CHART.replace('"1","0.5"', '"1","a half"'), "line 3: no row of a chart"),
        ("chart.csv", CHART.replace("Step", "Relative Time"), "export the chart with Step"),
        (".hydra/config.yaml", "seed: [1\n", "no YAML"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, name, text, message):
    written(tmp_path / "metrics.csv", lines("epoch,val_loss", "1,0.9"))
    path = written(tmp_path / name, text)
    with pytest.raises(UserError, match=message):
        read_files([path if path.parent == tmp_path else tmp_path])


@pytest.mark.parametrize(("name", "pattern"), [("wandb", "*.wandb"), ("tensorboard", "*tfevents*")])
def test_a_file_whose_writer_was_killed_is_read_as_far_as_it_goes(tmp_path, name, pattern):
    shutil.copytree(FOREIGN / name, tmp_path / name)
    path = first(tmp_path / name, pattern)
    path.write_bytes(path.read_bytes()[: len(path.read_bytes()) * 3 // 4])
    raw = only(tmp_path / name)
    assert any("cut off" in note for note in raw.notes)
    assert len(raw.table) > 9


def test_a_link_out_of_a_folder_of_runs_is_not_followed(tmp_path):
    shutil.copytree(FOREIGN / "mlflow_folder", tmp_path / "runs")
    run = first(tmp_path / "runs", "params").parent
    (run / "params" / "secret").symlink_to("/etc/hostname")
    assert "secret" not in only(tmp_path / "runs").table


def test_a_data_base_is_left_as_it_is_and_its_views_are_not_run(tmp_path):
    base = sqlite3.connect(tmp_path / "mlflow.db")
    base.execute("CREATE TABLE source (key, value)")
    for name in ("experiments", "runs", "params", "metrics"):
        base.execute(f"CREATE VIEW {name} AS SELECT * FROM source")
    base.commit()
    base.close()
    before = sorted(os.listdir(tmp_path))
    assert format_of(tmp_path / "mlflow.db") is None
    assert sorted(os.listdir(tmp_path)) == before


def test_objects_of_python_in_a_file_of_parameters_are_never_made(tmp_path, monkeypatch):
    shutil.copytree(FOREIGN / "lightning", tmp_path / "logs")
    parameters = first(tmp_path / "logs", "hparams.yaml")
    with parameters.open("a") as file:
        file.write("harm: !!python/object/apply:os.mkdir [harm]\n")
    monkeypatch.chdir(tmp_path)
    read_files([tmp_path / "logs"])
    assert not (tmp_path / "harm").exists()


def test_parameters_that_multiply_without_end_are_refused(tmp_path):
    shutil.copytree(FOREIGN / "lightning", tmp_path / "logs")
    bomb = "a: &a {x: 1, y: 2}\n" + "".join(
        f"{name}: &{name} {{x: *{before}, y: *{before}}}\n"
        for before, name in zip("abcdefghijklmno", "bcdefghijklmnop", strict=True)
    )
    first(tmp_path / "logs", "hparams.yaml").write_text(bomb)
    with pytest.raises(UserError, match="more than 10,000 parameters"):
        read_files([tmp_path / "logs"])
