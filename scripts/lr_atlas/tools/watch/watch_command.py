"""The command `watch`: a page on this machine that shows the runs while they train."""

import argparse
import signal
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

from lr_atlas.common.entry_point import ending_signals
from lr_atlas.common.errors import UserError
from lr_atlas.common.units import time_text
from lr_atlas.config.command_line import add_configuration_options, configuration_files
from lr_atlas.runs.atlas_code import load_with_code
from lr_atlas.runs.start_record import Start
from lr_atlas.runs.training_code import TRAINING
from lr_atlas.tools.watch.live_view import LiveView, Sight
from lr_atlas.tools.watch.server import LiveServer
from lr_atlas.tools.watch.watch_page import watch_page
from lr_atlas.tools.watch.watched_studies import WatchedStudies
from lr_atlas.tools.watch.workflow_state import Phase

DESCRIPTION = """\
Show the runs while they train: a page at an address of this machine alone.

It shows the studies that a workflow works on in this folder: curves that grow, what waits, what has
failed with its log, how long it takes. Started before the workflow, it waits for it. It only reads,
and may be ended (Ctrl-C) and started again at any time; it ends by itself after the workflow."""

#: Seconds between two looks; with many runs more, so that all of them take little of a core.
_BETWEEN_LOOKS = 1.0
_SHARE_OF_A_CORE = 0.02


@dataclass(frozen=True)
class Patience:
    """Hold for how many seconds the view stays."""

    before: float  # for a workflow to begin
    after: float = 60.0  # its end


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_configuration_options(parser, "later ones over earlier ones")
    parser.add_argument(
        "--port", type=_port, default=0, help="of the page's address (default: any that is free)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    parser.add_argument(
        "--wait",
        type=_minutes,
        default=60.0,
        metavar="MINUTES",
        help="how long it waits for a workflow to begin (default: 60)",
    )


def run(given: argparse.Namespace) -> int:
    """Serve the page until all is finished. Raises UserError."""
    files = configuration_files(given.configfile, given.directory)
    atlas, code = load_with_code(files, dict(given.config))
    start = Start("", atlas, {TRAINING: code})
    studies = WatchedStudies(start, given.directory / "results", 0.0)
    stop = threading.Event()
    # Ctrl-C is not meant for a view that was started in the background.
    heeds = signal.getsignal(signal.SIGINT) != signal.SIG_IGN
    for number in (*ending_signals(), *([signal.SIGINT] if heeds else [])):
        signal.signal(number, lambda *_: stop.set())
    view = LiveView(given.directory, studies)
    opening: Callable[[str], object] = webbrowser.open if given.open else lambda _: None
    watch(view, given.port, Patience(60 * given.wait), stop, opening=opening)
    return 0


def watch(
    view: LiveView,
    port: int,
    patience: Patience,
    stop: threading.Event,
    *,
    say: Callable[[str], None] = lambda text: print(text, flush=True),
    opening: Callable[[str], object] = lambda _: None,
) -> None:
    """Serve the page until the workflow has ended, or nothing is left to be done.

    stop: ends it when it is set. say: takes a sentence. opening: takes the page's address.
    Raises UserError where the port cannot be had.
    """
    sights = [view.look()]
    if sights[0].phase == Phase.NONE and sights[0].is_complete:
        say(f"Nothing to watch: all runs are finished. {_results(view)}")
        return
    try:
        server = LiveServer(
            port, watch_page(), lambda: sights[-1], view.studies.results / "studies"
        )
    except OSError as error:
        raise UserError(f"--port {port} cannot be had: {error.strerror}; name another") from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"{sights[0].said}\n{server.address} shows it; Ctrl-C ends the view, and no run with it.")
    opening(server.address)
    try:
        _look_on(view, sights, patience, stop, say)
    finally:
        server.shutdown()
        server.server_close()


def _look_on(
    view: LiveView,
    sights: list[Sight],
    patience: Patience,
    stop: threading.Event,
    say: Callable[[str], None],
) -> None:
    """Look again and again, the last sight in `sights`, until it is time to end."""
    quiet_since = time.monotonic()
    was_quiet = sights[0].phase == Phase.NONE
    pause = _BETWEEN_LOOKS
    while not stop.wait(pause):
        began = time.thread_time()
        sight = view.look()
        pause = max(_BETWEEN_LOOKS, (time.thread_time() - began) / _SHARE_OF_A_CORE)
        is_quiet = sight.phase == Phase.NONE
        # A workflow that was killed as it began has left its locks.
        if is_quiet != was_quiet or sight.phase == Phase.RUNNING:
            quiet_since = time.monotonic()
        if is_quiet and not was_quiet and view.was_live:
            say(f"{sight.said} The view ends in {time_text(patience.after)}.")
        elif sight.phase == Phase.RUNNING and sights[0].phase != Phase.RUNNING:
            say("The workflow has begun.")
        was_quiet = is_quiet
        stays = patience.after if view.was_live else patience.before
        sights[:] = [sight]
        if time.monotonic() - quiet_since >= stays and sight.phase != Phase.RUNNING:
            say(_farewell(view))
            return


def _farewell(view: LiveView) -> str:
    if not view.was_live:
        return "No workflow has begun; the view has ended."
    return f"The view has ended. {_results(view)}"


def _results(view: LiveView) -> str:
    report = view.studies.results / "report.html"
    return f"Results: {report}" if report.exists() else "There is no report yet."


def _port(text: str) -> int:
    """Return a number of a port. Raises ValueError."""
    if not 0 <= int(text) <= 65535:
        raise ValueError
    return int(text)


def _minutes(text: str) -> float:
    """Return a number of minutes, from 0. Raises ValueError."""
    if not 0 <= float(text) < 1e7:
        raise ValueError
    return float(text)
