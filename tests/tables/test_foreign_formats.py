"""Files and folders of trackers, recognised by their content and read whole, or refused in a line.

Those in foreign/ were written by the trackers themselves (tests/trackers/exports.py).
"""

import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from foreign_tables import lines
from logged_runs import EXPORTS, check

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.registry import format_of, read_files
from lr_atlas.studies.imported.roles import identify

FOREIGN = Path(__file__).parent / "foreign"


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def only(path, pattern=None):
    (raw,) = read_files([path], pattern)
    return raw


@pytest.mark.parametrize("name", EXPORTS)
def test_all_that_was_logged_is_read_back(name):
    check(FOREIGN / name, EXPORTS[name])


@pytest.mark.parametrize("name", ["mlflow_sqlite", "optuna_sqlite", "mlflow_folder", "wandb"])
def test_a_tracker_makes_a_study(name):
    export = EXPORTS[name]
    found = identify(
        read_files([FOREIGN / name]), Columns(metric=export.loss, better="lower", ignore=("run",))
    )
    settings = {
        tuple(each[k] for k in ("optimizer", "learning_rate")) for each in found.parameters.values()
    }
    assert settings == {("adam", 0.001), ("sgd", 0.1), ("sgd", 10.0)}
    assert found.runs.loc[found.runs["learning_rate"] == 10.0, "status"].tolist() == ["diverged"]


# W&B's exports as CSV, as its pages write them.

RUNS_TABLE = lines(
    '"Name","State","Created","Runtime","Sweep","lr","optimizer","seed","val_loss"',
    '"calm-sun-1","finished","2024-01-01T00:00:00.000Z","12","","0.1","sgd","1","0.5"',
    '"mild-sea-2","crashed","2024-01-01T00:00:00.000Z","12","","0.01","sgd","1","0.7"',
)
CHART = lines(
    *(
        '"Step","calm-sun-1 - val_loss","calm-sun-1 - val_loss__MIN","calm-sun-1 - val_loss__MAX",'
        '"mild-sea-2 - val_loss","mild-sea-2 - val_loss__MIN","mild-sea-2 - val_loss__MAX"',
        '"0","0.9","0.9","0.9","0.8","0.8","0.8"',
        '"1","0.5","0.5","0.5","","",""',
    )
)
API_TABLE = lines(
    ",summary,config,name",
    "0,\"{'val_loss': nan, '_step': 2, '_wandb': {'runtime': 1}}\",\"{'lr': 0.1, 'opt': "
    "{'name': 'sgd', 'betas': (0.9, 0.99)}}\",calm-sun-1",
)


def test_wandbs_table_of_runs_has_a_row_per_run_with_how_it_ended(tmp_path):
    raw = only(written(tmp_path / "export.csv", RUNS_TABLE))
    assert raw.roles == {"run": "Name", "status": "State"}
    assert raw.table["State"].tolist() == ["finished", "crashed"]
    assert not {"Created", "Runtime", "Sweep"} & set(raw.table)


def test_wandbs_runs_of_one_name_stay_apart(tmp_path):
    raw = only(written(tmp_path / "export.csv", RUNS_TABLE.replace("mild-sea-2", "calm-sun-1")))
    assert raw.table[raw.roles["run"]].is_unique


def test_wandbs_chart_has_a_curve_per_run_and_joins_its_table_of_runs(tmp_path):
    chart = written(tmp_path / "chart.csv", CHART)
    curves = only(chart).table
    assert curves[["run", "step", "val_loss"]].to_numpy().tolist() == [
        ["calm-sun-1", 0, 0.9],
        ["calm-sun-1", 1, 0.5],
        ["mild-sea-2", 0, 0.8],
    ]
    table = written(tmp_path / "runs.csv", RUNS_TABLE)
    found = identify(read_files([chart, table]), Columns(metric="val_loss", better="lower"))
    assert set(found.runs["learning_rate"]) == {0.1, 0.01}
    assert len(found.epochs) == 3


def test_a_table_from_wandbs_api_is_read_and_nothing_in_it_run(tmp_path):
    raw = only(written(tmp_path / "project.csv", API_TABLE))
    (row,) = raw.table.to_dict("records")
    assert np.isnan(row["val_loss"])
    assert (row["lr"], row["opt.name"], row["opt.betas"]) == (0.1, "sgd", "0.9_0.99")
    harmful = API_TABLE.replace("0.1,", "__import__('os').mkdir('harm'),")
    with pytest.raises(UserError, match=r"line 2: .* is no dict of plain values"):
        only(written(tmp_path / "project.csv", harmful))


