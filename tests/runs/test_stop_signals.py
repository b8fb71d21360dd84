"""Signals by which somebody stops Snakemake."""

import os
import queue
import signal
import threading

import pytest

from lr_atlas.runs.stop_signals import StopSignals


@pytest.fixture(autouse=True)
def as_before():
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_signal_is_taken_down_and_does_what_it_did_before():
    told, done, lock = [], queue.SimpleQueue(), threading.Lock()

    def before(number, frame):
        with lock:
            done.put(number)

    signal.signal(signal.SIGTERM, before)
    stopped = StopSignals()
    stopped.listen(lambda: told.append("stop"))
    assert not stopped
    with lock:  # as Snakemake does while it finishes a job
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopped
        assert told == ["stop"]
    assert done.get(timeout=60) == signal.SIGTERM


def test_a_closed_terminal_stops_as_ctrl_c_does_unless_nohup_ignores_it():
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stopped = StopSignals()
    stopped.listen(lambda: None)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stopped = StopSignals()
    stopped.listen(lambda: None)
    os.kill(os.getpid(), signal.SIGHUP)
    assert not stopped
