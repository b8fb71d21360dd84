"""Flat tables of any shape, made the tables of a study."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from foreign_tables import curves, imported, imported_of, lines

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.registry import read_files

LONG = [
    {"optimizer": name, "lr": rate, "seed": seed, "epoch": epoch, "val_acc": accuracy}
    for name, rate, best in (("sgd", 0.1, 0.8), ("sgd", 0.01, 0.7), ("adam", 0.001, 0.9))
    for seed in (0, 1)
    for epoch in (1, 2)
    for accuracy in [round(best - 0.1 / epoch + seed / 100, 4)]
]
CURVES = {
    "adam-lr0.001-seed0": [0.8, 0.85],
    "adam-lr0.001-seed1": [0.81, 0.86],
    "sgd-lr0.01-seed0": [0.6, 0.65],
    "sgd-lr0.01-seed1": [0.61, 0.66],
    "sgd-lr0.1-seed0": [0.7, 0.75],
    "sgd-lr0.1-seed1": [0.71, 0.76],
}


def csv_of(rows, separator=","):
    table = pd.DataFrame(rows)
    return table.to_csv(index=False, sep=separator)


def json_lines(rows):
    return lines(*(json.dumps(row) for row in rows))


def parquet_of(folder, rows):
    pd.DataFrame(rows).to_parquet(folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def wide_by_seed(rows):
    table = pd.DataFrame(rows).pivot(
        index=["optimizer", "lr", "epoch"], columns="seed", values="val_acc"
    )
    return table.rename(columns="val_acc_seed_{}".format).reset_index().to_csv(index=False)


def wide_by_epoch(rows):
    table = pd.DataFrame(rows).pivot(
        index=["optimizer", "lr", "seed"], columns="epoch", values="val_acc"
    )
    return table.rename(columns="epoch_{}/val_acc".format).reset_index().to_csv(index=False)


def named_metrics(rows):
    table = pd.DataFrame(rows).assign(val_loss=lambda rows: 1 - rows["val_acc"])
    ids = ["optimizer", "lr", "seed", "epoch"]
    return table.melt(ids, var_name="metric", value_name="value").to_csv(index=False)


def nested_curves(rows):
    records = [
        {
            "config": {"optimizer": name, "lr": rate, "betas": [0.9, 0.99]},
            "seed": seed,
            "val_acc": own["val_acc"].tolist(),
            "epoch": own["epoch"].tolist(),
        }
        for (name, rate, seed), own in pd.DataFrame(rows).groupby(["optimizer", "lr", "seed"])
    ]
    return json.dumps(records, indent=1)


def in_folders(rows):
    """Nothing but the curve in each file; its path says the rest."""
    return {
        f"optimizer={name}/lr={rate}/seed={seed}.csv": csv_of(own[["epoch", "val_acc"]])
        for (name, rate, seed), own in pd.DataFrame(rows).groupby(["optimizer", "lr", "seed"])
    }


SHAPES = {
    "comma": csv_of,
    "semicolon": lambda rows: csv_of(rows, ";"),
    "tab": lambda rows: csv_of(rows, "\t"),
    "bar": lambda rows: csv_of(rows, "|"),
    "said separator": lambda rows: "sep=;\n" + csv_of(rows, ";"),
    "comments": lambda rows: "# made by hand\n#\n" + csv_of(rows) + "\n# end\n",
    "names as a comment": lambda rows: "# " + csv_of(rows),
    "utf-16": lambda rows: csv_of(rows, "\t").encode("utf-16"),
    "byte order mark": lambda rows: csv_of(rows).encode("utf-8-sig"),
    "line ends of Windows": lambda rows: csv_of(rows).replace("\n", "\r\n"),
    "packed": lambda rows: gzip.compress(csv_of(rows).encode()),
    "index of pandas": lambda rows: pd.DataFrame(rows).to_csv(),
    "reversed": lambda rows: csv_of(rows[::-1]),
    "JSON lines": json_lines,
    "JSON list": lambda rows: json.dumps(rows, indent=2),
    "JSON of columns": lambda rows: pd.DataFrame(rows).to_json(),
    "JSON split": lambda rows: pd.DataFrame(rows).to_json(orient="split"),
    "JSON with curves inside": nested_curves,
    "packed JSON lines": lambda rows: gzip.compress(json_lines(rows).encode()),
    "a column per seed": wide_by_seed,
    "a column per epoch": wide_by_epoch,
    "a row per metric": named_metrics,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_table_of_any_shape_says_the_same(tmp_path, shape):
    found = imported(tmp_path, SHAPES[shape](LONG), name="table")
    assert curves(found) == CURVES
    assert found.runs["learning_rate"].tolist() == [0.001] * 2 + [0.01] * 2 + [0.1] * 2
    assert found.runs["seed"].tolist() == [0, 1] * 3
    assert (found.metric.name, found.metric.metric.higher_is_better) == ("accuracy", True)
    assert list(found.parameters) == ["adam-lr0.001", "sgd-lr0.01", "sgd-lr0.1"]
    assert found.varying == ()
    assert not found.by_steps


def test_parquet_and_folders_say_the_same_too(tmp_path):
    parquet = imported(tmp_path, parquet_of(tmp_path, LONG), name="table")
    assert curves(parquet) == curves(imported_of(tmp_path, in_folders(LONG))) == CURVES


def test_a_folder_is_walked_and_no_link_in_it_is_followed(tmp_path):
    folder = tmp_path / "runs"
    imported_of(folder, in_folders(LONG))
    (folder / "notes.txt").write_text("to do: more seeds")
    (folder / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "loop").symlink_to(folder)
    assert len(read_files([folder])) == 6


def test_a_column_is_a_run_where_the_metric_is_no_column(tmp_path):
    text = lines("epoch,adam,sgd", "1,0.5,0.4", "2,0.6,0.5", "3,,0.6")
    found = imported(tmp_path, text, optimizer="run", metric="perplexity", better="lower")
    assert curves(found, "validation_perplexity") == {
        "adam-seed0": [0.5, 0.6],
        "sgd-seed0": [0.4, 0.5, 0.6],
    }
    assert not found.metric.metric.higher_is_better
    assert found.unknown >= {"learning_rate", "seeds", "seconds", "chance", "divergence"}
    assert found.runs["learning_rate"].isna().all()


def test_names_of_trackers_are_known_and_those_given_come_first(tmp_path):
    text = lines(
        "Params/Optimizer,config.lr,model,global_step,eval/loss,test_acc,__index__",
        *(f"adam,0.1,a,{step},{1 / step},0.9,{step}" for step in (10, 20)),
        *(f"adam,0.1,b,{step},{2 / step},0.9,{step}" for step in (10, 20)),
    )
    found = imported(tmp_path, text)
    assert found.by_steps
    assert found.metric.name == "loss"
    assert found.epochs["step"].tolist() == [10, 20] * 2
    assert list(found.parameters) == ["adam-lr0.1-modela", "adam-lr0.1-modelb"]
    assert found.varying == ("model",)
    assert "epochs" in found.unknown
    by_model = imported(tmp_path, text, optimizer="model", metric="test_acc")
    assert by_model.runs["optimizer"].tolist() == ["a", "b"]
    assert by_model.metric.name == "test_accuracy"
    assert by_model.metric.is_share
    assert "validation" in by_model.unknown


def test_final_values_alone_are_runs_without_curves(tmp_path):
    text = lines(
        "optimizer,lr,weight_decay,momentum,nesterov,accuracy",
        "sgd,0.1,0,0.9,true,0.81",
        "sgd,0.1,0,0.9,true,0.81",
        "sgd,0.1,1e-4,0.9,true,0.83",
        "adam,0.001,0,,,0.9",
        "adam,0.001,0,,,0.91",
    )
    found = imported(tmp_path, text)
    assert (
        found.runs["setting"].tolist()
        == [
            *["adam-lr0.001"] * 2,
            *["sgd-lr0.1-weight_decay0"] * 2,
            "sgd-lr0.1-weight_decay0.0001",
        ]
        or found.runs["setting"].nunique() == 3
    )
    assert found.runs["seed"].tolist() == [0, 1, 0, 1, 0]
    assert {"curves", "seeds"} <= found.unknown
    assert len(found.epochs) == len(found.runs) == 5
    assert (
        found.parameters[
            "adam-lr0.001" if "adam-lr0.001" in found.parameters else next(iter(found.parameters))
        ].get("momentum")
        is None
    )


def test_settings_are_made_of_the_columns_that_one_says(tmp_path):
    text = lines(
        "optimizer,lr,seed,width,took,accuracy",
        *(
            f"adam,0.1,{seed},{width},{seed + width / 7},0.9"
            for width in (8, 16)
            for seed in (0, 1)
        ),
    )
    with pytest.raises(UserError, match=r"took differ from run to run.*ignore: \[took\]"):
        imported(tmp_path, text)
    assert imported(tmp_path, text, ignore=("took",)).varying == ("width",)
    assert imported(tmp_path, text, by=("width",)).varying == ("width",)


def test_a_table_of_runs_is_joined_to_their_histories(tmp_path):
    found = imported_of(
        tmp_path,
        {
            "history.csv": lines("run,epoch,val_loss", "a,1,3", "a,2,2", "b,1,4", "b,2,1"),
            "runs.csv": lines(
                "run,optimizer,lr,seed,state,val_loss",
                "a,adam,0.1,7,finished,2",
                "b,sgd,0.2,7,finished,1",
                "c,sgd,0.3,7,diverged,",
            ),
        },
    )
    assert curves(found, "validation_loss") == {"a": [3, 2], "b": [4, 1]}
    assert found.runs["status"].tolist() == ["finished", "finished", "diverged"]
    assert found.runs["seed"].tolist() == [7, 7, 7]
    assert np.isnan(found.runs["validation_loss"].iloc[2])
