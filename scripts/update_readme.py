"""Bring the README's results up to date from results/studies, as the default studies left them.

Replaces what stands between the two markers, and copies the figures that the README shows.
"""

import argparse
import json
import shutil
from pathlib import Path

import pandas as pd

from lr_atlas.atomic import open_atomically
from lr_atlas.collect import run_folder
from lr_atlas.entry_point import run_script
from lr_atlas.errors import UserError
from lr_atlas.grid import Plan
from lr_atlas.run_files import DESCRIPTION
from lr_atlas.studies import Atlas, load_atlas, study_definition
from lr_atlas.study_text import (
    markdown_table,
    not_reproduced,
    reading_notes,
    reported_for_reading,
    reported_note,
    study_facts,
    summary_for_reading,
)

PROJECT = Path(__file__).parents[1]
BEGIN, END = "<!-- results: begin (make readme) -->", "<!-- results: end -->"
FIGURES = {
    "fashion-mnist-learning-rate": ("sensitivity", "curves/sgd-lr0.1"),
    "mnist-optimizers": ("validation_curves",),
}


def main(results: Path) -> None:
    """Update README.md and docs/images from the folder `results`."""
    readme = PROJECT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise UserError(f"{readme} has no lines '{BEGIN}' and '{END}' to write between")
    atlas = load_atlas([PROJECT / "config.yaml"])
    sections = [study_section(name, atlas, results / "studies" / name) for name in atlas.plans]
    text = "\n\n".join([before + BEGIN, *sections, END]) + after
    with open_atomically(readme) as file:
        file.write(text.encode("utf-8"))


def study_section(name: str, atlas: Atlas, folder: Path) -> str:
    """One study's part of the README; copies its figures. Raises UserError without its tables."""
    if not (folder / "summary.csv").is_file():
        raise UserError(f"{folder} has no tables yet: run `make run` first")
    summary = pd.read_csv(folder / "summary.csv", dtype={"best_validation_epoch": "Int64"})
    reported = pd.read_csv(folder / "reported.csv")
    runs = pd.read_csv(folder / "runs.csv")
    study = atlas.configuration.studies[name]
    machine = machine_of(atlas.plans[name], folder.parents[1] / "runs")
    parts = [f"### {name}", study.description.strip()]
    for figure in FIGURES.get(name, ("sensitivity",)):
        image = f"docs/images/{name}-{figure.replace('/', '-')}.png"
        (PROJECT / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "figures" / f"{figure}.png", PROJECT / image)
        words = figure.replace("_", " ").replace("/", " of ")
        parts.append(f"![{words}, study {name}]({image})")
    plan = atlas.plans[name]
    parts += [
        "\n".join(f"- {fact}" for fact in study_facts(plan, study, data_facts(atlas, name), runs)),
        markdown_table(summary_for_reading(summary)),
        " ".join([*reading_notes(study), machine]),
        f"Reported by {study.reference.source}, and measured:",
        markdown_table(reported_for_reading(reported)),
        reported_note(reported),
        not_reproduced(reported),
    ]
    return "\n\n".join(parts)


def data_facts(atlas: Atlas, name: str) -> dict:
    """The part of a study's definition that says which data it was trained on."""
    return study_definition(atlas, name)["data"]


def machine_of(plan: Plan, runs_directory: Path) -> str:
    """A sentence on where the runs of the study were trained."""
    found = set()
    for run in plan.runs:
        text = (run_folder(runs_directory, run) / DESCRIPTION).read_text(encoding="utf-8")
        description = json.loads(text)
        found.add(f"{description['machine']['processor']}, {description['threads']} thread per run")
    return f"Trained on: {'; '.join(sorted(found))}."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=PROJECT / "results", help="default: %(default)s"
    )
    run_script(main, parser)
