"""A study with default arguments and range tests, by a whole run of the workflow."""

import pandas as pd
import pytest
from whole_runs import PROJECT, TINY, executed, output, planned, runs_of, snakemake

ASKED = """    defaults: true
    find: {steps: 30, seeds: 2}
"""


def written(folder, asked=ASKED):
    """The tiny configuration, with more keys in its first study, as a file."""
    text = TINY.read_text(encoding="utf-8")
    text = text.replace("../data", str(PROJECT / "tests" / "data"))
    path = folder / "config.yaml"
    path.write_text(text.replace("    reference:\n", f"{asked}    reference:\n", 1))
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return written(tmp_path_factory.mktemp("configuration"))


@pytest.fixture(scope="module")
def made(asked, tmp_path_factory):
    """The results of the study."""
    directory = tmp_path_factory.mktemp("defaults")
    done = executed(snakemake("tiny", directory=directory, config=asked))
    assert done["find_rates"] == 1
    # Two of SGD; Adam's are in the grid.
    assert done["train"] == 8 + 2
    return directory


def table(made, name):
    return pd.read_csv(made / "results" / "studies" / "tiny" / f"{name}.csv")


def test_default_arguments_are_runs_in_a_table_of_their_own(made, asked):
    assert len(runs_of(asked)) == 10
    assert set(table(made, "defaults")["setting"]) == {"defaults-sgd-lr0.001", "adam-lr0.001"}
    assert len(table(made, "runs")) == 8
    found = table(made, "sensitivity").set_index("optimizer")
    assert found.loc["sgd", "defaults_learning_rate"] == 0.001
    assert found.loc["sgd", "defaults_n"] == 2
    assert found.loc["adam", "regret"] == 0


def test_range_tests_are_held_against_the_grid(made):
    tests = table(made, "range_tests")
    assert tests.groupby("optimizer")["seed"].nunique().to_dict() == {"adam": 2, "sgd": 2}
    assert tests["step"].max() <= 30
    assert set(table(made, "finder")["method"]) == {"steepest descent", "valley"}
    page = (made / "results" / "studies" / "tiny" / "report.html").read_text(encoding="utf-8")
    assert 'id="sensitivity"' in page
    assert 'id="finder"' in page
    assert (made / "results" / "studies" / "tiny" / "figures" / "finder.svg").stat().st_size


def test_nothing_is_left_to_be_done_and_other_range_tests_train_nothing(made, asked, tmp_path):
    assert not planned(snakemake("tiny", "--dry-run", directory=made, config=asked))
    other = written(tmp_path, ASKED.replace("30", "40"))
    again = snakemake("tiny", "--dry-run", directory=made, config=other)
    assert planned(again).keys() == {"find_rates", "analyse", "figures", "study_page", "tiny"}
    assert "rule train:" not in output(again)