def test_a_run_of_wandbs_server_has_its_final_values(tmp_path):
    written(tmp_path / "files/config.yaml", "wandb_version: 1\nlr:\n  desc: null\n  value: 0.1\n")
    written(tmp_path / "files/wandb-summary.json", '{"val_loss": 0.5, "_step": 9}')
    raw = only(tmp_path)
    assert raw.table[["lr", "val_loss"]].to_numpy().tolist() == [[0.1, 0.5]]
    assert "step" not in raw.roles


# Files without a library of their own, or whose library is gone.


def test_hydras_jobs_have_their_configuration_beside_tables_of_any_format(tmp_path):
    for job, rate in enumerate((0.1, 0.01)):
        folder = tmp_path / "multirun" / "2024-01-01" / str(job)
        written(folder / ".hydra/config.yaml", f"seed: 1\noptimizer:\n  name: sgd\n  lr: {rate}\n")
        written(folder / "train.log", "[2024-01-01 00:00:00,000][main][INFO] - started\n")
        written(folder / "metrics.csv", lines("epoch,val_loss", "1,0.9", f"2,{rate}"))
    written(tmp_path / "multirun/2024-01-01/2/.hydra/config.yaml", "seed: 2\n")
    raw = only(tmp_path / "multirun")
    table = raw.table[["optimizer.name", "optimizer.lr", "epoch", "val_loss"]]
    assert table.astype(str).to_numpy().tolist() == [
        ["sgd", "0.1", "1", "0.9"],
        ["sgd", "0.1", "2", "0.1"],
        ["sgd", "0.01", "1", "0.9"],
        ["sgd", "0.01", "2", "0.01"],
    ]
    assert "2: no table of metrics beside .hydra/config.yaml; left out" in raw.notes[0]


DEEPOBS = {
    "train_losses": [2.3, float("nan")],
    "test_losses": [2.3, 1.5],
    "minibatch_train_losses": [2.0, 1.0, 0.5],
    "test_accuracies": [0.1, 0.5],
    "optimizer": "MomentumOptimizer",
    "testproblem": "fmnist_2c2d",
    "weight_decay": None,
    "batch_size": 128,
    "learning_rate": 0.01,
    "random_seed": 42,
    "hyperparams": {"momentum": 0.99, "use_nesterov": False},
}


def test_deepobs_has_a_row_per_epoch_with_all_hyperparameters(tmp_path):
    raw = only(written(tmp_path / "run.json", json.dumps(DEEPOBS)))
    assert raw.table["epoch"].tolist() == [0, 1]
    assert raw.table["test_accuracy"].tolist() == [0.1, 0.5]
    assert np.isnan(raw.table["train_loss"].iloc[1])
    first = raw.table.iloc[0]
    assert (first["momentum"], first["random_seed"], first["learning_rate"]) == (0.99, 42, 0.01)
    assert not any("minibatch" in name for name in raw.table)


LOG = lines(
    "started with lr=0.1 optimizer=sgd seed=3",
    "\x1b[32mepoch 1\x1b[0m loss 0.9",
    "saved",
    "epoch 2 loss nan",
)
PATTERN = (
    r"lr=(?P<lr>\S+) optimizer=(?P<optimizer>\w+) seed=(?P<seed>\d+)"
    r"|epoch (?P<epoch>\d+) loss (?P<loss>\S+)"
)


def test_a_log_is_read_by_the_named_groups_of_a_pattern(tmp_path):
    raw = only(written(tmp_path / "train.log", LOG), PATTERN)
    assert raw.where["line"].tolist() == [2, 4]
    assert raw.table["loss"].tolist() == ["0.9", "nan"]
    assert raw.table["seed"].tolist() == ["3", "3"]
    found = identify([raw], Columns(metric="loss"))
    (run,) = found.runs.to_dict("records")
    assert (run["learning_rate"], run["optimizer"], run["status"]) == (0.1, "sgd", "diverged")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "pattern: no regular expression"),
        (r"epoch (\d+)", "nothing in it has a name"),
        (r"(?P<loss>test \d+)", "train.log: the pattern is found in no line"),
    ],
)
def test_a_pattern_that_reads_nothing_is_named(tmp_path, pattern, message):
    with pytest.raises(UserError, match=message):
        only(written(tmp_path / "train.log", LOG), pattern)


def test_a_pattern_that_would_never_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("lr_atlas.studies.imported.log_lines._MOST_SECONDS", 0.5)
    log = written(tmp_path / "train.log", "a" * 60 + "!\n")
    with pytest.raises(UserError, match=r"line 1: the pattern takes longer than 0.5 seconds"):
        only(log, r"(?P<loss>(a+)+)$")


# Damaged files.


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


# Harm.


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
