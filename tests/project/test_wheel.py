"""The package as people install it: a wheel, in an environment of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from whole_runs import PROJECT, output, snakemake

from lr_atlas.cli import COMMANDS, Script
from lr_atlas.common.fingerprint import code_digests
from lr_atlas.runs.beginning import CHECKED
from lr_atlas.runs.training_code import training_code

#: The folders of the workflow, which an installed one has too.
WORKFLOW = ("rules", "report", "studies", "profiles")
#: A study that trains nothing of ours, and so takes no time.
ONE_RUN = """\
studies:
  one:
    command: >-
      sh -c 'echo "epoch,validation_accuracy,test_accuracy" > "$1"; echo "1,0.$2,0.5" >> "$1"'
      sh {history} {seed} {lr}
    chance: 0.5
    epochs: 1
    seeds: [7]
    optimizers: [{name: mine, lr: 1}]
"""
#: Another workflow, as docs/install.md has it.
OUTER = """\
from lr_atlas import snakefile

configfile: "one.yaml"

module lr_atlas:
    snakefile: snakefile()
    config: config

use rule * from lr_atlas as lr_atlas_*
"""
#: A notebook's cells.
CELLS = """\
import sys
import lr_atlas as atlas
assert "pandas" not in sys.modules
results = atlas.run("one.yaml", cores=2)
print("ANSWER", results["one"].answer)
print("FIGURE", results.figure("sensitivity").svg[:5])
print("RUNS", results.runs["validation_accuracy"].tolist())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    source, new = folder / "source", folder / "new"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "results", "tests", "docs", "build")
    shutil.copytree(PROJECT, source, ignore=ignored)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", source, "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    subprocess.run(wheel, check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", new], check=True)
    # Packages that it depends on are taken from here, without a network.
    paths = sysconfig.get_paths(vars={"base": str(new), "platbase": str(new)})
    with open(f"{paths['purelib']}/here.pth", "w") as file:
        file.write(sysconfig.get_paths()["purelib"])
    known = Path(sys.prefix, "share", "lr-atlas")
    if known.is_dir():
        shutil.copytree(known, new / "share" / "lr-atlas")
    (file,) = folder.glob("*.whl")
    into = ["--python", new / "bin" / "python", "install", "--no-deps", "--no-index", file]
    subprocess.run([*pip, *into], check=True)
    return new


@pytest.fixture(scope="module")
def carried(installed):
    """The folder of the workflow in that environment."""
    (snakefile,) = installed.glob("lib/*/site-packages/lr_atlas/workflow/Snakefile")
    return snakefile.parent


def run(installed, program, *arguments, directory):
    """Run a program of the environment in a folder, as one would who has not activated it."""
    command = [installed / "bin" / program, *arguments]
    free = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, capture_output=True, text=True, cwd=directory, env=free)


@pytest.fixture(scope="module")
def started(installed, tmp_path_factory):
    """(the folder in which a notebook ran a study, what its cells said)."""
    folder = tmp_path_factory.mktemp("a notebook")
    (folder / "one.yaml").write_text(ONE_RUN)
    return folder, output(run(installed, "python", "-c", CELLS, directory=folder))


def test_an_installed_package_judges_runs(installed, tmp_path):
    runs = PROJECT / "docs" / "judge" / "runs.csv"
    ended = run(installed, "lr-atlas", "judge", runs, "--baseline", "muon", directory=tmp_path)
    assert ended.stdout.startswith("adam is worse than muon by"), ended.stderr
    assert ended.returncode == 10


def test_the_wheel_carries_the_whole_workflow_and_nothing_of_its_tests(carried):
    def files(folder, *parts):
        found = (path for part in parts for path in (folder / part).rglob("*"))
        return {
            path.relative_to(folder).as_posix()
            for path in found
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files(carried, *WORKFLOW) == files(PROJECT, *WORKFLOW)
    scripts = {f"scripts/{path.name}" for path in (PROJECT / "scripts").glob("*.py")}
    assert files(carried, "scripts") == scripts
    assert (carried / "config.yaml").read_bytes() == (PROJECT / "config.yaml").read_bytes()
    assert not (carried / "tests").exists()


def test_code_has_the_same_digests_installed_as_in_a_checkout(installed, carried, tmp_path):
    code = (
        "import json, sys, pathlib, lr_atlas.common.fingerprint as f\n"
        "import lr_atlas.runs.training_code as t\n"
        "scripts = pathlib.Path(sys.argv[1])\n"
        "print(json.dumps([{n: f.code_digests(scripts / n) for n in sys.argv[2:]},"
        " t.training_code([])]))"
    )
    arguments = ("-c", code, carried / "scripts", *CHECKED)
    found = json.loads(output(run(installed, "python", *arguments, directory=tmp_path)))
    scripts = PROJECT / "scripts"
    assert found == [{n: code_digests(scripts / n) for n in CHECKED}, training_code([])]


def test_a_notebook_runs_a_study_and_shows_its_answer_figures_and_runs(started):
    _, said = started
    assert "INFO one: 1 setting, 1 run" in said  # as `make run CONFIG=one.yaml` begins
    assert "ANSWER ### one" in said
    assert "FIGURE <?xml" in said
    assert "RUNS [0.7]" in said


def test_what_an_installed_package_has_run_is_finished_for_a_checkout(started, installed):
    folder, _ = started
    arguments = ("run", "one.yaml", "--cores", "2", "--", "--dry-run", "--printshellcmds")
    again = output(run(installed, "lr-atlas", *arguments, directory=folder))
    assert "Nothing to be done" in again
    checkout = snakemake("--dry-run", directory=folder, config=folder / "one.yaml")
    assert "Nothing to be done" in output(checkout)


def test_run_in_an_empty_folder_does_the_default_studies_there(installed, tmp_path):
    ended = run(
        installed, "lr-atlas", "run", "--", "--dry-run", "--printshellcmds", directory=tmp_path
    )
    by_make = snakemake("--dry-run", directory=tmp_path, config=None)
    jobs = re.compile(r"^(\w[\w-]*) +(\d+)$", re.MULTILINE)
    found = dict(jobs.findall(output(ended)))
    assert found["train"] == "105"
    assert found == dict(jobs.findall(output(by_make)))


def test_another_workflow_takes_an_installed_one_as_a_module(installed, tmp_path):
    (tmp_path / "one.yaml").write_text(ONE_RUN)
    (tmp_path / "Snakefile").write_text(OUTER)
    words = ("-P", "-m", "snakemake", "--cores", "1", "--dry-run", "lr_atlas_all")
    said = output(run(installed, "python", *words, directory=tmp_path))
    assert re.search(r"^lr_atlas_train +1$", said, re.MULTILINE)


# The first of these imports another script, and the second takes no configuration.
@pytest.mark.parametrize("command", ["suggest", "compare"])
def test_the_commands_beside_the_workflow_are_those_of_its_scripts(command, installed, tmp_path):
    said = output(run(installed, "lr-atlas", command, "--help", directory=tmp_path))
    assert said.startswith(f"usage: lr-atlas {command} ")


def test_every_command_that_is_a_script_is_there():
    names = {command: each.name for command, each in COMMANDS.items() if isinstance(each, Script)}
    assert names == {
        each: f"{each}.py" for each in ("plan", "suggest", "compare", "verify", "prune")
    }
    assert all((PROJECT / "scripts" / name).is_file() for name in names.values())
