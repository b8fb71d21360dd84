"""Measure the time and the memory that a training job takes, part by part.

    .venv/bin/python bench/job_life.py

Starts the job of one run of Fashion-MNIST (784-128-64-10, batch 100, ten epochs, one thread) as
Snakemake does, several times, and takes the medians. What is imported before the first epoch is
timed in a process of its own, just before.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whole_studies import PROJECT, prepared_images

SCRIPTS = PROJECT / "scripts"
CONFIGURATION = {
    "dataset": "fashion_mnist",
    "optimizer": {"name": "sgd", "lr": 0.1},
    "seed": 0,
    "validation": 100,
}
#: Prints the seconds of the imports, torch first, and ends as a training job does.
IMPORTS = """
import os
import time
started = time.perf_counter()
import torch
after_torch = time.perf_counter()
import lr_atlas.runs.training_job, lr_atlas.runs.single_run
print(after_torch - started, time.perf_counter() - after_torch, flush=True)
os._exit(0)
"""


def measure(images: Path, epochs: int, repeats: int) -> dict:
    """Return medians in seconds: {"life": {part: seconds}, "wall": …, "memory": MB}."""
    parts, walls, memories = [], [], []
    for _ in range(repeats):
        python, torch, others = start_seconds()
        with tempfile.TemporaryDirectory() as folder:
            wall, memory, epochs_, evaluations = train(images, epochs, Path(folder))
        started = python + torch + others
        parts.append(
            {
                "Python, start and end": python,
                "import torch": torch,
                "other imports": others,
                "images, checkpoint, files": wall - started - epochs_ - evaluations,
                "epochs": epochs_,
                "evaluations": evaluations,
            }
        )
        walls.append(wall)
        memories.append(memory)
    life = {name: statistics.median(each[name] for each in parts) for name in parts[0]}
    return {
        "epochs": epochs,
        "repeats": repeats,
        "life": life,
        "wall": statistics.median(walls),
        "outside": statistics.median(
            wall - each["epochs"] - each["evaluations"]
            for wall, each in zip(walls, parts, strict=True)
        ),
        "memory": max(memories),
    }


def start_seconds() -> tuple[float, float, float]:
    """Return seconds of (Python's start and end, importing torch, importing all else)."""
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", IMPORTS]
    started = time.perf_counter()
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - started
    torch, others = map(float, said.stdout.split())
    return wall - torch - others, torch, others


def train(images: Path, epochs: int, folder: Path) -> tuple[float, float, float, float]:
    """Return (wall seconds, MB at most, seconds of epochs, of evaluations) of a job."""
    command = [sys.executable, SCRIPTS / "train.py", "--epochs", epochs]
    command += ["--configuration", json.dumps(CONFIGURATION), "--training-images", images]
    command += ["--checkpoints", folder / "checkpoints", "--output-directory", folder / "run"]
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        sys.exit(said)
    with open(folder / "run" / "timing.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    training = sum(float(row["train_seconds"]) for row in rows)
    evaluating = sum(float(row["evaluate_seconds"]) for row in rows)
    return wall, usage.ru_maxrss / 1024, training, evaluating


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the images; fetched without it")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    measured = measure(prepared_images(given.data), given.epochs, given.repeats)
    print(json.dumps(measured, indent=2))
