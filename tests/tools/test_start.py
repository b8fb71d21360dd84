"""Starts of the workflow by name: what `init` writes, and what `run` hands to Snakemake."""

import sys
from pathlib import Path

import pytest
from whole_runs import PROJECT

from lr_atlas.cli import main
from lr_atlas.common.system import refuse_windows
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.tools.start.snakemake_call import snakemake_words


def test_init_writes_a_study_that_can_be_run_and_says_how_to(tmp_path, capsys):
    folder = tmp_path / "a new folder"
    assert main(["init", str(folder)]) == 0
    assert f"cd {folder} && lr-atlas run" in capsys.readouterr().out
    (plan,) = load_atlas([folder / "config.yaml"]).plans.values()
    assert len(plan.runs) == 40


def test_init_leaves_a_configuration_that_is_there_as_it_is(tmp_path, caplog):
    path = tmp_path / "config.yaml"
    path.write_text("mine")
    with pytest.raises(SystemExit, match="1"):
        main(["init", str(tmp_path)])
    assert caplog.messages == [f"{path} is there already, and is left as it is"]
    assert path.read_text() == "mine"
    with pytest.raises(SystemExit, match="1"):
        main(["init", str(path)])
    assert caplog.messages[1] == f"{path}: this is a file, where a folder is needed"


class Become(Exception):  # noqa: N818
    """In place of the end of this process, which another program takes over."""


@pytest.mark.parametrize(
    ("given", "more"),
    [
        (["run"], ["--cores", "all"]),
        (["run", "--cores", "3", "--", "one", "--dry-run"], ["--cores", "3"]),
        (["run", "--", "--profile", "mine"], []),
        (["run", "--", "-c", "4"], []),
    ],
)
def test_run_becomes_snakemake_and_hands_on_what_it_is_given(given, more, monkeypatch):
    def become(_program, words):
        raise Become(words)

    monkeypatch.setattr("os.execv", become)
    with pytest.raises(Become) as became:
        main(given)
    (words,) = became.value.args
    behind = given[given.index("--") + 1 :] if "--" in given else []
    here = ["--snakefile", str(PROJECT / "Snakefile"), "--directory", "."]
    assert words == [sys.executable, "-P", "-m", "snakemake", *behind, *here, *more]


def test_files_and_values_come_last_since_they_take_all_words_behind_them():
    words = snakemake_words([Path("a.yaml")], ["a=1"], "2", Path("there"), ["target"])
    assert words[-5:] == ["2", "--config", "a=1", "--configfile", "a.yaml"]


def test_a_missing_file_ends_run_before_snakemake_begins(monkeypatch, tmp_path):
    monkeypatch.setattr("os.execv", None)
    assert main(["run", str(tmp_path / "none.yaml")]) == 1


def test_windows_is_refused_with_a_sentence():
    refuse_windows("linux")
    with pytest.raises(SystemExit, match="does not run on Windows, which lacks"):
        refuse_windows("win32")
