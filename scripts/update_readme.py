"""Bring the README's results up to date from results/studies, as the default studies left them.

Replaces what stands between the two markers, copies the figures that the README shows, and leaves
each study's whole summary in docs/results.
"""

import argparse
import shutil
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.report.markdown import answer_of, claims_markdown, setting_labels
from lr_atlas.report.markdown_text import markdown_table, paragraph
from lr_atlas.report.page_tables import Tables, read_tables
from lr_atlas.report.sections import ranking_for_reading, ranking_note
from lr_atlas.report.study_text import not_reproduced
from lr_atlas.studies.atlas import Atlas, load_atlas

PROJECT = Path(__file__).parents[1]
BEGIN, END = "<!-- results: begin (make readme) -->", "<!-- results: end -->"
FIGURE = "sensitivity"


def main(results: Path) -> None:
    """Update README.md, docs/images and docs/results from the folder `results`."""
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
    """One study's part of the README; copies its figure and its summary.

    Raises UserError without its tables.
    """
    if not (folder / "summary.csv").is_file():
        raise UserError(f"{folder} has no tables yet: run `make run` first")
    image, summary = f"docs/images/{name}-{FIGURE}.svg", f"docs/results/{name}.md"
    for source, copy in ((f"figures/{FIGURE}.svg", image), ("summary.md", summary)):
        (PROJECT / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / source, PROJECT / copy)
    plan, study = atlas.plans[name], atlas.configuration.studies[name]
    tables = read_tables(folder)
    said = answer_of(plan, study, tables)
    return "\n\n".join(
        [
            f"### {name}",
            paragraph(study.description),
            f"**{said.headline}**",
            " ".join(said.sentences),
            *said.cautions,
            f"![Accuracy against learning rate, study {name}]({image})",
            *ranking(tables),
            *claims(tables),
            f"All settings, findings and reported values: [{summary}]({summary}).",
        ]
    )


def ranking(tables: Tables) -> list[str]:
    """The optimizers, best first, with their budgets."""
    table = ranking_for_reading(tables.optimizers, setting_labels(tables.runs))
    return [markdown_table(table), ranking_note(tables)]


def claims(tables: Tables) -> list[str]:
    """The paper's claims and numbers, as far as there are any."""
    parts = ["Its paper's claims:", claims_markdown(tables.claims)] if len(tables.claims) else []
    return [*parts, not_reproduced(tables.reported)] if len(tables.reported) else parts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--results", type=Path, default=PROJECT / "results", help="default: %(default)s"
    )
    run_script(main, parser)
