"""The workflow as a module of another one: the example of docs/module.md, to the letter."""

import contextlib
import re
import shutil
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest
from ruamel.yaml import YAML
from whole_runs import PROJECT, bring_compiled_steps, output, planned, run_folders

from lr_atlas.studies.atlas import load_atlas

PAGE = PROJECT / "docs" / "module.md"
#: A file of the example: its path stands before the block that holds it.
FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^snakemake (.*)$", re.MULTILINE)
RULES = (
    "data",
    "collect",
    "select",
    "evaluate",
    "analyse",
    "figures",
    "study_page",
    "report",
    "all",
)
ALL = {"train": 2, **dict.fromkeys(RULES, 1)}


def run(directory, *arguments):
    """Run Snakemake in a folder as a user would, with the arguments that the page gives."""
    command = [sys.executable, "-m", "snakemake", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True)


@pytest.fixture(scope="module")
def arguments():
    """The arguments of Snakemake that the page gives first."""
    return COMMAND.search(PAGE.read_text(encoding="utf-8"))[1].split()


def write_outer(folder):
    """Write the other workflow, as the page has it, with a copy of the project beside it."""
    ignore = shutil.ignore_patterns(".*", "__pycache__", "results")
    shutil.copytree(PROJECT, folder / "lr-atlas", ignore=ignore)
    bring_compiled_steps(folder / "lr-atlas")
    for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def outer(tmp_path):
    """The other workflow before its first run."""
    return write_outer(tmp_path / "another workflow")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, arguments):
    """(the other workflow after a run of all targets, the finished process)."""
    folder = write_outer(tmp_path_factory.mktemp("another") / "another workflow")
    return folder, run(folder, *arguments, "best", "lr_atlas_all")


def test_another_workflow_takes_a_table_as_input_and_everything_before_it_is_trained(finished):
    folder, process = finished
    done = re.findall(r"Finished jobid: \d+ \(Rule: (.+)\)", output(process))
    assert Counter(done) == {"best": 1, **{f"lr_atlas_{rule}": n for rule, n in ALL.items()}}
    summary = pd.read_csv(folder / "results" / "studies" / "how-fast" / "summary.csv")
    best = summary.loc[summary["validation_accuracy_mean"].idxmax(), "setting"]
    assert (folder / "best.txt").read_text().strip() == best
    assert len(run_folders(folder)) == 2


def test_the_other_workflows_own_target_asks_for_nothing_more_than_the_table(outer, arguments):
    wanted = planned(run(outer, *arguments, "--dry-run"))
    rules = ("data", "collect", "select", "evaluate", "analyse")
    assert wanted == {"lr_atlas_train": 2, **{f"lr_atlas_{rule}": 1 for rule in rules}, "best": 1}


def test_a_second_run_of_the_other_workflow_does_nothing(finished, arguments):
    folder, _ = finished
    assert planned(run(folder, *arguments, "--dry-run", "best", "lr_atlas_all")) == {}


def test_the_report_of_the_module_holds_its_study(finished):
    report = (finished[0] / "results" / "report.html").read_text(encoding="utf-8")
    figures = (f"sensitivity.{kind}" for kind in ("svg", "pdf", "png"))
    for word in ("studies/how-fast/report.html", *figures):
        assert word in report


def test_no_rule_that_is_to_be_local_has_another_name_in_a_module(finished):
    text = output(finished[1])
    assert "localrules directive" not in text  # Snakemake's warning about unknown names
    directives = (PROJECT / "rules" / f"{stage}.smk" for stage in ("data", "collect", "figures"))
    assert all("    localrule: True\n" in path.read_text() for path in directives)


def test_with_a_prefix_everything_of_the_module_lies_in_that_folder(outer, arguments):
    snakefile = outer / "Snakefile"
    text = snakefile.read_text()
    for old, new in (
        ("    config:\n", '    prefix:\n        "an atlas"\n    config:\n'),
        ('"results/studies', '"an atlas/results/studies'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    snakefile.write_text(text)
    config = outer / "config.yaml"
    one_format = "lr_atlas:\n  figures: {formats: [svg]}\n"
    config.write_text(config.read_text().replace("lr_atlas:\n", one_format))
    output(run(outer, *arguments, "best", "lr_atlas_all"))
    assert not (outer / "results").exists()
    results = outer / "an atlas" / "results"
    assert {path.name for path in results.iterdir()} == {
        *("answers.json", "benchmarks", "checkpoints", "data", "index.html", "logs", "looks"),
        *("report.html", "runs", "studies"),
    }
    assert planned(run(outer, *arguments, "--dry-run", "best", "lr_atlas_all")) == {}


def test_a_mistake_in_the_modules_configuration_ends_in_one_message(outer, arguments):
    config = outer / "config.yaml"
    config.write_text(config.read_text().replace("name: sgd", "name: sgdd"))
    process = run(outer, *arguments)
    text = process.stdout + process.stderr
    assert process.returncode == 1
    assert "the module's config: studies.how-fast.optimizers[0]" in text
    assert "unknown optimizer 'sgdd': did you mean 'sgd'?" in text
    assert "Traceback" not in text
    assert not (outer / "results").exists()


def test_a_module_without_a_configuration_has_the_projects_own_studies(outer, arguments):
    snakefile = outer / "Snakefile"
    text = snakefile.read_text()
    given = '    config:\n        config["lr_atlas"]\n'
    assert given in text
    snakefile.write_text(text.replace(given, ""))
    assert planned(run(outer, *arguments, "--dry-run", "lr_atlas_all"))["lr_atlas_train"] == 105


def test_after_a_crash_the_other_workflow_reports_the_studies_that_are_complete(
    finished, arguments, tmp_path
):
    outer = shutil.copytree(finished[0], tmp_path / "after a crash", symlinks=True)
    config = outer / "config.yaml"
    text = config.read_text()
    study = text[text.index("    how-fast:") :].replace("how-fast", "crashes")
    config.write_text(text + study.replace("validation: 100", "validation: 90"))
    studies = YAML(typ="safe").load(config.read_text())["lr_atlas"]
    with contextlib.chdir(outer):
        missing = load_atlas([], studies).plans["crashes"].runs
    for each in missing:
        # A folder lies where the lock of its checkpoints should be.
        (outer / "results" / "checkpoints" / each.name / "lock").mkdir(parents=True)
    (outer / "results" / "report.html").unlink()
    assert run(outer, *arguments, "lr_atlas_all").returncode != 0
    report = (outer / "results" / "report.html").read_text(encoding="utf-8")
    assert "studies/how-fast/report.html" in report
    assert "studies/crashes/report.html" not in report
