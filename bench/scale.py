"""Measure planning as studies grow, and print it as a Markdown table.

    .venv/bin/python bench/scale.py --runs 1000 10000 --runs-per-job 1 20
    .venv/bin/python bench/scale.py --runs 10 100 1000 --real

Snakemake's dry run of a study of so many runs that are all still to be trained, its wall time and
its memory; then the time in which the Snakemake of a single job reads the workflow again and plans
that job, which each job on a cluster does twice. With --real the study is trained on two cores, a
few hundred images for one epoch each, collected, and asked for once more, when there is nothing to
do.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from whole_studies import PROJECT, snakemake, write_study

DATA = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
RATES = 20


def main(runs: list[int], runs_per_job: list[int], real: bool) -> None:
    """Print the table."""
    if real:
        print("| runs | dry run (s) | all trained (s) | nothing to do (s) |")
        print("| --- | --- | --- | --- |")
        for number in runs:
            row = measure_real(number)
            cells = (f"{row[key]:.1f}" for key in ("dry_run", "real_run", "no_op"))
            print(f"| {number:,} | {' | '.join(cells)} |", flush=True)
        return
    print("| runs | runs per job | jobs | dry run (s) | memory (MB) | a job's own start (s) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for number in runs:
        for size in runs_per_job:
            with tempfile.TemporaryDirectory() as folder:
                wall, memory, jobs, start = measure(Path(folder), number, size)
            row = f"| {number:,} | {size} | {jobs:,} | {wall:.1f} | {memory:.0f} | {start:.1f} |"
            print(row, flush=True)


def measure(folder: Path, runs: int, size: int) -> tuple[float, float, int, float]:
    """Return (wall seconds, MB, jobs) of a dry run, and seconds of a job's own Snakemake."""
    options = ["--cores", "2", "--set-resources", f"train_pack:runs_per_job={size}"]
    config = prepare(folder, runs)
    wall, memory, said = snakemake(config, folder, *options, "--dry-run", "--quiet", "rules")
    counts = dict(line.split() for line in said.splitlines() if len(line.split()) == 2)
    jobs = int(counts["train_pack" if size > 1 else "train"])
    return wall, memory, jobs, seconds_of_a_job(config, folder, options)


def prepare(folder: Path, runs: int) -> Path:
    """Write the configuration of a study of so many runs, and prepare its images."""
    config, settings = folder / "study.yaml", min(RATES, runs)
    rates = [number / settings for number in range(1, settings + 1)]
    write_study(config, DATA, seeds=runs // settings, rates=rates)
    snakemake(config, folder, "--cores", "1", "--until", "data")
    return config


def measure_real(runs: int) -> dict:
    """Return seconds of a study's dry run, real run, and run with nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        config = prepare(Path(folder), runs)
        options = (config, Path(folder), "--cores", "2", "--until", "collect", "--quiet", "rules")
        return {
            "runs": runs,
            "dry_run": snakemake(*options, "--dry-run").seconds,
            "real_run": snakemake(*options).seconds,
            "no_op": snakemake(*options).seconds,
        }


def seconds_of_a_job(config: Path, folder: Path, options: list[str]) -> float:
    """Return the seconds of the Snakemake of a job, without the job itself."""
    started = json.loads((folder / ".snakemake/lr-atlas/started.json").read_text(encoding="utf-8"))
    os.environ["LR_ATLAS_START"] = started["start"]
    data = next((folder / "results" / "data").iterdir()).name
    job = ["--target-jobs", f"data:data={data}", "--allowed-rules", "data", "--mode", "subprocess"]
    job += ["--force", "--nolock", "--dry-run", "--quiet", "all"]
    return snakemake(config, folder, *options, *job).seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs-per-job", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--real", action="store_true", help="train the studies too")
    main(**vars(parser.parse_args()))
