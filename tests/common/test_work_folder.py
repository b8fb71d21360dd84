"""The workflow says in a line for each folder where it cannot work, in a dry run too."""

import os
from pathlib import Path

import pytest
from whole_runs import snakemake

from lr_atlas.common import work_folder
from lr_atlas.common.errors import UserError
from lr_atlas.common.work_folder import (
    LEAST_SPACE,
    READ,
    RECORDS,
    RESULTS,
    check_folders,
    check_inside,
    check_project_path,
    check_runs,
    check_space,
)
from lr_atlas.runs.snakemake_records import remove_damaged


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def check():
    check_folders(Path("results"), map(Path, RECORDS))


def refused():
    with pytest.raises(UserError) as error:
        check()
    return str(error.value).splitlines()


def test_folders_that_are_there_or_can_be_made_pass():
    check()
    os.makedirs("elsewhere/runs")
    os.symlink("elsewhere", "results")
    check()


@pytest.mark.parametrize(
    "name", ["results", *(f"results/{each}" for each in (*RESULTS, READ)), *RECORDS]
)
def test_a_file_in_the_place_of_a_folder_is_named(name):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).touch()
    assert refused() == [f"{name}: this is a file, where a folder is needed; move it away"]


def test_a_link_that_leads_nowhere_is_named():
    os.mkdir("results")
    os.symlink("nowhere", "results/logs")
    os.symlink("results/runs", "results/runs")
    lines = refused()
    assert lines[0] == "results/logs: this link leads nowhere, where a folder is needed"
    assert len(lines) == 2


def test_a_folder_of_somebody_else_is_named(monkeypatch):
    os.makedirs("results/data")
    # Root, as which tests may run, may write anywhere.
    foreign = [Path(), Path("results/data")]
    monkeypatch.setattr(
        work_folder.os, "access", lambda path, mode: path not in foreign or not mode & os.W_OK
    )
    lines = refused()
    assert lines == [
        "here: you may not write to this folder; work in one of your own (--directory) or ask for "
        "the right"
    ]


def test_braces_in_the_projects_path_are_refused():
    check_project_path(Path("/home/a b/project"))
    with pytest.raises(UserError, match="takes braces in the project's path for wildcards"):
        check_project_path(Path("/home/{study}/project"))


def test_a_dry_run_ends_in_our_line(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "runs").touch()
    process = snakemake("--dry-run", directory=tmp_path)
    said = (process.stderr + process.stdout).strip().splitlines()
    assert process.returncode == 1
    assert said[-1] == "results/runs: this is a file, where a folder is needed; move it away"
    assert not any("Traceback" in line for line in said)


def test_without_a_home_that_can_be_written_to_it_says_what_to_set(tmp_path):
    environment = {"HOME": "/dev/null", "XDG_CACHE_HOME": ""}
    process = snakemake("--dry-run", directory=tmp_path, environment=environment)
    said = process.stderr.strip().splitlines()
    assert process.returncode == 1
    assert said[-1].startswith(
        "/dev/null/.cache/snakemake/snakemake-runtime-cache: Snakemake cannot"
    )
    assert said[-1].endswith("set HOME or XDG_CACHE_HOME to a folder that you may write to")
    assert not any("Traceback" in line for line in said)


A_FILE = "this is a file, where a folder is needed; move it away"


def make_files(*names):
    for name in names:
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).touch()


def test_a_file_in_the_place_of_a_folder_further_inside_is_named_and_others_are_not():
    places = ["studies/s", "studies/t/figures", "logs/collect", "benchmarks/train"]
    make_files(*places, "studies/notes", "logs/report.log")
    own = Path(".snakemake/lr-atlas")
    (own / "started.json").mkdir(parents=True)
    (own / "record").touch()
    Path("results/report.html").mkdir()
    with pytest.raises(UserError) as error:
        check_inside(Path("results"), own, ["s", "t", "u"])
    a_folder = "this is a folder, where a file is needed; move it away"
    assert set(str(error.value).splitlines()) == {
        *(f"results/{name}: {A_FILE}" for name in places),
        *(f"{name}: {a_folder}" for name in ("results/report.html", own / "started.json")),
    }


def test_a_file_in_the_place_of_the_folder_of_a_run_to_train_is_named():
    places = ["runs/a", "runs/b/epochs-3", "logs/train/c", "benchmarks/train/c"]
    make_files(*places, "runs/.DS_Store", "runs/b/epochs-4", "runs/finished")
    with pytest.raises(UserError) as error:
        check_runs(Path("results"), [("a", 3), ("b", 3), ("c", 3), ("d", 3)])
    assert set(str(error.value).splitlines()) == {f"results/{name}: {A_FILE}" for name in places}


def test_a_folder_in_the_place_of_a_file_of_a_run_to_train_is_named():
    Path("results/runs/a/epochs-3/history.csv").mkdir(parents=True)
    make_files("runs/b/epochs-3/history.csv")
    with pytest.raises(UserError) as error:
        check_runs(Path("results"), [("a", 3), ("b", 3), ("c", 3)], ["history.csv", "model.pt"])
    assert str(error.value) == (
        "results/runs/a/epochs-3/history.csv: this is a folder, where a file is needed; move it "
        "away"
    )


def test_a_study_or_run_to_train_of_somebody_else_is_named(monkeypatch):
    foreign = [Path("results/studies/s"), Path("results/runs/a")]
    for folder in foreign:
        folder.mkdir(parents=True)
    monkeypatch.setattr(
        work_folder.os, "access", lambda path, mode: path not in foreign or not mode & os.W_OK
    )
    for check, folder in (
        (lambda: check_inside(Path("results"), Path("own"), ["s"]), foreign[0]),
        (lambda: check_runs(Path("results"), [("a", 3)]), foreign[1]),
    ):
        with pytest.raises(UserError, match=f"^{folder}: you may not write to this folder"):
            check()


def test_before_anything_is_there_nothing_is_in_the_way():
    check_inside(Path("results"), Path(".snakemake/lr-atlas"), ["s"])
    check_runs(Path("results"), [("a", 3)])


def test_a_full_disk_is_told_before_snakemake_begins(monkeypatch):
    check_space([Path(), Path("nothing")])
    usage = {"total": 10 * LEAST_SPACE, "used": 0, "free": LEAST_SPACE - 1}
    monkeypatch.setattr(work_folder.shutil, "disk_usage", lambda path: tuple(usage.values()))
    check_space([Path("nothing")])
    with pytest.raises(UserError, match=r"^\.: on its disk 4 MB are free, and"):
        check_space([Path("nothing"), Path()])
    usage["total"] = 0
    check_space([Path()])


def test_records_that_snakemake_cannot_read_are_removed():
    folder = Path(".snakemake/metadata")
    assert remove_damaged(folder) == 0
    (folder / "@cmVz").mkdir(parents=True)
    contents = {
        "whole": b'{"rule": "train"}',
        "cut off": b'{"rule": "tr',
        "flipped": b'{"rule": "tr\xe1in"}',
        "zeros": b"\0" * 20,
        "list": b"[]",
        "@cmVz/nothing": b"null",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    assert remove_damaged(folder) == 4
    assert sorted(os.listdir(folder)) == ["@cmVz", "cut off", "whole"]
    assert os.listdir(folder / "@cmVz") == []
