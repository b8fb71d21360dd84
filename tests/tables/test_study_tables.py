"""Tables of a study are read whole, or named with the rule that makes them anew."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from whole_runs import PROJECT

from lr_atlas.common.errors import UserError
from lr_atlas.common.table_errors import TableError
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.selection import read_selection
from lr_atlas.tables.study_tables import read_mistakes, read_table
from lr_atlas.tables.table_files import read_csv, write_csv, write_json, write_parquet
from lr_atlas.tools.verify.certificate import read_certificate

#: Prints by how many threads a process has grown by reading a table.
READS_A_TABLE = """
import os, sys
from pathlib import Path
import pandas
from lr_atlas.tables.table_files import read_parquet

before = len(os.listdir("/proc/self/task"))
table = read_parquet(Path(sys.argv[1]))
print(len(os.listdir("/proc/self/task")) - before, len(table))
"""

EXACT = [0.0031622776601683794, 1e-05, 0.1, 1 / 3, 1e22]


@pytest.fixture
def table():
    return pd.DataFrame({"setting": list("abcde"), "learning_rate": EXACT})


def test_no_thread_outlives_the_reading_of_a_table(table, tmp_path):
    # Threads of Arrow's that hold a file of Python's abort the process, at times, while it ends.
    write_parquet(tmp_path / "runs.parquet", table)
    process = subprocess.run(
        [sys.executable, "-c", READS_A_TABLE, tmp_path / "runs.parquet"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "scripts")},
    )
    assert process.stdout.split() == ["0", "5"], process.stderr


@pytest.fixture
def tested():
    return pd.DataFrame(
        {
            "optimizer": "sgd",
            "setting": "sgd-lr0.1",
            "seed": [0, 1, 2],
            "confirmation": False,
            "status": ["finished", "finished", "diverged"],
            "test_loss": [0.5, 0.6, np.nan],
            "test_accuracy": [0.8, 0.9, np.nan],
            "chance": 0.1,
        }
    )


def test_every_table_has_the_exact_number(table, tmp_path):
    write_csv(tmp_path / "a.csv", table)
    write_json(tmp_path / "a.json", table)
    write_parquet(tmp_path / "a.parquet", table)
    assert "0.0031622776601683794" in (tmp_path / "a.csv").read_text()
    assert read_csv(tmp_path / "a.csv")["learning_rate"].tolist() == EXACT
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [row["learning_rate"] for row in rows] == EXACT
    assert pd.read_parquet(tmp_path / "a.parquet")["learning_rate"].tolist() == EXACT


def damaged(content):
    """A content truncated, emptied, replaced, and with a bit of its middle turned."""
    turned = bytearray(content)
    turned[len(turned) // 3] ^= 16
    return {"half": content[: len(content) // 2], "empty": b"", "garbage": b"\xff\x00x" * 40} | (
        {"a bit": bytes(turned)}
    )


@pytest.mark.parametrize("how", ["half", "empty", "garbage", "a bit"])
@pytest.mark.parametrize("name", ["epochs", "runs"])
def test_a_damaged_parquet_is_named_with_what_makes_it(name, how, tmp_path, table):
    path = tmp_path / f"{name}.parquet"
    write_parquet(path, pd.concat([table] * 50))
    path.write_bytes(damaged(path.read_bytes())[how])
    with pytest.raises(TableError, match=rf"{path} cannot be used: .*Delete it.*rule collect mak"):
        read_table(path)


def test_a_parquet_of_another_version_is_named(tmp_path, table):
    write_parquet(tmp_path / "runs.parquet", table)
    with pytest.raises(TableError, match="has no column seed, status"):
        read_table(tmp_path / "runs.parquet")


@pytest.mark.parametrize("how", ["half", "empty", "garbage"])
def test_a_damaged_csv_is_named_with_what_makes_it(how, tmp_path, tested):
    path = tmp_path / "test.csv"
    write_csv(path, tested)
    assert read_table(path)["test_accuracy"].tolist()[:2] == [0.8, 0.9]
    path.write_bytes(damaged(path.read_bytes())[how])
    with pytest.raises(TableError, match=r"test.csv cannot be used: .*rule evaluate makes it"):
        read_table(path)


def test_a_table_that_lacks_whole_lines_is_told_by_its_other_form(tmp_path, table):
    write_csv(tmp_path / "pairs.csv", table[:3])
    write_json(tmp_path / "pairs.json", table)
    with pytest.raises(TableError, match=r"it has 3 rows, pairs.json another .*rule analyse"):
        read_csv(tmp_path / "pairs.csv")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("test_accuracy", 7.5, r"line 3: test_accuracy is 7.5; an accuracy is from 0 to 1"),
        ("test_accuracy", np.nan, r"line 3: test_accuracy is nan"),
        ("test_accuracy", "x", r"line 3: test_accuracy is x"),
        ("test_loss", np.inf, r"line 3: test_loss is inf"),
        ("chance", 0, r"line 3: chance is 0"),
        ("seed", 0, r"line 3 is of a run that is there before"),
    ],
)
def test_a_test_result_that_cannot_be_is_named_with_its_line(
    column, value, message, tmp_path, tested
):
    tested[column] = [tested[column][0], value, tested[column][2]]
    write_csv(tmp_path / "test.csv", tested)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / "test.csv")


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "null", '{"optimizers": 3}'),
        '{"study": "a", "chosen_on": "x", "images": "", "optimizers": [{"setting": "none-lr1"}]}',
        '{"study": "a", "chosen_on": "x", "images": "", "optimizers": [{"setting": "S"}, '
        '{"setting": "S"}]}',
    ],
)
def test_a_damaged_selection_is_named_with_what_makes_it(content, tmp_path):
    plan = load_atlas([PROJECT / "tests" / "configs" / "confirm.yaml"]).plans["confirmed"]
    path = tmp_path / "selection.json"
    path.write_text(content.replace('"S"', f'"{plan.settings[0]}"'))
    with pytest.raises(TableError, match=r"selection.json cannot be used: .*rule select makes"):
        read_selection(path, plan)


def test_damaged_arrays_are_named_with_what_makes_them(tmp_path):
    path = tmp_path / "mistakes.npz"
    for content in (b"", b"PK\x03\x04 half"):
        path.write_bytes(content)
        with pytest.raises(TableError, match=r"mistakes\.npz cannot be used: .*rule evaluate"):
            read_mistakes(path)
    np.savez(path, images=np.zeros(3))
    with pytest.raises(TableError, match="labels"):
        read_mistakes(path)


RUN = {"run": "a", "epochs": 1, "seed": 0, "studies": {}, "chosen": "sample", "result": "same"}
RUN |= {"difference": None, "made_with": None, "verified_with": None, "remedy": None}


@pytest.mark.parametrize(
    "content",
    [
        *("", "[1]", '{"runs": []}', '{"verified_at": 3, "runs": []}'),
        json.dumps({"verified_at": "2026", "runs": [RUN | {"files": 3}]}),
        json.dumps({"verified_at": "2026", "runs": [RUN | {"files": {"a": 3}}]}),
        json.dumps({"verified_at": "2026", "runs": [RUN | {"files": {}, "result": "fine"}]}),
    ],
)
def test_a_damaged_certificate_is_named_with_what_makes_it(content, tmp_path):
    path = tmp_path / "verification.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"no certificate of `make verify`.*Delete it"):
        read_certificate(path)
