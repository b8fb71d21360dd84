"""Studies of runs from elsewhere, from files to pages, alone and beside runs of one's own."""

import json
import shutil

import pandas as pd
import pytest
from whole_runs import PROJECT, output, plan, planned, run_folders, snakemake

EXAMPLE = PROJECT / "docs" / "command"
FAR = """\
studies:
  far:
    title: Runs from elsewhere
    runs: [old/epochs.csv, old/runs.csv]
"""
BOTH = """\
  both:
    command: awk -v lr={lr} -v optimizer={optimizer} -v seed={seed} -v epochs={epochs}
      -v history={history} -f train.awk
    inputs: [train.awk]
    chance: 0.5
    epochs: 5
    seeds: 2
    runs: old
    optimizers: [{name: sgd, lr: [0.05, 0.5]}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study that was trained here, its tables taken for those of others by two further ones."""
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    output(snakemake(directory=folder, config=folder / "study.yaml"))
    (folder / "old").mkdir()
    for name in ("epochs.csv", "runs.csv"):
        shutil.copy(folder / "results" / "studies" / "awk" / name, folder / "old" / name)
    (folder / "far.yaml").write_text(FAR + BOTH)
    output(snakemake(directory=folder, config=folder / "far.yaml"))
    return folder


@pytest.mark.parametrize("name", ["pairs", "optimizers", "sensitivity", "best_of"])
def test_our_tables_judged_as_those_of_others_give_the_same_numbers(folder, name):
    ours, theirs = (
        pd.read_csv(folder / "results" / "studies" / study / f"{name}.csv", dtype=str)
        for study in ("awk", "far")
    )
    # Test results are those of runs that were trained here.
    kept = [column for column in ours if not column.startswith("test_")]
    assert len(ours)
    pd.testing.assert_frame_equal(theirs[kept], ours[kept])


def test_the_page_says_what_is_known_of_runs_from_elsewhere(folder):
    page = (folder / "results" / "studies" / "far" / "report.html").read_text(encoding="utf-8")
    said = json.loads((folder / "results" / "studies" / "far" / "answer.json").read_text())
    assert said["runs"] == "18 of 18 runs"
    assert said["headline"] in page
    assert "Runs from elsewhere: 18 runs of 6 settings, read from old/epochs.csv" in page
    assert str(folder) not in page


def test_runs_of_others_stand_beside_those_that_are_trained(folder):
    runs = pd.read_csv(folder / "results" / "studies" / "both" / "runs.csv")
    assert runs["optimizer"].drop_duplicates().tolist() == ["sgd", "sgd-elsewhere", "sign"]
    assert runs.groupby("optimizer").size().to_dict() == {
        **{"sgd": 4, "sgd-elsewhere": 12, "sign": 6}
    }
    ranked = pd.read_csv(folder / "results" / "studies" / "both" / "optimizers.csv")
    assert len(ranked) == 3
    assert ranked["behind_verdict"].iloc[1:].notna().all()
    assert len(run_folders(folder)) == 18 + 4


def test_a_plan_of_runs_from_elsewhere_trains_nothing(folder):
    (folder / "only.yaml").write_text(FAR)
    text, rows = plan(folder, folder / "only.yaml")
    assert "far" in text
    assert "18 runs from elsewhere" in text
    assert not rows


def test_a_changed_file_makes_exactly_its_studies_anew(folder):
    (folder / "only.yaml").write_text(FAR)
    path = folder / "old" / "runs.csv"
    before = path.read_text()
    path.write_text(before + "\n")
    found = planned(snakemake("--dry-run", directory=folder, config=folder / "only.yaml"))
    path.write_text(before)
    assert {"import_runs", "collect", "analyse", "figures", "study_page"} <= found.keys()
    assert not {"train", "data"} & found.keys()
    assert not planned(snakemake("--dry-run", directory=folder, config=folder / "far.yaml"))
