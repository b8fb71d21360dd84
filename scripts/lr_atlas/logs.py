"""What every entry point shares: logging to stderr, and how a script ends."""

import argparse
import logging
import signal
import sys
from collections.abc import Callable

from lr_atlas.errors import UserError

LOGGER = logging.getLogger(__name__)


def start_logging() -> None:
    """Write log lines such as `2026-01-01 12:00:00 INFO message` to stderr, from INFO upwards."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )


def run_script(main: Callable[..., None], parser: argparse.ArgumentParser) -> None:
    """Run an entry point: call `main` with the command line's arguments by keyword.

    A `UserError` ends the script with one message on stderr and exit code 1. Any other exception
    keeps its traceback. SIGTERM ends the script with exit code 143, its clean-up included; a
    `main` that wants to do more on SIGTERM sets a handler of its own.
    """
    arguments = vars(parser.parse_args())
    start_logging()
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        main(**arguments)
    except UserError as error:
        LOGGER.error("%s", error)
        sys.exit(1)


def _exit_on_signal(number: int, _frame: object) -> None:
    # Python's own answer to SIGTERM is to die at once, which leaves temporary folders behind.
    sys.exit(128 + number)
