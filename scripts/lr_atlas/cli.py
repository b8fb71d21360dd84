"""The command line `lr-atlas`: one word per command; only the command that is named is loaded."""

import argparse
import importlib.util
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from lr_atlas.common.system import refuse_windows
from lr_atlas.common.workflow_folder import workflow_folder


@dataclass(frozen=True)
class Command:
    """A command: the module that has its DESCRIPTION, `add_options` and `run`, and one line on it.

    `add_options` takes the parser; `run` takes what it has parsed and returns the exit code.
    passes_on: whether the words behind `--` are another program's; `run` finds them in `more`.
    """

    module: str
    help: str
    passes_on: bool = False


@dataclass(frozen=True)
class Script:
    """A command that is a script of the workflow, with its own options; and one line on it."""

    name: str
    help: str


#: {name: command}; a further one is a line here.
COMMANDS: dict[str, Command | Script] = {
    "init": Command("lr_atlas.tools.start.init_command", "write a first config.yaml"),
    "run": Command(
        "lr_atlas.tools.start.run_command", "train what is missing, and report", passes_on=True
    ),
    "plan": Script("plan.py", "say what `run` would train, why, and what it would cost"),
    "watch": Command(
        "lr_atlas.tools.watch.watch_command",
        "show runs while they train, on a page of this machine",
    ),
    "suggest": Script("suggest.py", "write the next configuration, where findings ask for one"),
    "compare": Script("compare.py", "say what changed between two results or studies"),
    "verify": Script("verify.py", "train finished runs again elsewhere and compare bytes"),
    "prune": Script("prune.py", "show what no study asks for any more; --yes deletes it"),
    "judge": Command("lr_atlas.tools.judge.judge_command", "say which group of runs is better"),
    "noise": Command("lr_atlas.tools.judge.noise_command", "say how far runs scatter over seeds"),
    "export": Command("lr_atlas.tools.export.export_command", "write a study in others' forms"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; 1 where something of the user's is to be mended."""
    refuse_windows()
    given = sys.argv[1:] if arguments is None else list(arguments)
    named = COMMANDS.get(given[0]) if given else None
    if isinstance(named, Script):
        return run_as_command(named, given)
    parser = argparse.ArgumentParser(
        prog="lr-atlas", description="Maps of optimizers, and verdicts on runs."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        of_command = commands.add_parser(
            name, help=command.help, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if named and command is named:
            module = importlib.import_module(named.module)
            of_command.description = module.DESCRIPTION
            module.add_options(of_command)
    more: list[str] = []
    if named and named.passes_on and "--" in given:
        cut = given.index("--")
        given, more = given[:cut], given[cut + 1 :]
    parsed = parser.parse_args(given, argparse.Namespace(more=more))
    logging.basicConfig(stream=sys.stderr, format=f"lr-atlas {parsed.command}: %(message)s")
    # Imported here, since Windows lacks what it needs.
    from lr_atlas.common.entry_point import ending_clearly

    with ending_clearly():
        return int(module.run(parsed))


def run_as_command(script: Script, given: Sequence[str]) -> int:
    """Run a script with the command line's words, the first of which is its name as a command."""
    path = workflow_folder() / "scripts" / script.name
    # As where Python itself runs a script: those beside it can be imported.
    sys.path.insert(0, str(path.parent))
    sys.argv = [f"lr-atlas {given[0]}", *given[1:]]
    spec = importlib.util.spec_from_file_location("__main__", path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules["__main__"] = importlib.util.module_from_spec(spec)
    # Python 3.14 would say in the help how a module with a spec is started by `python -m`.
    sys.modules["__main__"].__spec__ = None
    spec.loader.exec_module(sys.modules["__main__"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
