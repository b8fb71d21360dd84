"""Say what changed between two results folders or two studies: configuration, versions, numbers.

A is what was there before and B what is there now. Each is a results folder, of which all studies
are compared that the other one has too; or the folder of a study; or the name of a study in
`results`. What lies on disk is read; nothing is trained and nothing is changed.
"""

import argparse
import shutil
from pathlib import Path

from lr_atlas.common.atomic import open_atomically
from lr_atlas.common.entry_point import run_script
from lr_atlas.common.errors import UserError
from lr_atlas.common.spelling import suggestion
from lr_atlas.config.command_line import end_quietly_when_nobody_reads
from lr_atlas.tools.compare.comparison import compare_studies
from lr_atlas.tools.compare.numbers import CHOSEN_BY, COMPARABLE
from lr_atlas.tools.compare.places import studies_to_compare
from lr_atlas.tools.compare.rendering import as_markdown, as_text
from lr_atlas.tools.compare.text import comparison_rows, comparison_sections

#: Characters of a line: those of the terminal, within what is good to read.
_NARROWEST, _WIDEST = 60, 110


def main(
    first: str,
    second: str,
    metric: str,
    directory: Path,
    complete: bool,
    markdown_file: Path | None,
    csv_file: Path | None,
) -> None:
    """Print what changed from A to B, and write it to the files that are named.

    Raises errors.UserError.
    """
    end_quietly_when_nobody_reads()
    if metric not in COMPARABLE:
        raise UserError(f"--metric {metric}: no such metric{suggestion(metric, COMPARABLE)}")
    folders, remarks = studies_to_compare(first, second, directory / "results")
    comparisons = compare_studies(folders, metric)
    if csv_file:
        rows = comparison_rows(comparisons, metric)
        write("--csv", csv_file, rows.to_csv(index=False))
    if markdown_file:
        sections = comparison_sections(comparisons, metric, remarks, complete=True)
        write("--markdown", markdown_file, as_markdown(sections))
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    print(as_text(comparison_sections(comparisons, metric, remarks, complete), width), end="")


def write(option: str, path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises UserError if it cannot be written there."""
    try:
        with open_atomically(path) as file:
            file.write(text.encode("utf-8"))
    except OSError as error:
        raise UserError(
            f"{option} {path}: no file can be written there: {error.strerror}. Name one in a "
            "folder that is there and may be written to"
        ) from None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", metavar="A", help="what was there before")
    parser.add_argument("second", metavar="B", help="what is there now")
    parser.add_argument("--metric", default=CHOSEN_BY, help=f"which numbers (default: {CHOSEN_BY})")
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where `results` lies (default: here)"
    )
    parser.add_argument(
        "--all", action="store_true", dest="complete", help="show all rows of long tables"
    )
    parser.add_argument(
        "--markdown", type=Path, dest="markdown_file", metavar="FILE", help="write it there too"
    )
    parser.add_argument(
        "--csv", type=Path, dest="csv_file", metavar="FILE", help="write a row per setting there"
    )
    run_script(main, parser)
