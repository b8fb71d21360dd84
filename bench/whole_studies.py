"""Share a study that is a grid of SGD, and Snakemake, among benchmarks of whole studies."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]
# For whichever of the benchmarks imports the project's own code.
sys.path.insert(0, str(PROJECT / "scripts"))
STUDY = """
datasets: {{fashion_mnist: {{directory: {data}}}}}
studies:
  bench:
    dataset: fashion_mnist
    validation: test
    batch_size: 100
    epochs: 1
    seeds: {seeds}
    optimizers:
      - {{name: sgd, lr: {rates}}}
"""


class Finished(NamedTuple):
    """A process that has ended well."""

    seconds: float  # wall time
    memory: float  # MB of the largest process among it and those that it has started
    said: str


def write_study(path: Path, data: Path | None, seeds: int, rates: Sequence[float]) -> None:
    """Write a study of seeds x rates runs, on the images of a folder or on downloaded ones."""
    source = data.resolve() if data else "no-such-folder"
    path.write_text(STUDY.format(data=source, seeds=seeds, rates=rates), encoding="utf-8")


def snakemake(config: Path, directory: Path, *options: object) -> Finished:
    """Run Snakemake on this project in a folder. Raises SystemExit if it fails."""
    command = ["-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    return python(*command, "--configfile", config, "--directory", directory, *options)


def python(*arguments: object) -> Finished:
    """Run Python. Raises SystemExit, with what it said, if it fails."""
    command = [sys.executable, *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(said)
    return Finished(time.perf_counter() - started, usage.ru_maxrss / 1024, said)


def prepared_images(data: Path | None) -> Path:
    """Return the training images of Fashion-MNIST as training jobs read them.

    They are kept in results/bench.
    """
    directory = PROJECT / "results" / "bench" / "images" / (data.name if data else "downloaded")
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "study.yaml"
    write_study(config, data, seeds=1, rates=[0.01])
    snakemake(config, directory, "--cores", "1", "--until", "data")
    return next(directory.glob("results/data/*/train.npz"))


def default_studies(cores: int) -> dict:
    """Train the studies of config.yaml from nothing but their images.

    Returns {"runs", "cores", "wall": seconds, "training": seconds of all epochs and evaluations}.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = (PROJECT / "config.yaml", Path(folder), "--cores", cores)
        snakemake(*options, "--until", "data")
        wall = snakemake(*options).seconds
        runs = list(Path(folder).glob("results/runs/*/*/timing.csv"))
        return {
            "runs": len(runs),
            "cores": cores,
            "wall": wall,
            "training": sum(map(training_seconds, runs)),
        }


def training_seconds(timing: Path) -> float:
    """Return the seconds of all epochs of a run, with their evaluations."""
    with open(timing, encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return sum(float(row["train_seconds"]) + float(row["evaluate_seconds"]) for row in rows)
