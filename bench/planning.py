"""Time `scripts/plan.py` and `scripts/prune.py` on folders of many runs, process start included.

The folders are filled from a few runs that are really trained, on the tiny data set of the tests:
their files under the names of the runs of a generated study. Median seconds of wall time and of the
processor, which differ on a busy machine.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SCRIPTS = PROJECT / "scripts"
sys.path.insert(0, str(SCRIPTS))

from lr_atlas.common.canonical import canonical_json  # noqa: E402
from lr_atlas.runs.checkpoints import STATE, Origin, checkpoint_path  # noqa: E402
from lr_atlas.runs.run_files import DESCRIPTION  # noqa: E402
from lr_atlas.studies.atlas import Atlas, load_atlas  # noqa: E402
from lr_atlas.studies.grid import Run  # noqa: E402

DATA = PROJECT / "tests" / "data" / "fashion-mnist-tiny"
OPTIMIZERS = ("sgd", "adam", "rmsprop", "adagrad")
SEEDS = 5
CONFIGURATION = """\
datasets:
  fashion_mnist: {{directory: "{data}"}}
studies:
  generated:
    dataset: fashion_mnist
    validation: 100
    model: {{hidden: [16], dropout: {dropout}}}
    batch_size: 20
    epochs: 30
    seeds: {seeds}
    optimizers:
"""


def main(runs: Iterable[int], repeats: int) -> None:
    """Print a row per number of runs, command and situation."""
    with tempfile.TemporaryDirectory() as folder:
        examples = Path(folder, "examples")
        train_examples(examples)
        print("  runs  command  situation                  wall  processor")
        for count in runs:
            directory = Path(folder, str(count))
            asked, changed = (write_configuration(directory, count, x) for x in (0, 0.1))
            fill(directory, load_atlas([asked]), examples)
            trained, away = directory / "results" / "runs", directory / "away"
            show(count, repeats, "plan", "all are cached", directory=directory, configuration=asked)
            show(
                count,
                repeats,
                "plan",
                "all new, as many orphans",
                directory=directory,
                configuration=changed,
            )
            show(count, repeats, "prune", "no orphans", directory=directory, configuration=asked)
            show(
                count,
                repeats,
                "prune",
                "nothing but orphans",
                directory=directory,
                configuration=changed,
            )
            trained.rename(away)
            show(
                count,
                repeats,
                "plan",
                "all in checkpoints",
                directory=directory,
                configuration=asked,
            )
            shutil.rmtree(directory)


def show(
    count: int, repeats: int, command: str, situation: str, *, directory: Path, configuration: Path
) -> None:
    """Time one command and print a row."""
    arguments = ["--configfile", configuration, "--directory", directory]
    wall, processor = [], []
    for _ in range(repeats):
        started, before = time.perf_counter(), os.times()
        run_script(f"{command}.py", *arguments)
        after = os.times()
        wall.append(time.perf_counter() - started)
        processor.append(sum(after[2:4]) - sum(before[2:4]))
    medians = f"{statistics.median(wall):6.2f}{statistics.median(processor):11.2f}"
    print(f"{count:6}  {command:7}  {situation:25}{medians}", flush=True)


def write_configuration(directory: Path, runs: int, dropout: float) -> Path:
    """Write a configuration file with about so many runs."""
    count = max(runs // len(OPTIMIZERS) // SEEDS, 1)
    rates = [float(f"{10 ** (-5 + 5 * n / count):.6g}") for n in range(count)]
    text = CONFIGURATION.format(data=DATA, dropout=dropout, seeds=SEEDS)
    text += "".join(f"      - {{name: {name}, lr: {rates}}}\n" for name in OPTIMIZERS)
    path = directory / f"dropout{dropout}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def train_examples(directory: Path) -> None:
    """Train a run with each optimizer; their folders and checkpoints lie under its name."""
    directory.mkdir()
    atlas = load_atlas([write_configuration(directory, 0, 0)])
    results = directory / "results"
    source = atlas.data["fashion_mnist"]
    data = results / "data" / source.folder
    run_script(
        "prepare_data.py",
        *("--dataset", source.name, "--digest", source.digest, "--directory", DATA),
        *("--output-directory", data),
    )
    one_each = {run.configuration["optimizer"]["name"]: run for run in atlas.runs.values()}
    for name, run in one_each.items():
        run_script(
            "train.py",
            *("--configuration", canonical_json(run.configuration), "--epochs", run.epochs),
            *("--training-images", data / "train.npz"),
            *("--checkpoints", directory / "checkpoints"),
            *("--output-directory", directory / name),
        )


def fill(directory: Path, atlas: Atlas, examples: Path) -> None:
    """Fill a results folder with all runs that the studies ask for."""
    results = directory / "results"
    shutil.copytree(examples / "results", results)
    archives = {}
    for path in (examples / "checkpoints").glob("*/*/*.zip"):
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        state = json.loads(content.pop(STATE))
        archives[state["origin"]["configuration"]["optimizer"]["name"]] = (state, content)
    for run in atlas.runs.values():
        name = run.configuration["optimizer"]["name"]
        copy_folder(run, examples / name, results)
        copy_checkpoint(run, *archives[name], results)


def copy_folder(run: Run, example: Path, results: Path) -> None:
    """Copy a run's folder, with its log and benchmark, as that of another run."""
    place = f"{run.name}/epochs-{run.epochs}"
    folder = results / "runs" / place
    shutil.copytree(example, folder)
    path = folder / DESCRIPTION
    description = json.loads(path.read_text(encoding="utf-8"))
    description |= {"run": run.name, "canonical_configuration": run.configuration}
    path.write_text(json.dumps(description, indent=2), encoding="utf-8")
    for name, text in (("logs", "trained\n"), ("benchmarks", "s\n5.0\n")):
        path = results / name / "train" / f"{place}{'.log' if name == 'logs' else '.tsv'}"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")


def copy_checkpoint(run: Run, state: dict, content: dict[str, bytes], results: Path) -> None:
    """Copy a checkpoint as that of another run."""
    values = {**state["origin"], "configuration": run.configuration}
    del values["format"]
    origin = Origin(**values)
    path = checkpoint_path(results / "checkpoints", origin, run.epochs)
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(STATE, json.dumps({**state, "origin": origin.as_dict()}))
        for name, part in content.items():
            archive.writestr(name, part)


def run_script(name: str, *arguments: object) -> None:
    """Run one of the project's scripts. Raises CalledProcessError."""
    command = [sys.executable, SCRIPTS / name, *arguments]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--repeats", type=int, default=5)
    main(**vars(parser.parse_args()))
