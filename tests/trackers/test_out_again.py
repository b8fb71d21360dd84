"""A study that was exported is read back as it was: by our readers, and by the receivers' own."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from finished_studies import write_finished, write_from_elsewhere

from lr_atlas.studies.imported.imported import Columns
from lr_atlas.studies.imported.registry import read_files
from lr_atlas.studies.imported.roles import identify

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
PYTHON = PROJECT / ".venv-trackers" / "bin" / "python"
NOWHERE = "http://127.0.0.1:9"
STUDIES = {"mine": write_finished, "other runs": write_from_elsewhere}
TRACKERS = ("mlflow", "wandb", "tensorboard")


def with_packages(script, *arguments):
    """Return what a script of this folder prints, run with the packages of envs/trackers.txt."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    environment = os.environ | dict.fromkeys(names, NOWHERE)
    # A user's own settings, which would send what is exported.
    environment |= {"PYTHONPATH": str(PROJECT / "scripts"), "WANDB_MODE": "online"}
    done = subprocess.run(
        [PYTHON, HERE / script, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(folder, {study: (epochs, runs)}, what was said) of both studies in all forms."""
    folder = tmp_path_factory.mktemp("exported") / "two studies"
    tables = {name: write(folder / "results", name) for name, write in STUDIES.items()}
    said = with_packages("export_all.py", folder, *STUDIES)
    return folder / "results" / "exports", tables, json.loads(said.splitlines()[-1])


@pytest.fixture(scope="module")
def received(exported):
    """Return what the receivers' own packages read."""
    return json.loads(with_packages("receive_all.py", exported[0], *STUDIES).splitlines()[-1])


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("tracker", TRACKERS)
def test_all_runs_are_read_back_to_the_last_digit_with_how_they_ended(exported, tracker, study):
    epochs, runs = exported[1][study]
    metric = runs.columns[runs.columns.str.match("best_validation_(?!epoch)")][0].removeprefix(
        "best_"
    )
    # The artifacts of MLflow are tables of runs as well.
    place = exported[0] / study / tracker
    raws = read_files([place / "mlflow.db" if tracker == "mlflow" else place])
    found = identify(raws, Columns(metric=metric))
    numbers = [name for name in epochs if name.startswith(("train_", "validation_", "running_"))]
    columns = [
        "epoch",
        *_there(epochs, ("step",)),
        *(name for name in numbers if name in found.epochs),
    ]
    assert len(columns) > 5
    key = ["setting", "seed"]
    _same(found.epochs, epochs, [*key, "epoch"], columns)
    of_runs = ["learning_rate", "epochs_completed", "chance", metric]
    of_runs += _there(runs, ("diverged_epoch", "diverged_step", "steps_completed"))
    _same(found.runs, runs, key, of_runs)
    texts = ["status", "optimizer", *_there(runs, ("reason",))]
    both = (table.sort_values(key)[texts].astype(str).to_numpy() for table in (found.runs, runs))
    assert np.array_equal(*both)
    assert not [note for note in found.notes if "not finish" in note or "left out" in note]


def _there(table, names):
    return [name for name in names if name in table]


def _same(found, wanted, key, columns):
    one, other = (
        table.sort_values(key)[columns].astype(float).to_numpy() for table in (found, wanted)
    )
    assert np.array_equal(one, other, equal_nan=True)


def test_second_exports_find_nothing_to_do(exported):
    assert all("is up to date" in line for line in exported[2]["again"])
    for folder in exported[0].glob("*"):
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_mlflow_shows_the_tables_and_the_answer_of_the_study(received, exported):
    found = received["mine"]["mlflow"]
    assert found["runs"] == 1 + len(exported[1]["mine"][1])
    assert found["note"] == "SGD did best."
    assert {"pairs.csv", "runs.parquet", "answer.json", "figures"} <= {*found["artifacts"]}
    assert found["pairs"] == _digest(exported[0].parent / "studies" / "mine" / "pairs.csv")
    assert found["test_accuracy"] == 0.7


def test_tensorboard_reads_scalars_hparams_and_tables(received, exported):
    epochs, _ = exported[1]["mine"]
    found = received["mine"]["tensorboard"]
    finished = epochs[epochs["status"] == "finished"]
    run = finished["run"].iloc[0]
    wanted = finished.loc[finished["run"] == run, "validation_accuracy"].tolist()
    assert found["scalars"][run]["validation_accuracy"] == wanted
    assert found["hparams"][run]["optimizer"] == finished["optimizer"].iloc[0]
    assert "pairs" in found["texts"]


def test_wandb_has_the_tables_among_its_files_and_leaves_nothing_else(exported):
    folder = exported[0] / "mine" / "wandb"
    assert {path.name for path in folder.iterdir()} == {"wandb", ".lr-atlas-export.json"}
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    (of_study,) = (folder / "wandb").glob("offline-run-*-mine-study")
    assert (of_study / "files" / "pairs.csv").is_file()


@pytest.mark.parametrize("study", STUDIES)
def test_frictionless_finds_no_error_in_the_data_package(received, study):
    assert received[study]["data-package"] == {"valid": True, "errors": []}


def test_the_crate_keeps_to_its_profile_and_names_each_result_with_its_digest(exported):
    folder = exported[0] / "mine" / "ro-crate"
    graph = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    entities = {each["@id"]: each for each in graph}
    root = entities["./"]
    assert {"@id": "https://w3id.org/ro/wfrun/workflow/0.5"} in root["conformsTo"]
    kept = [each["@id"] for each in entities["ro-crate-metadata.json"]["conformsTo"]]
    assert kept[0] == "https://w3id.org/ro/crate/1.1"
    workflow = entities[root["mainEntity"]["@id"]]
    assert "ComputationalWorkflow" in workflow["@type"]
    assert entities[workflow["programmingLanguage"]["@id"]]["name"] == "Snakemake"
    assert (folder / workflow["@id"]).read_bytes() == (PROJECT / "Snakefile").read_bytes()
    (action,) = (each for each in graph if each["@type"] == "CreateAction")
    assert {"@id": action["@id"]} in _listed(root["mentions"])
    assert action["instrument"] == {"@id": workflow["@id"]}
    assert "agent" not in action
    results = [entities[each["@id"]] for each in action["result"]]
    files = [each for each in results if each["@type"] == "File"]
    assert {"study/pairs.csv", "study/figures/sensitivity.svg"} <= {each["@id"] for each in files}
    for each in files:
        assert each["sha256"] == _digest(folder / each["@id"])
        assert entities[each["exampleOfWork"]["@id"]]["@type"] == "FormalParameter"
    given = [entities[each["@id"]] for each in action["object"]]
    assert "ab" * 32 in [each.get("value") for each in given]
    configured = json.loads((folder / "configuration" / "runs.json").read_text(encoding="utf-8"))
    assert configured.keys() == set(exported[1]["mine"][1]["run"])
    there = {each["@id"] for each in graph}
    assert not {each for each in _references(graph) if not each.startswith("http")} - there


def test_the_crate_says_whether_its_source_is_the_one_that_trained(exported, received):
    said = " ".join(exported[2]["first"])
    assert "is the one that trained all 8 runs" in said
    assert "4 runs without a record of the source, as runs from elsewhere have none." in said
    read_me = exported[0] / "mine" / "ro-crate" / "README.md"
    assert "is the one that trained all 8 runs" in read_me.read_text(encoding="utf-8")
    assert "is the one that trained all 8 runs" in received["mine"]["ro-crate"]["description"]


def _listed(value):
    return value if isinstance(value, list) else [value]


def _references(value):
    if isinstance(value, dict):
        if value.keys() == {"@id"}:
            yield value["@id"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
