"""The command `judge`: a group of runs is better than a baseline, worse, alike, or not known."""

import argparse
import json
import sys
from pathlib import Path

from lr_atlas.tools.judge.judge_options import above_zero, add_run_options, columns_of, count
from lr_atlas.tools.judge.judged_runs import read_judged_runs
from lr_atlas.tools.judge.judgement import Rules, judge
from lr_atlas.tools.judge.judgement_text import EXIT_CODES, judgement_lines, judgement_values
from lr_atlas.tools.judge.ledger import Ledger

DESCRIPTION = """\
Judge groups of runs against a baseline, each by its best setting, and print one sentence.

Exit codes: 0 better, 10 worse, 20 inconclusive, 30 alike (within --matters); of several groups the
best one's. 1 and 2 are no verdict: the runs, or the command line, cannot be read."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_run_options(parser)
    parser.add_argument(
        "--baseline", metavar="NAME", help="the group that others are held against (default: first)"
    )
    parser.add_argument(
        "--matters",
        type=above_zero,
        metavar="SIZE",
        help="the smallest difference that matters, in the metric's own unit",
    )
    looks = parser.add_mutually_exclusive_group()
    looks.add_argument(
        "--looks",
        type=count,
        default=1,
        metavar="N",
        help="the how manieth look this is at the same question with more runs (default: 1)",
    )
    looks.add_argument(
        "--ledger", type=Path, metavar="FILE", help="counts looks by itself; made where missing"
    )


def run(given: argparse.Namespace) -> int:
    """Print the judgement, and return its exit code. Raises UserError."""
    judged = read_judged_runs(given.files, columns_of(given), given.chance)
    baseline = judged.named(given.baseline)
    ledger = Ledger.read(given.ledger) if given.ledger else None
    look = ledger.look_at(judged, baseline) if ledger else given.looks
    judgement = judge(judged, baseline, Rules(given.at, given.matters, look))
    values = judgement_values(judgement)
    if ledger:
        ledger.write()
        values |= ledger.values(given.at)
    if given.json:
        print(json.dumps(values, indent=1, ensure_ascii=False))
    else:
        print("\n".join(judgement_lines(judgement)))
        print("".join(f"note: {note}\n" for note in values["notes"]), end="", file=sys.stderr)
    return EXIT_CODES[judgement.decisive.verdict]
