"""Whole runs of the workflow, as a user would start them: real Snakemake, real training."""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
TINY = PROJECT / "tests" / "configs" / "tiny.yaml"


def snakemake(*arguments, directory, config=TINY, current=PROJECT, project=PROJECT):
    """Run Snakemake on this project as a user would; returns the finished process."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", project / "Snakefile"]
    command += [*arguments, "--cores", "2", "--directory", directory]
    command += ["--configfile", config] if config else []
    return subprocess.run(list(map(str, command)), cwd=current, capture_output=True, text=True)


def jobs(process):
    """{rule: how many of its jobs} from Snakemake's table of a run or a dry run."""
    assert process.returncode == 0, process.stdout + process.stderr
    text = process.stdout + process.stderr
    return {rule: int(n) for rule, n in re.findall(r"^(\w[\w-]*) +(\d+)$", text, re.MULTILINE)}


def run_folders(built):
    return sorted((built / "results" / "runs").glob("*/epochs-*"))
