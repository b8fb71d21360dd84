"""Finished studies made up, as they lie in results/: tables, answer, what runs recorded."""

import json

import numpy as np
import pandas as pd
from study_tables import analysed, mirrored, study_of, tables_of
from whole_runs import PROJECT

from lr_atlas.common.fingerprint import folder_digests
from lr_atlas.tables.table_files import write_csv, write_json, write_parquet

SCRIPTS = PROJECT / "scripts"
#: A name that trackers do not all take as it is, and values of it.
ODD, VALUES = "aug/strength (%)", ("none at all", "a/b c: 10 %")


def write_finished(results, name="a", code=None, text="SGD did best."):
    """Write a study of accuracy whose runs are ours; one diverged at once, one later.

    code: {file: digest} that the runs recorded; None for that of this checkout. Returns
    (epochs, runs), the tables of runs.
    """
    optimizers = [{"name": "sgd", "lr": [0.01, 0.1, 10.0]}, {"name": "adam", "lr": 0.001}]
    _, plan = study_of(optimizers, epochs=3, seeds=2)
    random = np.random.default_rng(1)
    drawn = {run.name: random.uniform(0.3, 0.9, 3) for run in plan.runs}

    def accuracy(run):
        return None if run.parameters["learning_rate"] == 10 else drawn[run.name]

    epochs, analysis = analysed(plan, accuracy)
    epochs, runs = _ended(epochs, tables_of(plan, accuracy)[1])
    folder = _write(results, name, epochs, runs, text)
    for table in ("summary", "pairs", "optimizers", "best_of", "sensitivity"):
        write_csv(folder / f"{table}.csv", getattr(analysis, table))
        write_json(folder / f"{table}.json", getattr(analysis, table))
    write_parquet(folder / "measures.parquet", analysis.measured)
    losses = runs[["run", "setting", "optimizer", "learning_rate", "seed", "status"]]
    lost = np.where(losses["status"] == "diverged", np.inf, 2.5)
    write_parquet(folder / "first_epoch.parquet", losses.assign(step=20, loss=lost))
    test = runs[["optimizer", "setting", "learning_rate", "run", "seed", "status"]]
    test = test[test["optimizer"] == "adam"].assign(confirmation=False)
    write_csv(folder / "test.csv", test.assign(test_loss=0.1 / 3, test_accuracy=0.7, chance=0.1))
    (folder / "figures").mkdir()
    (folder / "figures" / "sensitivity.svg").write_text("<svg/>")
    recorded = folder_digests(SCRIPTS / "lr_atlas" / "training", SCRIPTS) if code is None else code
    for run in plan.runs:
        _record(results / "runs" / run.name / "epochs-3", run, recorded)
    return epochs, runs


def write_from_elsewhere(results, name="other runs"):
    """Write a study of an error that falls, evaluated by steps, with odd names and numbers.

    Returns (epochs, runs).
    """
    optimizers = [{"name": "sgd", "lr": [0.01, 0.1]}]
    _, plan = study_of(optimizers, epochs=3, seeds=2)
    random = np.random.default_rng(2)
    epochs, runs = map(mirrored, tables_of(plan, lambda _: random.uniform(0.3, 0.9, 3)))
    tables = []
    for table in (epochs, runs):
        changed = table.assign(study=name, run="run of/" + table["run"] + " #1%")
        odd = table["learning_rate"].map(dict(zip((0.01, 0.1), VALUES, strict=True)))
        changed.insert(list(changed).index("seed"), ODD, odd)
        tables.append(changed.assign(setting="x y " + odd.str[:4]))
    epochs, runs = tables
    # Evaluated twice in an epoch.
    epochs.insert(list(epochs).index("epoch") + 1, "step", epochs["epoch"] * 50)
    epochs["epoch"] /= 2
    runs = runs.assign(epochs_completed=1.5, steps_completed=150)
    epochs.loc[epochs.index[1], "train_loss"] = np.inf
    epochs.loc[epochs.index[2], "train_rmse"] = np.nan
    _write(results, name, epochs, runs, "")
    return epochs, runs


def _ended(epochs, runs):
    """Return tables in which one run collapsed, and those that diverged did so at once but one."""
    lost = runs["status"] == "diverged"
    late = runs.index[lost][0]
    place = pd.Series(np.where(lost, 1, np.nan), dtype="Int64")
    place[late] = 2
    first = lost & (runs.index != late)
    runs = runs.assign(
        reason=np.where(lost, "the loss is not finite", ""),
        diverged_epoch=place,
        diverged_step=place * 20,
        epochs_completed=np.where(first, 0, runs["epochs_completed"]),
    )
    measured = [each for each in runs if each.startswith(("running_", "train_", "validation_"))]
    runs.loc[first, measured] = np.nan
    stuck = runs["run"][runs["status"] == "finished"].iloc[0]
    for table in (epochs, runs):
        table.loc[table["run"] == stuck, "status"] = "collapsed"
    return epochs[~epochs["run"].isin(runs["run"][first])].reset_index(drop=True), runs


def _write(results, name, epochs, runs, text):
    folder = results / "studies" / name
    folder.mkdir(parents=True)
    for kind, table in {"epochs": epochs, "runs": runs}.items():
        write_csv(folder / f"{kind}.csv", table)
        write_parquet(folder / f"{kind}.parquet", table)
    answer = {"study": name, "title": f"The study {name}", "headline": text, "runs": "all runs"}
    (folder / "answer.json").write_text(json.dumps(answer))
    return folder


def _record(folder, run, code):
    folder.mkdir(parents=True)
    description = {
        "run": run.name,
        "canonical_configuration": run.configuration,
        "epochs": 3,
        "status": "finished",
        "diverged_epoch": None,
        "code": code,
        "data": {"train.npz": "ab" * 32},
        "training_images": 200,
        "validation_images": 100,
        "device": "cpu",
        "versions": {"torch": "2"},
        "machine": {"processor": "one"},
    }
    (folder / "run.json").write_text(json.dumps(description))
    (folder / "history.csv").write_text("epoch,train_loss\n1,0.5\n")
