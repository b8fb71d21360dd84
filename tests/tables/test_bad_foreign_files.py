"""Files from elsewhere that are damaged, hostile or say too little: each ends in one line."""

import gzip
import json
import os
import pickle
import re
import time
import tracemalloc
import zipfile

import pytest
from foreign_tables import imported, imported_of, lines

from lr_atlas.common.errors import UserError
from lr_atlas.studies.imported.registry import read_files

NAMES = "optimizer,lr,seed,epoch,val_loss"
GOOD = lines(NAMES, "adam,0.1,0,1,0.5", "adam,0.1,0,2,0.4", "sgd,0.1,0,1,0.6")


class Harmful:
    """A pickle of it runs a program, for whoever opens it."""

    def __reduce__(self):
        return os.mkdir, ("harm done",)


def zipped(folder):
    with zipfile.ZipFile(folder / "made.zip", "w") as archive:
        archive.writestr("runs.csv", GOOD)
    return (folder / "made.zip").read_bytes()


def parquet(folder):
    import pandas as pd

    pd.DataFrame({"val_loss": [1.0] * 1000}).to_parquet(folder / "made.parquet")
    return (folder / "made.parquet").read_bytes()


def packed(text, times=1):
    """Gzip of a text so many times over, which takes little time and room."""
    return gzip.compress(text, 1) * times


def with_line(line, number=2):
    """The good table with another line."""
    rows = GOOD.splitlines()
    rows[number - 1] = line
    return lines(*rows)


#: {what is bad: (content, the message after the file's name)}
BAD = {
    "nothing": ("", r": it is empty; read are"),
    "blank lines": ("\n\n \n", r": it is empty"),
    "names alone": (NAMES + "\n", r": it has names of columns, and no rows"),
    "numbers without names": ("0.1,0,0.5\n0.1,1,0.6\n", r", line 1: the first row holds numbers"),
    "prose": ("Dear all,\nthe runs are done.\n", r": it is text without a table of numbers; it b"),
    "a pickle": (pickle.dumps(Harmful()), r": it is a pickle, which could run programs"),
    "a ZIP archive": (zipped, r": it is a ZIP archive"),
    "a web page": ("<!DOCTYPE html>\n<p>Sign in, please</p>\n", r": it is a web page"),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\nsize 12\n", r": .*fetch the file"),
    "noise": (bytes(range(250, 0, -1)) * 9, r": it is no text in UTF-8 \(byte 0xfa in line 1\)"),
    "zero bytes": (GOOD + "adam\x00,0.1,0,3,0.1\n", r": it is no text"),
    "a zero byte far below": (GOOD + "#\n" * 70_000 + "\x00\n", r", line 70005: a NUL character"),
    "another encoding": (with_line("é,0.1,0,1,0.5").encode("latin-1"), r": .*byte 0xe9 in line 2"),
    "another one far below": (
        (GOOD + "# \n" * 70_000 + "é,0.1,0,3,1\n").encode("latin-1"),
        r", line 70005: no text in UTF-8 \(byte 0xe9\)",
    ),
    "a short row": (with_line("adam,0.1"), r", line 2: 2 values where 5 belong"),
    "a long row": (with_line("adam,0.1,0,1,0.5,7", 3), r", line 3: 6 values where 5 belong"),
    "cut off": (GOOD[:-9], r", line 4: 2 values where 5 belong"),
    "an open quotation": (with_line('"adam,0.1,0,1,0.5', 4), r", line 4: no row of a table: unex"),
    "a cell without end": (with_line("a" * 200_000 + ",1,1,1,1"), r", line 2: .*field larger than"),
    "a line without end": (GOOD + "1" * 2_000_000, r", line 5: the line is longer than"),
    "names without end": ("loss_1," * 300_000 + "x\n", r", line 1: the line is longer than"),
    "many columns": (
        lines(",".join(f"c{place}" for place in range(20_001)), ",".join(["1"] * 20_001)),
        r", line 1: 20001 columns; at most 20000 are read",
    ),
    "a name twice": (
        GOOD.replace("seed", "lr"),
        r", line 1: several columns have the same name: l",
    ),
    "a formula": (
        with_line("=cmd|' /C calc'!A0,0.1,0,1,0.5"),
        r", line 2: optimizer is \"=cmd.*fo",
    ),
    "a formula as a name": (GOOD.replace("seed", "@sum(A1)"), r", line 1: the name of a column is"),
    "colours of a terminal": (with_line("\x1b[31madam,0.1,0,1,1"), r", line 2: optimizer is .*sig"),
    "a name without end": (with_line("a" * 300 + ",0.1,0,1,1"), r", line 2: optimizer is longer t"),
    "packed zeros": (packed(bytes(10**7), 30), r": it is no text"),
    "a packed line without end": (
        packed(GOOD.encode()) + packed(b"1" * 10**7, 30),
        r", line 5: the line is longer than",
    ),
    "packed and cut off": (packed(GOOD.encode())[:-12], r": it cannot be read: Compressed file en"),
    "no gzip": (b"\x1f\x8b\x08" + b"nonsense" * 9, r": it cannot be read"),
    "JSON cut off": (json.dumps([{"val_loss": 1}] * 9, indent=1)[:-20], r", line \d+: no JSON: "),
    "JSON of numbers": ("[1, 2, 3]", r": it is text without a table"),
    "JSON of mixed things": ('[{"val_loss": 1}, 3]', r": the element 2 of its list is no object"),
    "JSON without end inside": ('{"a":' * 100_000, r": JSON that cannot be read"),
    "a long number in JSON": ('{"val_loss": ' + "9" * 5000 + "}\n", r": .*"),
    "a line that is no JSON": (
        lines('{"val_loss": 1}', '{"val_loss": 2}', "val_loss: 3"),
        r", line 3: no JSON object: 'val_loss: 3'",
    ),
    "JSON lines cut off": ('{"val_loss": 1}\n{"val_lo', r", line 2: no JSON object: .*cut off"),
    "Parquet cut off": (lambda folder: parquet(folder)[:-40], r": a damaged Parquet file"),
    "Parquet damaged": (
        lambda folder: parquet(folder)[:40] + b"\x00" * 60 + parquet(folder)[100:],
        r": a damaged Parquet file",
    ),
    "no metric": (GOOD.replace("val_loss", "thing"), None),
    "a metric of no known way": (GOOD.replace("val_loss", "val_thing"), None),
    "a word for a number": (
        with_line("adam,0.1,0,1,low"),
        r", line 2: val_loss is 'low', which is",
    ),
    "a date for an epoch": (with_line("adam,0.1,0,2026-01-01,1"), r", line 2: epoch is '2026-01-0"),
    "an epoch beyond all": (with_line("adam,0.1,0,1e300,1"), r", line 2: the epoch is 1e\+300, wh"),
    "a rate below zero": (with_line("adam,-0.1,0,1,1"), r", line 2: the learning rate is -0.1"),
    "a run without a seed": (with_line("adam,0.2,,1,1"), r", line 2: a run without a seed, where"),
    "no value at all": (re.sub(r"0\.[456]\n", "\n", GOOD), None),
    "two learning rates": (GOOD.replace("seed", "learning_rate"), None),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_ends_in_one_clear_line(tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    content, message = BAD[what]
    content = content(tmp_path) if callable(content) else content
    begun = time.monotonic()
    with pytest.raises(UserError) as error:
        imported(tmp_path, content)
    text = str(error.value)
    if message is not None:
        assert re.match(re.escape(str(tmp_path / "runs.csv")) + message, text), text
    assert "\n" not in text
    assert text.isprintable()
    assert len(text) < 600
    assert time.monotonic() - begun < 10
    assert not (tmp_path / "harm done").exists()


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no metric", r"no column has the name of a metric.*columns: \{metric: …\}"),
        ("no value at all", r"no run has a value of 'val_loss'"),
        ("two learning rates", r"the columns learning_rate and lr may both be the learning rate"),
    ],
)
def test_a_file_that_says_too_little_is_told_what_to_say(tmp_path, what, message):
    with pytest.raises(UserError, match=message):
        imported(tmp_path, BAD[what][0])


