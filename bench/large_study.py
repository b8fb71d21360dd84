"""Measure a study of thousands of trained runs: planning, tables, figures, the report.

    .venv/bin/python bench/large_study.py --runs 1000 10000

The runs are imagined, 30 epochs each: their accuracies follow a bell over the learning rate, with
some noise, so that the figures look like those of a study, and every other file is that of a few
runs which are really trained. Prints a Markdown table. With --keep, the folder stays, to be looked
at.
"""

import argparse
import csv
import math
import os
import random
import shutil
import tempfile
from pathlib import Path

import planning
from whole_studies import PROJECT, Finished, python, snakemake

from lr_atlas.runs.run_files import HISTORY
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.studies.grid import Run
from lr_atlas.training.records import EpochRecord, history_text

#: The learning rate at which an imagined optimizer is best, as a power of ten.
BEST = {"sgd": -1.0, "adam": -3.0, "rmsprop": -3.3, "adagrad": -2.0}
RULES = ("collect", "select", "evaluate", "analyse", "figures", "study_page")


def main(runs: list[int], keep: Path | None) -> None:
    """Print the table."""
    print("| what | " + " | ".join(f"{number:,} runs" for number in runs) + " |")
    print("| --- |" + " --- |" * len(runs))
    columns = []
    for number in runs:
        folder = Path(keep or tempfile.mkdtemp(), str(number))
        folder.mkdir(parents=True)
        columns.append(measure(folder, number))
        if not keep:
            shutil.rmtree(folder.parent)
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name] for column in columns) + " |")


def measure(folder: Path, runs: int) -> dict[str, str]:
    """Return {what: cost, for reading} of a study of about so many runs."""
    config = write_trained_study(folder, runs)
    options = (config, folder, "--cores", os.cpu_count() or 1)
    settings = {run.setting for run in load_atlas([config]).plans["generated"].runs}
    costs = {
        "settings": f"{len(settings):,}",
        "`make plan`": cost(
            python(PROJECT / "scripts/plan.py", "--configfile", config, "--directory", folder)
        ),
        "`snakemake -n`": cost(snakemake(*options, "--dry-run", "--quiet", "all")),
    }
    whole = snakemake(*options, "--quiet", "all")
    for rule in RULES:
        costs[f"rule `{rule}`"] = rule_cost(folder / f"results/benchmarks/{rule}/generated.tsv")
    costs["rule `report`"] = rule_cost(folder / "results/benchmarks/report.tsv")
    costs["all of these, with Snakemake itself"] = cost(whole)
    costs["nothing to do"] = cost(snakemake(*options, "--quiet", "all"))
    tables = folder / "results/studies/generated"
    for path in (tables / "epochs.csv", tables / "epochs.parquet", folder / "results/report.html"):
        costs[f"size of {path.name}"] = f"{path.stat().st_size / 1e6:.1f} MB"
    return costs


def measure_planning(runs: int) -> dict:
    """Return seconds of the dry run of a study that is all new, and of one with nothing to do.

    As scale.measure_real, but not of a real run: on two cores it takes more than an hour.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = (write_trained_study(folder, runs), folder, "--cores", 2, "--quiet", "all")
        new = planning.write_configuration(folder, runs, dropout=0.1)
        dry_run = snakemake(new, *trained[1:], "--dry-run").seconds
        snakemake(*trained)
        return {
            "runs": runs,
            "dry_run": dry_run,
            "real_run": None,
            "no_op": snakemake(*trained).seconds,
        }


def write_trained_study(folder: Path, runs: int) -> Path:
    """Fill a folder with a study of about so many runs, all trained; returns its configuration."""
    examples = folder / "examples"
    planning.train_examples(examples)
    config = planning.write_configuration(folder, runs, dropout=0)
    atlas = load_atlas([config])
    planning.fill(folder, atlas, examples)
    for run in atlas.runs.values():
        place = folder / "results/runs" / run.name / f"epochs-{run.epochs}"
        (place / HISTORY).write_text(history_text(imagine(run)))
    return config


def imagine(run: Run) -> list[EpochRecord]:
    """Return a history as a run might have it."""
    noise = random.Random(run.name)
    optimizer = run.configuration["optimizer"]
    fit = math.exp(-(((math.log10(optimizer["lr"]) - BEST[optimizer["name"]]) / 1.5) ** 2))
    records = []
    for epoch in range(1, run.epochs + 1):
        reached = 0.1 + 0.8 * fit * (1 - math.exp(-epoch / (3 + 9 * (1 - fit))))
        series = [
            {"loss": -math.log(accuracy), "accuracy": accuracy}
            for accuracy in (reached + noise.gauss(0, 0.004) + gain for gain in (0, 0.02, 0))
        ]
        records.append(EpochRecord(epoch, *series, train_seconds=0.2, evaluate_seconds=0.1))
    return records


def rule_cost(path: Path) -> str:
    """Return what Snakemake has measured of a rule's job."""
    with open(path, encoding="utf-8") as file:
        row = next(csv.DictReader(file, delimiter="\t"))
    return f"{float(row['s']):.1f} s, {float(row['max_rss']):.0f} MB"


def cost(finished: Finished) -> str:
    """Return what a process has taken."""
    return f"{finished.seconds:.1f} s, {finished.memory:.0f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to leave the studies")
    main(**vars(parser.parse_args()))
