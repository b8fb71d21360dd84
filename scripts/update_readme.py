"""Bring the README's results up to date from results/studies, as the default studies left them.

Replaces what stands between the two markers, and copies the figures that the README shows.
"""

import argparse
import json
import shutil
from pathlib import Path

import pandas as pd

from lr_atlas.atomic import open_atomically
from lr_atlas.errors import UserError
from lr_atlas.logs import run_script
from lr_atlas.studies import load_atlas
from lr_atlas.study_models import Study
from lr_atlas.study_text import (
    markdown_table,
    not_reproduced,
    reading_notes,
    reported_for_reading,
    reported_note,
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
    sections = [
        study_section(name, study, results / "studies" / name)
        for name, study in atlas.configuration.studies.items()
    ]
    text = "\n\n".join([before + BEGIN, *sections, END]) + after
    with open_atomically(readme) as file:
        file.write(text.encode("utf-8"))


def study_section(name: str, study: Study, folder: Path) -> str:
    """One study's part of the README; copies its figures. Raises UserError without its tables."""
    if not (folder / "summary.csv").is_file():
        raise UserError(f"{folder} has no tables yet: run `make run` first")
    summary = pd.read_csv(folder / "summary.csv", dtype={"best_validation_epoch": "Int64"})
    reported = pd.read_csv(folder / "reported.csv")
    machine = machine_of(folder)
    parts = [f"### {name}", study.description.strip()]
    for figure in FIGURES[name]:
        image = f"docs/images/{name}-{figure.replace('/', '-')}.png"
        (PROJECT / image).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "figures" / f"{figure}.png", PROJECT / image)
        words = figure.replace("_", " ").replace("/", " of ")
        parts.append(f"![{words}, study {name}]({image})")
    parts += [
        markdown_table(summary_for_reading(summary)),
        " ".join([*reading_notes(study), machine]),
        f"Reported by {study.reference.source}, and measured:",
        markdown_table(reported_for_reading(reported)),
        reported_note(reported),
        not_reproduced(reported),
    ]
    return "\n\n".join(parts)


def machine_of(folder: Path) -> str:
    """A sentence on where the runs of the study were trained."""
    runs = pd.read_csv(folder / "runs.csv")
    descriptions = [
        json.loads(path.read_text(encoding="utf-8"))
        for name in runs["run"]
        for path in (folder.parents[1] / "runs" / name).glob("epochs-*/run.json")
    ]
    found = sorted(
        {f"{d['machine']['processor']}, torch {d['versions']['torch']}" for d in descriptions}
    )
    return f"Trained on: {'; '.join(found)}, one thread per run."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=PROJECT / "results", help="default: %(default)s"
    )
    run_script(main, parser)
