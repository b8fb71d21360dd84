"""The whole workflow: real Snakemake, real training on a few hundred real images."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import pandas as pd
import pytest

PROJECT = Path(__file__).parents[1]
TINY = PROJECT / "tests" / "configs" / "tiny.yaml"
FIGURES = ("validation_curves", "sensitivity", "heatmap", "accuracy_over_time")


def snakemake(*arguments, directory, config=TINY, current=PROJECT):
    """Run Snakemake on this project as a user would; returns the finished process."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    command += [*arguments, "--cores", "2", "--directory", directory]
    command += ["--configfile", config] if config else []
    return subprocess.run(list(map(str, command)), cwd=current, capture_output=True, text=True)


def jobs(process):
    """{rule: how many of its jobs} from Snakemake's table of a run or a dry run."""
    assert process.returncode == 0, process.stdout + process.stderr
    text = process.stdout + process.stderr
    return {rule: int(n) for rule, n in re.findall(r"^(\w[\w-]*) +(\d+)$", text, re.MULTILINE)}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the results of the tiny studies; its name holds a space."""
    directory = tmp_path_factory.mktemp("tiny results")
    process = snakemake(directory=directory)
    assert process.returncode == 0, process.stdout + process.stderr
    return directory


@pytest.fixture
def edited(tmp_path):
    """A function that writes the tiny configuration with one text replaced by another."""

    def write(old, new):
        text = TINY.read_text(encoding="utf-8")
        assert old in text
        folder = str(PROJECT / "tests" / "data" / "fashion-mnist-tiny")
        text = text.replace("../data/fashion-mnist-tiny", folder)
        path = tmp_path / "edited.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write


def run_folders(built):
    return sorted((built / "results" / "runs").glob("*/epochs-*"))


def test_every_run_has_its_four_files(built):
    folders = run_folders(built)
    assert len(folders) == 8
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert names == {"history.csv", "timing.csv", "run.json", "model.pt"}


def test_a_history_has_a_row_per_epoch_with_the_three_series(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f))
    rows = list(csv.DictReader((folder / "history.csv").read_text().splitlines()))
    assert list(rows[0]) == [
        *("epoch", "running_loss", "running_accuracy", "train_loss", "train_accuracy"),
        *("validation_loss", "validation_accuracy"),
    ]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(0 <= float(row["validation_accuracy"]) <= 1 for row in rows)
    timing = list(csv.DictReader((folder / "timing.csv").read_text().splitlines()))
    assert list(timing[0]) == ["epoch", "train_seconds", "evaluate_seconds"]
    assert all(float(row["train_seconds"]) > 0 for row in timing)


def test_run_json_says_what_was_trained_and_with_what(built):
    folder = next(f for f in run_folders(built) if "adam" in str(f))
    description = json.loads((folder / "run.json").read_text())
    assert description["status"] == "finished"
    assert description["configuration"]["optimizer"] == {"name": "adam", "lr": 0.001}
    assert description["configuration"]["validation"] == 100
    assert description["configuration"]["loss"] == "cross_entropy"
    assert (description["device"], description["threads"]) == ("cpu", 1)
    assert (description["training_images"], description["validation_images"]) == (200, 100)
    assert description["versions"]["torch"].startswith("2.")


def test_a_diverged_run_ends_well_and_stays_in_the_tables_but_in_no_mean(built):
    folder = next(f for f in run_folders(built) if "1000000" in str(f))
    description = json.loads((folder / "run.json").read_text())
    assert (description["status"], description["diverged_epoch"]) == ("diverged", 1)
    study = built / "results" / "studies" / "tiny"
    summary = pd.read_csv(study / "summary.csv").set_index("setting")
    row = summary.loc["sgd-lr1000000"]
    assert (row["seeds"], row["diverged"]) == (2, 2)
    assert pd.isna(row["validation_accuracy_mean"])
    runs = pd.read_csv(study / "runs.csv")
    assert (runs["status"] == "diverged").sum() == 2


def test_the_tables_have_the_promised_columns_and_agree_with_the_histories(built):
    study = built / "results" / "studies" / "tiny"
    epochs = pd.read_csv(study / "epochs.csv")
    assert list(epochs.columns[:7]) == [
        *("study", "run", "setting", "dataset", "optimizer", "learning_rate", "seed")
    ]
    assert len(epochs) == 3 * 6
    for folder in run_folders(built):
        rows = epochs[epochs["run"] == folder.parent.name]
        history = pd.read_csv(folder / "history.csv")
        assert rows["validation_accuracy"].tolist() == history["validation_accuracy"].tolist()
    pd.testing.assert_frame_equal(
        pd.read_parquet(study / "epochs.parquet"), epochs, check_dtype=False
    )
    summary = pd.read_csv(study / "summary.csv").set_index("setting")
    final = epochs[(epochs["setting"] == "adam-lr0.001") & (epochs["epoch"] == 3)]
    row = summary.loc["adam-lr0.001"]
    assert row["validation_accuracy_mean"] == pytest.approx(final["validation_accuracy"].mean())
    assert row["validation_accuracy_std"] == pytest.approx(final["validation_accuracy"].std())
    assert row["generalisation_gap"] == pytest.approx(
        (final["train_accuracy"] - final["validation_accuracy"]).mean()
    )


def test_reported_values_stand_beside_the_measured_ones(built):
    reported = pd.read_csv(built / "results" / "studies" / "tiny" / "reported.csv")
    assert reported["metric"].tolist() == ["train_loss", "validation_accuracy"]
    assert reported["reproduced"].tolist() == [False, True]
    assert reported["n"].tolist() == [2, 2]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_there_and_not_blank(built, name):
    figures = built / "results" / "studies" / "tiny" / "figures"
    assert (figures / f"{name}.svg").stat().st_size > 5_000
    assert matplotlib.image.imread(figures / f"{name}.png").std() > 0.02


def test_every_setting_has_its_curves(built):
    curves = built / "results" / "studies" / "tiny" / "figures" / "curves"
    names = {path.stem for path in curves.glob("*.png")}
    assert names == {"adam-lr0.001", "sgd-lr0.01", "sgd-lr0.1", "sgd-lr1000000"}
    assert {path.stem for path in curves.glob("*.svg")} == names


def test_the_report_holds_everything_and_needs_no_network(built):
    report = (built / "results" / "report.html").read_text(encoding="utf-8")
    for word in ("tiny", "shared", "sensitivity.svg", "study.html", "adam-lr0.001.svg"):
        assert word in report
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?:", report)


def test_the_page_and_the_text_say_that_the_data_is_not_canonical(built):
    study = built / "results" / "studies" / "tiny"
    for name in ("study.html", "summary.md"):
        assert "not the canonical Fashion-MNIST" in (study / name).read_text(encoding="utf-8")
    log = next((built / "results" / "logs" / "data").glob("*.log")).read_text()
    assert "WARNING" in log
    assert "are not the published Fashion-MNIST" in log


def test_a_jobs_log_has_a_line_per_epoch(built):
    log = next((built / "results" / "logs" / "train").glob("*adam*/*.log")).read_text()
    assert len(re.findall(r"epoch \d/3 ", log)) == 3


def test_two_studies_share_a_run(built):
    shared = pd.read_csv(built / "results" / "studies" / "shared" / "runs.csv")
    tiny = pd.read_csv(built / "results" / "studies" / "tiny" / "runs.csv")
    assert set(shared["run"]) < set(tiny["run"])


def test_a_second_run_does_nothing(built):
    process = snakemake(directory=built)
    assert process.returncode == 0
    assert "Nothing to be done" in process.stdout + process.stderr


def test_it_works_from_any_current_folder(built, tmp_path):
    process = snakemake("--dry-run", directory=built, current=tmp_path)
    assert "Nothing to be done" in process.stdout + process.stderr


def test_reordering_and_respelling_and_comments_run_nothing(built, edited):
    config = edited(
        "      - {name: sgd, lr: [0.01, 0.1, 1e+6], momentum: 0.9}\n"
        "      - {name: adam, lr: 1e-3}\n",
        "      # the same, otherwise\n"
        "      - {betas: [0.9, 0.999], lr: 0.001, name: adam}\n"
        "      - {momentum: 9e-1, lr: [1000000, 1e-2, 1e-1], name: sgd, nesterov: false}\n",
    )
    process = snakemake("--dry-run", directory=built, config=config)
    assert "Nothing to be done" in process.stdout + process.stderr, process.stdout


def test_one_more_learning_rate_trains_its_runs_alone(built, edited):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 0.03, 0.1, 1e+6]")
    found = jobs(snakemake("--dry-run", directory=built, config=config))
    assert found["train"] == 2
    assert found["collect"] == found["figures"] == 1


def test_a_setting_removed_collects_again_and_trains_nothing(built, edited):
    config = edited("lr: [0.01, 0.1, 1e+6]", "lr: [0.01, 0.1]")
    found = jobs(snakemake("--dry-run", directory=built, config=config))
    assert "train" not in found
    assert found["collect"] == 1


def test_a_touched_data_file_trains_nothing(built):
    for path in (built / "results" / "data").rglob("*.npz"):
        path.touch()
    process = snakemake("--dry-run", directory=built)
    assert "Nothing to be done" in process.stdout + process.stderr


def test_one_study_can_be_built_by_name(tmp_path):
    found = jobs(snakemake("--dry-run", "shared", directory=tmp_path))
    assert found["train"] == 1
    assert "tiny" not in found


def test_the_graph_of_the_default_studies_is_as_the_papers_have_it(tmp_path):
    process = snakemake("--dry-run", directory=tmp_path, config=None)
    found = jobs(process)
    assert found == {
        **{"data": 2, "train": 45, "collect": 2, "figures": 2, "study_page": 2},
        **{"report": 1, "all": 1, "total": 55},
    }


def test_a_held_out_validation_keeps_the_test_images_from_training(tmp_path):
    process = snakemake("--dry-run", directory=tmp_path)
    inputs = re.findall(r"rule train:\n    input: (.*)", process.stdout + process.stderr)
    assert len(inputs) == 8
    assert not any("test.npz" in line for line in inputs)


def test_a_given_configuration_takes_the_place_of_the_projects_own(tmp_path):
    found = jobs(snakemake("--dry-run", directory=tmp_path))
    assert found["train"] == 8  # and not the 45 of config.yaml with them


def test_a_configuration_in_the_results_folder_is_used(tmp_path, edited):
    shutil.copy(edited("seeds: 2", "seeds: 1"), tmp_path / "config.yaml")
    assert jobs(snakemake("--dry-run", directory=tmp_path, config=None))["train"] == 4


def test_bad_input_ends_in_one_message_before_anything_runs(tmp_path, edited):
    process = snakemake(directory=tmp_path / "results", config=edited("name: adam", "name: amad"))
    assert process.returncode == 1
    text = process.stdout + process.stderr
    assert "unknown optimizer 'amad': did you mean 'adam'?" in text
    assert "Traceback" not in text
    assert not (tmp_path / "results" / "results").exists()


def test_a_crash_fails_loudly_with_its_traceback_in_the_log_and_the_others_finish(tmp_path, edited):
    config = edited("seeds: 2", "seeds: 1")
    process = snakemake("--until", "data", directory=tmp_path, config=config)
    data = next((tmp_path / "results" / "data").iterdir())
    whole = (data / "train.npz").read_bytes()
    (data / "train.npz").write_bytes(b"not an archive")
    process = snakemake("shared", directory=tmp_path, config=config)
    assert process.returncode != 0
    log = next((tmp_path / "results" / "logs" / "train").rglob("*.log")).read_text()
    assert "Traceback" in log
    assert "Traceback" in process.stdout + process.stderr  # the log is shown
    (data / "train.npz").write_bytes(whole)
    assert jobs(snakemake("shared", directory=tmp_path, config=config))["train"] == 1
