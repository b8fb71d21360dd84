"""The options that say what is in the files, which commands on runs of any kind share."""

import argparse
import math
from pathlib import Path

from lr_atlas.studies.imported.imported import Columns
from lr_atlas.tools.judge.judged_runs import FILE


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the files, and the options that say which of their columns is what."""
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="tables of runs (CSV, JSON lines, Parquet, …), folders of trackers",
    )
    parser.add_argument("--metric", metavar="COLUMN", help="what the runs are judged by")
    better = parser.add_mutually_exclusive_group()
    better.add_argument(
        "--lower", dest="better", action="store_const", const="lower", help="lower is better"
    )
    better.add_argument(
        "--higher", dest="better", action="store_const", const="higher", help="higher is better"
    )
    parser.add_argument(
        "--by",
        metavar="COLUMN",
        help=f"what tells groups apart (default: optimizer); '{FILE}': a group for each file",
    )
    for role in ("seed", "run", "epoch", "step", "status"):
        parser.add_argument(f"--{role}", metavar="COLUMN", help="default: by its usual names")
    parser.add_argument(
        "--learning-rate", metavar="COLUMN", help="default: by its usual names, such as lr"
    )
    parser.add_argument(
        "--within",
        metavar="COLUMN",
        nargs="+",
        default=[],
        help="what makes settings within a group, such as lr (default: all that differs)",
    )
    parser.add_argument(
        "--ignore", metavar="COLUMN", nargs="+", default=[], help="columns that say nothing here"
    )
    parser.add_argument("--unit", default="", help="of the metric; %% shows shares in per cent")
    parser.add_argument(
        "--chance", type=float, metavar="VALUE", help="what a diverged run counts as: guessing"
    )
    parser.add_argument(
        "--at",
        type=error_level,
        default=0.05,
        metavar="LEVEL",
        help="probability of any false verdict (default: 0.05)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def columns_of(given: argparse.Namespace) -> Columns:
    """Return what the options say of the columns."""
    return Columns(
        run=given.run,
        optimizer=given.by,
        learning_rate=given.learning_rate,
        seed=given.seed,
        epoch=given.epoch,
        step=given.step,
        status=given.status,
        metric=given.metric,
        by=tuple(given.within),
        ignore=tuple(given.ignore),
        better=given.better,
        unit=given.unit,
    )


def error_level(text: str) -> float:
    """Return a probability of error. Raises ArgumentTypeError."""
    return _between(text, 0.0, 0.5, "a probability above 0, up to 0.5, such as 0.05")


def above_zero(text: str) -> float:
    """Return a number above 0. Raises ArgumentTypeError."""
    return _between(text, 0.0, math.inf, "a number above 0, such as 0.002")


def count(text: str) -> int:
    """Return a whole number from 1. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1")
    return int(text)


def _between(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (low < value <= high and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"'{text}' is not {what}")
    return value
