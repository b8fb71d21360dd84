"""Say what changed between two results folders or two studies: configuration, versions, numbers.

A is what was there before and B what is there now. Each is the name of a study in `results`; or the
folder of a study; or a results folder, of which all studies are compared that the other one has
too. What lies on disk is read; nothing is trained and nothing is changed.
"""

import argparse
import shutil
from pathlib import Path

import pandas as pd

from lr_atlas.common.entry_point import run_script
from lr_atlas.config.command_line import end_quietly_when_nobody_reads
from lr_atlas.tables.table_files import write_csv
from lr_atlas.tools.compare.comparison import compare_studies
from lr_atlas.tools.compare.comparison_text import comparison_text
from lr_atlas.tools.compare.named_studies import studies_to_compare

#: Characters of a line: those of the terminal, within what is good to read.
_NARROWEST, _WIDEST = 60, 110


def main(
    *,
    first: str,
    second: str,
    metric: str | None,
    directory: Path,
    complete: bool,
    csv_file: Path | None,
) -> None:
    """Print what changed from A to B, and write its numbers to a file if one is named.

    Raises errors.UserError.
    """
    end_quietly_when_nobody_reads()
    folders, alone = studies_to_compare(first, second, directory / "results")
    comparisons = compare_studies(folders, metric)
    if csv_file:
        write_csv(csv_file, pd.concat([each.numbers for each in comparisons]))
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    print(comparison_text(comparisons, width, complete))
    for letter, names in alone.items():
        if names:
            print(f"\nNot compared, since only in {letter}: {', '.join(names)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", metavar="A", help="what was there before")
    parser.add_argument("second", metavar="B", help="what is there now")
    parser.add_argument(
        "--metric",
        help="which numbers: a column of runs.csv (default: the study's metric, such as "
        "validation_accuracy)",
    )
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where `results` lies (default: here)"
    )
    parser.add_argument(
        "--all", action="store_true", dest="complete", help="show all rows of long tables"
    )
    parser.add_argument(
        "--csv", type=Path, dest="csv_file", metavar="FILE", help="write the numbers there too"
    )
    run_script(main, parser)
