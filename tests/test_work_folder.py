"""Where the workflow cannot work it says so in one line for each folder, in a dry run too."""

import os
from pathlib import Path

import pytest
from whole_runs import snakemake

from lr_atlas import work_folder
from lr_atlas.errors import UserError
from lr_atlas.work_folder import (
    READ,
    RECORDS,
    RESULTS,
    check_folders,
    check_inside,
    check_project_path,
)


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


def test_a_file_in_the_place_of_a_runs_or_studys_folder_is_named_and_others_are_not():
    places = [
        "runs/a",
        "checkpoints/a",
        "logs/train/a",
        "studies/s",
        "logs/collect",
        "runs/b/epochs-3",
    ]
    strangers = ["runs/.DS_Store", "studies/notes", "logs/report.log", "runs/b/epochs-4"]
    for name in [*places, *strangers]:
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).touch()
    os.symlink("nowhere", "results/runs/b/epochs-5")
    own = Path(".snakemake/lr-atlas")
    (own / "started.json").mkdir(parents=True)
    (own / "record").touch()
    Path("results/report.html").mkdir()
    with pytest.raises(UserError) as error:
        check_inside(Path("results"), own, [("a", 3), ("b", 3), ("b", 5)], ["s"])
    file, folder = (
        f"this is a {found}, where a {wanted} is needed; move it away"
        for found, wanted in (("file", "folder"), ("folder", "file"))
    )
    assert set(str(error.value).splitlines()) == {
        *(f"results/{name}: {file}" for name in places),
        *(
            f"{name}: {folder}"
            for name in ("results/report.html", ".snakemake/lr-atlas/started.json")
        ),
    }


def test_before_anything_is_there_nothing_is_in_the_way():
    check_inside(Path("results"), Path(".snakemake/lr-atlas"), [("a", 3)], ["s"])
