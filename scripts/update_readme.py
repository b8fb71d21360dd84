"""Bring the README's answers up to date from results/studies, as the default studies left them.

Replaces what stands between the two markers by an answer for each study and the kernels that these
hold for, copies the figures that the documentation shows to docs/images, and each study's whole
summary to docs/results.
"""

import argparse
import shutil
import textwrap
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.marked_text import with_text
from lr_atlas.report.claims_text import claims_counted
from lr_atlas.report.overview_answers import read_answer
from lr_atlas.runs.provenance import rounding_note
from lr_atlas.studies.atlas import load_atlas
from lr_atlas.tables.study_tables import read_tables

PROJECT = Path(__file__).parents[1]
FIGURE = "sensitivity"
LINE = 104  # characters, as in the rest of the README


def main(results: Path) -> None:
    """Update README.md, docs/images and docs/results from the folder `results`."""
    studies = list(load_atlas([PROJECT / "config.yaml"]).plans)
    update(PROJECT, results / "studies", studies)


def update(project: Path, results: Path, studies: Iterable[str]) -> None:
    """Write the answers, the figures and the summaries of the studies into `project`.

    results: the folder that holds a folder for each study. Raises UserError, with nothing written,
    if a study has no tables or the README lacks its markers.
    """
    readme = project / "README.md"
    names = list(studies)
    answers = "\n".join(answer_item(name, results / name) for name in names)
    runs = [read_tables(results / name, ["runs"], ["runs"]).runs for name in names]
    kernels = _filled(rounding_note(pd.concat(runs)))
    text = with_text(readme, "results", "\n\n".join(filter(None, [answers, kernels])))
    for name in names:
        copy_summary(name, results / name, project / "docs")
    _write(readme, text)


def answer_item(name: str, folder: Path) -> str:
    """Return a study's item of the list: its name as a link, its answer, its claims counted.

    Raises UserError without its tables.
    """
    if not (folder / "summary.csv").is_file():
        raise UserError(f"{folder} has no tables yet: run `make run` first")
    answer = [
        read_answer(folder)["headline"],
        claims_counted(read_tables(folder, ["claims"], ["claims"]).claims),
    ]
    return _filled(f"- [{name}](docs/results/{name}.md): {' '.join(filter(None, answer))}", "  ")


def copy_summary(name: str, folder: Path, docs: Path) -> None:
    """Copy a study's first figure and its summary, in which the figure stands below the title."""
    image, page = Path("images", f"{name}-{FIGURE}.svg"), docs / "results" / f"{name}.md"
    for path in (docs / image, page):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "figures" / f"{FIGURE}.svg", docs / image)
    title, _, rest = (folder / "summary.md").read_text(encoding="utf-8").partition("\n\n")
    shown = f"![Accuracy against learning rate, study {name}](../{image.as_posix()})"
    _write(page, "\n\n".join([title, shown, rest]))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        width=LINE,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _write(path: Path, text: str) -> None:
    with open_atomically(path) as file:
        file.write(text.encode("utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=PROJECT / "results", help="default: %(default)s"
    )
    run_script(main, parser)
