"""The command line `lr-atlas`: one word per command; only the command that is named is loaded."""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from lr_atlas.common.entry_point import ending_clearly


@dataclass(frozen=True)
class Command:
    """A command: the module that has its DESCRIPTION, `add_options` and `run`, and one line on it.

    `add_options` takes the parser; `run` takes what it has parsed and returns the exit code.
    """

    module: str
    help: str


#: {name: command}; a further one is a line here.
COMMANDS = {
    "judge": Command("lr_atlas.tools.judge.judge_command", "say which group of runs is better"),
    "noise": Command("lr_atlas.tools.judge.noise_command", "say how far runs scatter over seeds"),
    "export": Command("lr_atlas.tools.export.export_command", "write a study in others' forms"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; 1 where something of the user's is to be mended."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="lr-atlas", description="Maps of optimizers, and verdicts on runs."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = given[0] if given else ""
    for name, command in COMMANDS.items():
        of_command = commands.add_parser(
            name, help=command.help, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == named:
            module = importlib.import_module(command.module)
            of_command.description = module.DESCRIPTION
            module.add_options(of_command)
    parsed = parser.parse_args(given)
    logging.basicConfig(stream=sys.stderr, format=f"lr-atlas {parsed.command}: %(message)s")
    with ending_clearly():
        return int(module.run(parsed))


if __name__ == "__main__":
    sys.exit(main())
