"""The option of jobs that read files of a user's own: from where their paths are counted."""

import argparse
from pathlib import Path


def add_own_files_option(parser: argparse.ArgumentParser) -> None:
    """Add --own-files."""
    parser.add_argument(
        "--own-files",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="where paths to files of one's own begin, as in `loss: losses.py:mine`",
    )
