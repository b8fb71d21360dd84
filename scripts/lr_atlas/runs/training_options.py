"""Options that the training jobs share, of a single run and of a pack."""

import argparse
from pathlib import Path


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
    parser.add_argument(
        "--own-files",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="where paths to files of one's own begin, as in `loss: losses.py:mine`",
    )
