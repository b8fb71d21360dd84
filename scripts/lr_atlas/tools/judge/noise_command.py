"""The command `noise`: how far runs scatter over seeds, and what so many could show."""

import argparse
import json
import sys

from lr_atlas.tools.judge.judge_options import above_zero, add_run_options, columns_of
from lr_atlas.tools.judge.judged_runs import read_judged_runs
from lr_atlas.tools.judge.noise_floor import noise_floors
from lr_atlas.tools.judge.noise_text import noise_lines, noise_values

DESCRIPTION = """\
Say how far the runs of a group's best setting scatter over seeds, and the smallest difference that
1 to 20 runs could show against as many others. Look here before anything is tried."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_run_options(parser)
    parser.add_argument("--baseline", metavar="NAME", help="one group alone (default: all)")
    parser.add_argument(
        "--plan",
        type=above_zero,
        metavar="SIZE",
        help="say how many runs find a difference of this size, in the metric's own unit",
    )


def run(given: argparse.Namespace) -> int:
    """Print the noise, and return 0. Raises UserError."""
    judged = read_judged_runs(given.files, columns_of(given), given.chance)
    floors = noise_floors(judged, given.baseline, given.at, given.plan)
    values = noise_values(floors, judged, given.at, given.plan)
    if given.json:
        print(json.dumps(values, indent=1, ensure_ascii=False))
    else:
        print("\n".join(noise_lines(floors, judged, given.plan)))
        print("".join(f"note: {note}\n" for note in values["notes"]), end="", file=sys.stderr)
    return 0
