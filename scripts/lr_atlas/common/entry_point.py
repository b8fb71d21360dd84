"""The shared part of all entry points: logging to stderr, and how a script ends."""

import argparse
import contextlib
import errno
import inspect
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from lr_atlas.common.errors import UserError
from lr_atlas.common.fingerprint import check_code
from lr_atlas.common.safe_files import read_plain

LOGGER = logging.getLogger(__name__)

#: The variable by which a job knows which Snakemake has sent it.
START = "LR_ATLAS_START"

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
    disk and whatever else the system refuses. Any other exception keeps its traceback. SIGTERM ends
    the script with exit code 143, its clean-up included, and likewise SIGHUP with 129 and Ctrl-C
    with 130, without a traceback; a `main` that wants to do more on these sets handlers of its own.
    """
    arguments = vars(parser.parse_args())
    start_logging()
    # Ctrl-C is not meant for a script that was started in the background.
    heeds = signal.getsignal(signal.SIGINT) != signal.SIG_IGN
    for number in (*ending_signals(), *([signal.SIGINT] if heeds else [])):
        signal.signal(number, exit_on_signal)
    with ending_clearly():
        main(**arguments)


def run_job(main: Callable[..., None], parser: argparse.ArgumentParser) -> None:
    """Run a script as a job of the workflow, which refuses code that was edited since.

    It takes `--started`, the file in which the workflow wrote down what it started with.
    """
    parser.add_argument(
        "--started",
        type=Path,
        help="where Snakemake wrote down which code it started with; other code is refused",
    )
    script = Path(inspect.unwrap(main).__globals__["__file__"])

    def checked_main(started: Path | None, **arguments: Any) -> None:
        if started:
            refuse_edited(script, started)
        main(**arguments)

    run_script(checked_main, parser)


#: The signals by which this process was told to end.
_STOPS: list[int] = []


def exit_on_signal(number: int, _frame: object) -> None:
    """Raise SystemExit, as the answer to a signal.

    Python's own answer to SIGTERM is to die at once, which leaves temporary folders behind.
    """
    _STOPS.append(number)
    leave_if_stopped()


def leave_if_stopped() -> None:
    """Raise SystemExit if a signal has come that `exit_on_signal` answered.

    Python loses what a handler raises in a callback of a compiler, so long work that begins after
    one asks here first.
    """
    if _STOPS:
        sys.exit(128 + _STOPS[0])


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that ask a process to end: SIGTERM, and SIGHUP of a terminal that is gone.

    Without SIGHUP where the process was started so as to outlive its terminal (nohup).
    """
    outlives = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return (signal.SIGTERM,) if outlives else (signal.SIGTERM, signal.SIGHUP)


def leave_at_once() -> NoReturn:
    """End a process that has done its work, without Python's own clearing up.

    With torch that takes 0.4 s, a sixth of what a training job takes beside its epochs.
    """
    # Nobody may be left to read what is printed, which takes nothing from what was done.
    with contextlib.suppress(BrokenPipeError):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


def refuse_edited(script: Path, started: Path) -> None:
    """Raise fingerprint.CodeError if a script's code is not what the workflow started with.

    Nothing is known if that was not written down, as in a workflow that uses this one as a module
    and does not call its onstart; what an earlier start has left there does not count.
    """
    try:
        record = json.loads(read_plain(started))
    except FileNotFoundError:
        return
    if record["start"] == os.environ.get(START):
        check_code(script, record["code"][script.name])


@contextlib.contextmanager
def ending_clearly() -> Iterator[None]:
    """End the process with one message for what a user can do something about."""
    try:
        yield
    except UserError as error:
        LOGGER.error("%s", error)
        sys.exit(1)
    except OSError as error:
        if error.errno is None:  # no answer of the system
            raise
        LOGGER.error("%s", _refusal(error))
        sys.exit(1)
    except MemoryError as error:
        LOGGER.error("there is not enough memory here%s", f": {error}" if str(error) else "")
        sys.exit(1)


def _refusal(error: OSError) -> str:
    """Return what the system refused, and what to do."""
    place = f" to {error.filename}" if error.filename else ""
    if error.errno in _NO_SPACE:
        return (
            f"nothing more can be written{place}: {error.strerror}. What was finished is kept; "
            "make space and start again"
        )
    return (
        f"{error.filename or 'the system'}: {error.strerror}. What was finished is kept; put that "
        "right and start again"
    )
