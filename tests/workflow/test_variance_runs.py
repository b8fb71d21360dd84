"""A study that asks for it has the scatter of what it chose by source, down to its page."""

import json

import pandas as pd
import pytest
from whole_runs import PROJECT, output, planned, run_folders, snakemake

STUDY = """\
datasets:
  fashion_mnist: {{directory: {data}}}
studies:
  scattered:
    dataset: fashion_mnist
    validation: 100
    model: {{hidden: [16]}}
    batch_size: 20
    epochs: 2
    seeds: 2
    confirm: 3
    variance: {{seeds: 2}}
    optimizers:
      - {{name: sgd, lr: [0.001, 0.05]}}
"""
SOURCES = ["all", "initialisation", "order", "split", "rounding"]
PACKED = ("--set-resources", "train_pack:runs_per_job=4")


@pytest.fixture(scope="module")
def scattered(tmp_path_factory):
    """A folder with the results of the study, and its configuration."""
    directory = tmp_path_factory.mktemp("scattered")
    config = directory / "config.yaml"
    data = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
    config.write_text(STUDY.format(data=data))
    output(snakemake(*PACKED, directory=directory, config=config))
    return directory, config


def study_file(scattered, name):
    return scattered[0] / "results" / "studies" / "scattered" / name


def test_each_source_is_varied_alone_of_the_chosen_setting_and_tested(scattered):
    runs = pd.read_csv(study_file(scattered, "varied_runs.csv"))
    chosen = json.loads(study_file(scattered, "selection.json").read_text())["optimizers"]
    assert set(runs["setting"]) == {chosen[0]["setting"]}
    assert runs["source"].tolist() == SOURCES * 2
    assert runs["seed"].tolist() == [1_000_000] * 5 + [1_000_001] * 5
    names = {folder.parent.name for folder in run_folders(scattered[0])}
    # Two settings with two seeds, three that confirm, and no other setting was varied.
    assert set(runs["run"]) < names
    assert len(names) == 4 + 3 + 10
    found = pd.read_csv(study_file(scattered, "variance.csv"))
    assert found["source"].tolist() == SOURCES
    by_seed = runs.pivot(index="seed", columns="source", values="test_accuracy")
    half = ((by_seed["order"] - by_seed["all"]) ** 2).sum() / 4
    assert found.set_index("source").loc["order", "std"] == pytest.approx(half**0.5)
    test = pd.read_csv(study_file(scattered, "test.csv"))
    assert len(test) == 3, "they decide nothing"


def test_right_answers_by_image_are_those_of_the_tested_runs(scattered):
    test = pd.read_csv(study_file(scattered, "test.csv"))
    right = pd.read_parquet(study_file(scattered, "right_answers.parquet"))
    assert (right["runs"] == 3).all()
    assert right["right"].sum() / (3 * len(right)) == pytest.approx(test["test_accuracy"].mean())


def test_page_and_summary_say_it_and_nothing_is_left_to_do(scattered):
    page = study_file(scattered, "report.html").read_text()
    assert 'id="scatter"' in page
    assert "Scatter by source of chance" in page
    summary = study_file(scattered, "summary.md").read_text()
    assert "are a sample too: that test result is known to ±" in summary
    assert "order of batches" in summary
    assert planned(snakemake("--dry-run", directory=scattered[0], config=scattered[1])) == {}
