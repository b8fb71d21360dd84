"""The option of jobs that read a study: where the settings of its runs from elsewhere stand."""

import argparse
from pathlib import Path


def add_elsewhere_option(parser: argparse.ArgumentParser) -> None:
    """Add --elsewhere."""
    parser.add_argument(
        "--elsewhere",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="settings.json of the study's runs from elsewhere; none: it has no such runs",
    )
