"""Whole runs of the workflow, as a user would start them: real Snakemake, real training."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from lr_atlas.studies.atlas import load_atlas

PROJECT = Path(__file__).parents[1]
TINY = PROJECT / "tests" / "configs" / "tiny.yaml"
TINY_DATA = PROJECT / "tests" / "data" / "fashion-mnist-tiny"


def bring_compiled_steps(copy):
    """Spare a copy of the project the ten seconds in which the steps of training are compiled.

    Numba keeps what it has compiled beside the source, and goes by the source's time and size.
    """
    steps = Path("scripts", "lr_atlas", "training", "steps", "compiled_loop.py")
    source, copied = PROJECT / steps, copy / steps
    copied.with_name("__pycache__").mkdir(exist_ok=True)
    for path in (source.parent / "__pycache__").glob("compiled_loop.*.nb[ic]"):
        shutil.copy(path, copied.parent / "__pycache__")
    shutil.copystat(source, copied)


def snakemake(
    *arguments,
    directory,
    config=TINY,
    current=PROJECT,
    project=PROJECT,
    cores=2,
    environment=None,
):
    """Run Snakemake on this project as a user would; returns the finished process.

    It says what it does in lines of its own, which tell more than those that users see.
    environment: variables to be set beside those that there are.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", project / "Snakefile"]
    command += ["--printshellcmds", *arguments, "--cores", cores, "--directory", directory]
    command += ["--configfile", config] if config else []
    return subprocess.run(
        list(map(str, command)),
        cwd=current,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
    )


def jobs(process):
    """{rule: how many of its jobs} from Snakemake's table of a run or a dry run."""
    text = output(process)
    found = {rule: int(n) for rule, n in re.findall(r"^(\w[\w-]*) +(\d+)$", text, re.MULTILINE)}
    assert found or "Nothing to be done" in text, text
    return found


def planned(process):
    """{rule: how many of its jobs} without the rules that only name a target."""
    return {rule: n for rule, n in jobs(process).items() if rule not in ("all", "total")}


def executed(process):
    """{rule: how many of its jobs came to their end}, without `all`, from a run."""
    return dict(
        Counter(re.findall(r"Finished jobid: \d+ \(Rule: (?!all\))(.+)\)", output(process)))
    )


def trained(process):
    """The names of the runs that a run or a dry run had jobs for."""
    return set(re.findall(r"wildcards: run=([^,]+), unit=", output(process)))


def output(process):
    """Return all that Snakemake said, if it succeeded."""
    text = process.stdout + process.stderr
    assert process.returncode == 0, text
    return text


def runs_of(config):
    """The names of all runs that a configuration asks for."""
    return {name for name, _ in load_atlas([config]).runs}


def script(name, *arguments, project=PROJECT):
    """Run one of the project's scripts as a user would; returns the finished process."""
    command = [sys.executable, project / "scripts" / name, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def run_folders(built):
    return sorted((built / "results" / "runs").glob("*/epochs-*"))


def plan(directory, config=TINY, *arguments, project=PROJECT):
    """(text, {(run, epochs): row of the CSV}) of the plan."""
    path = directory.parent / "plan.csv"
    given = ["--directory", directory, *(["--configfile", config] if config else []), *arguments]
    process = script("plan.py", *given, "--csv", path, project=project)
    assert process.returncode == 0, process.stderr
    with open(path, encoding="utf-8") as file:
        rows = {(row["run"], int(row["epochs"])): row for row in csv.DictReader(file)}
    return process.stdout, rows


def forget_configurations(directory):
    """Have it forgotten what was run in a folder, as when that configuration was edited since."""
    record = directory / ".snakemake" / "lr-atlas" / "configurations.json"
    record.unlink(missing_ok=True)


def statuses(rows):
    """{status: how many runs}."""
    found = [row["status"] for row in rows.values()]
    return {status: found.count(status) for status in found}


def row_of(rows, *words):
    """The first row whose run's name has all the words."""
    return next(row for key, row in rows.items() if all(word in key[0] for word in words))


def edit_code(project):
    """Change what training computes."""
    path = project / "scripts" / "lr_atlas" / "training" / "trainer.py"
    text = path.read_text(encoding="utf-8")
    assert "_PIECE = 2_000" in text
    path.write_text(text.replace("_PIECE = 2_000", "_PIECE = 1_000"))
