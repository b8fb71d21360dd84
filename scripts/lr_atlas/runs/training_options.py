"""Options that the training jobs share, of a single run and of a pack."""

import argparse
from pathlib import Path

from lr_atlas.runs.own_files_option import add_own_files_option


def add_training_options(parser: argparse.ArgumentParser, checkpoints_needed: bool = False) -> None:
    """Add --device, --checkpoints, --on-new-torch and --own-files."""
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        default=[],
        required=checkpoints_needed,
        help="folders to look for checkpoints in; new ones are kept in the first",
    )
    parser.add_argument(
        "--on-new-torch",
        choices=["keep", "recompute"],
        default="keep",
        help="whether a run that another version of torch has finished is taken as it is",
    )
    add_own_files_option(parser)
