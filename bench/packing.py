"""Measure the gain of packing several runs into one job, and print it as a Markdown table.

    .venv/bin/python bench/packing.py --profile profiles/slurm --runs-per-job 1 5 20

Trains the same 60 short runs (Fashion-MNIST, 784-128-64-10, one epoch) from the start for each
number of runs per job, and takes the time until all are there. Core time is what all processors of
this machine worked meanwhile, so it means something only where the cluster's nodes are this
machine, as in tests/slurm, and nothing else runs. Overhead is what is left of it without the epoch
itself, which is timed before in a run that has the machine to itself.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from whole_studies import snakemake, training_seconds, write_study


def main(profile: Path, data: Path | None, runs: int, runs_per_job: list[int]) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        prepared, config = Path(folder) / "prepared", Path(folder) / "study.yaml"
        write_study(config, data, seeds=1, rates=[0.001])
        snakemake(config, prepared, "--cores", "1", "--until", "train")
        epoch = sum(map(training_seconds, prepared.glob("results/runs/*/*/timing.csv")))
        write_study(config, data, seeds=runs // 2, rates=[0.01, 0.1])
        print(f"{runs} runs; an epoch alone takes {epoch:.2f} s\n")
        print(
            "| runs per job | jobs | wall (s) | cores (s) | cores a run (s) | overhead a run (s) |"
        )
        print("| --- | --- | --- | --- | --- | --- |", flush=True)
        for number in runs_per_job:
            directory = Path(folder) / str(number)
            shutil.copytree(prepared, directory)
            worked = core_seconds()
            wall, _, said = snakemake(
                *(config, directory, "--profile", profile, "--until", "train"),
                *("--set-resources", f"train_pack:runs_per_job={number}"),
            )
            cores = core_seconds() - worked
            jobs, each = said.count("submitted with SLURM jobid"), cores / runs
            row = [
                number,
                jobs,
                f"{wall:.0f}",
                f"{cores:.0f}",
                f"{each:.1f}",
                f"{each - epoch:.1f}",
            ]
            print(f"| {' | '.join(map(str, row))} |", flush=True)


def core_seconds() -> float:
    """Return the seconds that all processors have worked since the machine was started."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    user, nice, system, _idle, _waiting, interrupts, soft = map(int, fields[:7])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", type=Path, required=True, help="one that is set for a cluster")
    parser.add_argument("--data", type=Path, help="a folder with the images; downloaded without it")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--runs-per-job", type=int, nargs="+", default=[1, 5, 20])
    main(**vars(parser.parse_args()))
