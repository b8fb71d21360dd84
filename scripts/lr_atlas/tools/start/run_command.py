"""The command `run`: the workflow, with its results in the folder in which one is."""

import argparse
import os
import subprocess
from pathlib import Path
from typing import NoReturn

from lr_atlas.tools.start.snakemake_call import check_words, snakemake_words

DESCRIPTION = """\
Train what is missing, then collect, draw and report: results/report.html.

Without a FILE it takes config.yaml of this folder, and where there is none the default studies.
Words behind -- go to Snakemake: lr-atlas run my.yaml --cores 2 -- my-study --dry-run"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "files",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="configurations in place of config.yaml; later ones over earlier ones",
    )
    parser.add_argument(
        "--config",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="values over those of the files, as Snakemake takes them",
    )
    parser.add_argument("--cores", metavar="N", help="a number, or all (default)")
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where `results` lies (default: here)"
    )


def run(given: argparse.Namespace) -> int:
    """Check the files, say what they ask for, and become Snakemake. Raises UserError."""
    words = snakemake_words(given.files, given.config, given.cores, given.directory, given.more)
    checked = subprocess.run(check_words(given.files)).returncode if given.files else 0
    return checked or _become(words)


def _become(words: list[str]) -> NoReturn:
    """Take a program in the place of this one, so that signals are its own."""
    os.execv(words[0], words)
