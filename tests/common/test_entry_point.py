"""A script that is told to end says nothing of its inside, and its exit code says which signal."""

import signal
import subprocess
import sys

import pytest
from whole_runs import PROJECT

SCRIPT = """\
import argparse, os, time
from lr_atlas.common.entry_point import run_script
def main():
    try:
        os.kill(os.getpid(), {number})
        time.sleep(600)
    finally:
        print("cleared up")
run_script(main, argparse.ArgumentParser())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_script_with_its_number_and_no_traceback(number):
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(number=int(number))],
        env={"PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    assert process.returncode == 128 + number, process.stderr
    assert (process.stdout, process.stderr) == ("cleared up\n", "")
