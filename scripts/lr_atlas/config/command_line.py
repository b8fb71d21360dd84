"""Options that the commands beside the workflow share: which configuration, which folder."""

import argparse
import signal
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.machine import core_count
from lr_atlas.common.workflow_folder import workflow_folder
from lr_atlas.config.config_text import parse, plain

_LONGEST_SHOWN = 80

PROJECT = workflow_folder()


def add_configuration_options(parser: argparse.ArgumentParser, several: str) -> None:
    """Add FILE or --configfile, --config and --directory, as Snakemake has the latter.

    several: what becomes of several files, for the help.
    """
    parser.add_argument(
        "configfile",
        type=Path,
        nargs="*",
        action="extend",
        default=[],
        metavar="FILE",
        help="the same as --configfile FILE",
    )
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="configurations in place of config.yaml; " + several,
    )
    parser.add_argument(
        "--config",
        type=key_and_value,
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="values over those of the files, as Snakemake takes them",
    )
    parser.add_argument(
        "--directory", type=Path, default=Path(), help="where `results` lies (default: here)"
    )


def end_quietly_when_nobody_reads() -> None:
    """Let `| head` end this process without a traceback."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def configuration_files(given: Sequence[Path], directory: Path) -> list[Path]:
    """Return the files given, else the directory's config.yaml, else the project's."""
    local = directory / "config.yaml"
    return list(given) or [local if local.is_file() else PROJECT / "config.yaml"]


def number_of_cores(text: str) -> int:
    """Return a number from 1, or `all` for those of this machine. Raises ValueError."""
    number = core_count() if text == "all" else int(text)
    if number < 1:
        raise ValueError
    return number


def key_and_value(text: str) -> tuple[str, object]:
    """Return the two of KEY=VALUE, as Snakemake's --config takes it, with the value read as YAML.

    Raises argparse.ArgumentTypeError.
    """
    key, equals, value = text.partition("=")
    try:
        if not (key and equals):
            raise ValueError
        return key, plain(parse(value, key))
    except ValueError:
        shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
        raise argparse.ArgumentTypeError(f"'{shown}' is not KEY=VALUE with YAML as value") from None
