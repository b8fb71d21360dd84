"""The script that tests and measures a GPU works: its whole way is gone on a processor."""

import csv
import subprocess
import sys

import pytest
import torch
from whole_runs import PROJECT


def script(*arguments):
    command = [sys.executable, PROJECT / "bench" / "gpu.py", *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_it_refuses_in_one_line_where_there_is_no_gpu(tmp_path):
    process = script("--output", tmp_path / "bench")
    assert process.returncode == 1
    assert len(process.stderr.splitlines()) == 1
    assert "torch finds no GPU here" in process.stderr
    assert not (tmp_path / "bench").exists()


def test_it_checks_bytes_first_and_then_measures_runs_alone_and_as_one(tmp_path):
    process = script("--device", "cpu", "--short", "--output", tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    with open(tmp_path / "gpu.csv", encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    assert rows[0]["what"].startswith("tests/gpu: 1 passed")
    checks = [each for each in rows if each["goal"] == "true"]
    assert {each["network"] for each in checks} >= {"784-128-64-10", "cnn 16, 32"}
    assert all(each["met"] == "yes" for each in checks)
    last_check = max(rows.index(each) for each in checks)
    times = [n for n, each in enumerate(rows) if each["unit"] == "s"]
    assert last_check < min(times)
    assert sum("alone, bfloat16" in each["what"] for each in rows) == 2
    stacked = [each["runs"] for each in rows if each["what"].endswith("stacked / alone")]
    assert stacked == ["1", "8"] * 2
    page = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert "no GPU" in page.splitlines()[0]
    assert page.count("\n| ") == len(rows) + 2