def test_a_column_that_is_not_there_is_named_with_the_one_that_was_meant(tmp_path):
    with pytest.raises(UserError, match=r"columns: metric: there is no column 'val_los': did you"):
        imported(tmp_path, GOOD, metric="val_los")
    with pytest.raises(UserError, match=r"whether higher or lower values of 'val_thing' are bett"):
        imported(tmp_path, GOOD.replace("val_loss", "val_thing"), metric="val_thing")


def make_fifo(path):
    os.mkfifo(path)


def make_loop(path):
    path.symlink_to(path)


def make_device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_fifo, "it is a FIFO; a plain file or a folder belongs here"),
        (make_loop, "it cannot be read: Too many levels of symbolic links"),
        (make_device, "it is .*; a plain file or a folder belongs here"),
        (os.mkdir, "there are no runs in this folder"),
        (str, "there is no such file"),
    ],
)
def test_something_else_than_a_file_is_neither_waited_for_nor_read(tmp_path, make, message):
    make(tmp_path / "runs.csv")
    with pytest.raises(UserError, match=f"runs.csv: {message}"):
        read_files([tmp_path / "runs.csv"])


def test_a_packed_file_takes_no_more_memory_than_its_longest_line_may(tmp_path):
    tracemalloc.start()
    with pytest.raises(UserError):
        imported(tmp_path, BAD["a packed line without end"][0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6


def test_bad_files_in_a_folder_keep_no_good_one_from_being_read(tmp_path):
    imported_of(tmp_path, {"good.csv": GOOD})
    (tmp_path / "model.pt").write_bytes(pickle.dumps(Harmful()))
    (tmp_path / "broken.gz").write_bytes(BAD["no gzip"][0])
    os.mkfifo(tmp_path / "pipe")
    assert len(read_files([tmp_path, tmp_path / "good.csv"])) == 1


def test_markup_in_names_stays_a_text(tmp_path):
    found = imported(tmp_path, with_line("<script>alert(1)</script>,0.1,0,1,0.5"))
    assert "<script>alert(1)</script>" in found.runs["optimizer"].tolist()
    assert all(re.fullmatch(r"[A-Za-z0-9._+-]+", setting) for setting in found.parameters)
