"""What every entry point shares: logging to stderr, and how a script ends."""

import argparse
import errno
import json
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from lr_atlas.errors import UserError
from lr_atlas.fingerprint import check_code

LOGGER = logging.getLogger(__name__)

#: The disk is full, a quota is used up, a file would exceed the limit on its size.
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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

    A `UserError` ends the script with one message on stderr and exit code 1, and so does a full
    disk. Any other exception keeps its traceback. SIGTERM ends the script with exit code 143, its
    clean-up included; a `main` that wants to do more on SIGTERM sets a handler of its own.

    Every script takes `--code`, a file with what fingerprint.code_digests gave for it when the
    workflow started, and refuses to run with other code.
    """
    parser.add_argument(
        "--code",
        type=Path,
        help="a file with the digests of this script's code, as Snakemake gives it to its jobs; "
        "other code than that is refused",
    )
    arguments = vars(parser.parse_args())
    code = arguments.pop("code")
    start_logging()
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        if code is not None:
            expected = json.loads(code.read_text(encoding="utf-8"))
            check_code(Path(main.__globals__["__file__"]), expected)
        main(**arguments)
    except UserError as error:
        LOGGER.error("%s", error)
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        LOGGER.error(
            "nothing more can be written%s: %s. What was finished is kept; make space and start "
            "again",
            f" to {error.filename}" if error.filename else "",
            error.strerror,
        )
        sys.exit(1)


def _exit_on_signal(number: int, _frame: object) -> None:
    # Python's own answer to SIGTERM is to die at once, which leaves temporary folders behind.
    sys.exit(128 + number)
