"""A program is run to its end: its words kept, signals passed on, nothing of it left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lr_atlas.common.errors import UserError
from lr_atlas.common.program import run_program

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(words, folder):
    return run_program(words, folder, os.environ)


def test_it_says_how_it_ended_and_what_was_said_last(tmp_path, capfd):
    ended = run(["sh", "-c", "echo one; echo two >&2; echo three; echo four; exit 3"], tmp_path)
    assert ended.how == "ended with exit code 3"
    assert ended.last_lines == "two | three | four"
    assert capfd.readouterr().err == "one\ntwo\nthree\nfour\n"
    assert run(["sh", "-c", "kill -9 $$"], tmp_path).how == (
        "was killed (by SIGKILL, as for want of memory)"
    )


def test_it_works_in_its_folder(tmp_path):
    run(["sh", "-c", "echo x > here"], tmp_path)
    assert (tmp_path / "here").read_text() == "x\n"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0, "there is no program './mine'"),
        ("no program", 0o755, "its first line does not name one"),
        ("#!/bin/sh\n", 0o644, "'./mine' cannot be run: Permission denied"),
    ],
)
def test_what_cannot_be_started_is_named(tmp_path, content, mode, said):
    if content is not None:
        (tmp_path / "mine").write_text(content)
        (tmp_path / "mine").chmod(mode)
    with pytest.raises(UserError, match=said):
        run(["./mine"], tmp_path)


def test_what_a_program_leaves_behind_is_ended(tmp_path):
    run(["sh", "-c", "sleep 600 & echo $! > child"], tmp_path)
    number = int((tmp_path / "child").read_text())
    wait_for(lambda: is_gone(number))  # the kernel takes its moment after SIGKILL


#: SIGHUP is ignored where the tests were started with nohup.
CALLER = """\
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pathlib import Path
from lr_atlas.common.program import run_program
run_program(["sh", "-c", sys.argv[1]], Path(), os.environ)
"""


def started(program, folder):
    """A process that runs a program, once that has begun (it writes `begun`)."""
    process = subprocess.Popen(
        [sys.executable, "-c", CALLER, program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        stderr=subprocess.DEVNULL,
    )
    wait_for((folder / "begun").exists)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_program_which_may_save(tmp_path, number):
    name = number.name.removeprefix("SIG")
    program = f"trap 'echo saved > state; exit 0' {name}; : > begun; while :; do sleep 0.1; done"
    process = started(program, tmp_path)
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert (tmp_path / "state").read_text() == "saved\n"


def test_nothing_lives_on_when_the_job_itself_is_killed(tmp_path):
    process = started("echo $$ > pids; sleep 600 & echo $! >> pids; : > begun; wait", tmp_path)
    process.kill()
    process.wait()
    for number in (tmp_path / "pids").read_text().split():
        wait_for(lambda number=number: is_gone(int(number)))


def is_gone(number):
    """Return whether a process has ended, also where nobody has taken its exit code yet."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(happened):
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)
