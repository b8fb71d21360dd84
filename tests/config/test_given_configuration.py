"""Snakemake's own reader of --configfile comes after ours, which says what is wrong in one line."""

import os
import re
import shlex
from pathlib import Path

import pytest
from snakemake.cli import parse_config
from whole_runs import PROJECT, snakemake

from lr_atlas.common.placeholders import PLACEHOLDERS, refuse_placeholders
from lr_atlas.config.given_configuration import check_given

VALID = "studies: {a: {dataset: mnist, optimizers: [{name: sgd}]}}\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder, where one is, with files that Snakemake cannot read and one that it can."""
    monkeypatch.chdir(tmp_path)
    contents = {
        "mine.yaml": VALID.encode(),
        "latin.yaml": f"# pr\xe1ctica\n{VALID}".encode("latin-1"),
        "wide.yaml": VALID.encode("utf-16"),
        "tags.yaml": VALID.replace("sgd", "sgd, lr: !linspace [0.1, x]").encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo("pipe.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("latin.yaml", "latin.yaml:1: cannot be read: the byte 0xe1 is not UTF-8"),
        ("wide.yaml", "wide.yaml: cannot be read: UTF-16 text"),
        ("tags.yaml", "tags.yaml:1: the tag '!linspace' means nothing here"),
        ("pipe.yaml", "pipe.yaml: this is a pipe, socket or device"),
        (".", ".: this is a folder"),
        ("nothing.yaml", "nothing.yaml: there is no such file\n"),
        (
            "mine.yaml my-study",
            "my-study: there is no such file. --configfile takes all words behind it as files; a "
            "target goes before it: snakemake my-study --configfile mine.yaml",
        ),
    ],
)
def test_a_file_that_snakemake_cannot_read_is_told_in_one_line(given, message, files, capsys):
    with pytest.raises(SystemExit) as ended:
        check_given([Path(word) for word in given.split()])
    text = capsys.readouterr().err
    assert ended.value.code == 1
    assert message in text
    assert len(text.splitlines()) == 1


def test_a_good_file_passes(files):
    check_given([files / "mine.yaml"])


def test_snakemake_asks_before_it_reads(files):
    process = snakemake("--dry-run", directory=files / "results", config=files / "latin.yaml")
    assert process.returncode == 1
    assert "latin.yaml:1: cannot be read: the byte 0xe1 is not UTF-8" in process.stderr
    assert "Traceback" not in process.stderr
    assert len(process.stderr.splitlines()) == 2  # the other one is Snakemake's on its profile


def test_a_profile_that_still_has_its_placeholders_is_refused_in_a_dry_run_too(tmp_path):
    profile = ("--profile", PROJECT / "profiles" / "slurm")
    process = snakemake("--dry-run", *profile, directory=tmp_path)
    said = process.stdout + process.stderr
    assert process.returncode == 1
    assert "still says slurm_account=my-account and slurm_partition=my-partition: set" in said
    assert "Traceback" not in said


def test_the_placeholders_are_those_of_the_profile():
    text = (PROJECT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"- \w+=(my-\S+)\n", text) == list(PLACEHOLDERS)
    refuse_placeholders({"slurm_account": "mine", "mem_mb": None})


@pytest.mark.parametrize("text", ["foo", "=1", "x=1", "2x=1", "my key=1", "tiny --config"])
def test_a_value_that_snakemake_cannot_read_is_told_in_one_line(text, files, capsys):
    with pytest.raises(SystemExit):
        check_given([], ["figures={style: paper}", text])
    said = capsys.readouterr().err
    assert said.startswith(f"--config {shlex.quote(text)}: this is not KEY=VALUE")
    assert len(said.splitlines()) == 1
    with pytest.raises(ValueError, match="Invalid config definition"):
        parse_config([text])


def test_values_that_snakemake_can_read_pass():
    values = ["figures={style: paper}", "ab=", "a_b-c=1=2", "ab=1\n2"]
    check_given([], values)
    parse_config(values)


@pytest.mark.parametrize("option", ["--config", "-C"])
def test_snakemake_asks_before_it_takes_a_value(option, tmp_path):
    process = snakemake("--dry-run", option, "foo", directory=tmp_path)
    assert process.returncode == 1
    assert "--config foo: this is not KEY=VALUE" in process.stderr
    assert "Traceback" not in process.stderr
