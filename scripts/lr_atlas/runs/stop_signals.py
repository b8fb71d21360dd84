"""Signals by which somebody stops Snakemake, taken down."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


class StopSignals:
    """Know whether this process was told to stop."""

    def __init__(self) -> None:
        """Begin with none; `listen` takes them down."""
        self._seen: list[int] = []

    def __bool__(self) -> bool:
        """Return whether there was one."""
        return bool(self._seen)

    def listen(self, tell: Callable[[], None]) -> None:
        """Take down signals from now on, then do what was done about them before.

        A terminal that is closed (SIGHUP) stops Snakemake as Ctrl-C does, unless that is ignored,
        which is what nohup asks for. tell: is called at each signal.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before = signal.getsignal(number)
            if before != signal.SIG_IGN:
                signal.signal(number, self._noting(tell, before))

    def _noting(self, tell: Callable[[], None], before: object) -> Callable[..., None]:
        def noted(number: int, frame: FrameType | None) -> None:
            self._seen.append(number)
            tell()
            if not callable(before):
                raise KeyboardInterrupt
            if number == signal.SIGINT:
                before(number, frame)  # may raise KeyboardInterrupt, here
            else:
                # Snakemake's own waits for a lock that this very thread may hold just now.
                threading.Thread(target=before, args=(number, frame), daemon=True).start()

        return noted
