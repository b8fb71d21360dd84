"""Fixtures that tests share: the tiny real data set, and a whole run of the tiny studies on it."""

import fcntl
import os
import shutil
import signal
import sys

import pytest
from hypothesis import settings
from whole_runs import PROJECT, TINY, TINY_DATA, bring_compiled_steps, snakemake

# The machines that run this are shared; a slow example is no failure.
settings.register_profile("project", deadline=None, max_examples=50)
settings.load_profile("project")

# The hundreds of programs that tests start keep what Python has compiled, as they do for users.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Programs inherit that Ctrl-C is ignored where the tests were started in the background.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# And that the terminal is closed, where they were started by nohup.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

#: The files that take longest, most of them with whole runs of the workflow, the longest first; but
#: those that share one whole run do not stand together: a process would wait for the other one's.
LONGEST = (
    *(
        "failures",
        "reruns",
        "interruptions",
        "shared_cache",
        "packs",
        "command",
        "own_problem",
        "module",
        "protocol",
    ),
    *("plan", "seams", "own_networks", "verify", "workflow", "prune", "figures", "costs"),
    *("extending", "wheel", "defaults_and_find", "budgets_of_schedules", "variance_runs"),
    *("looks_kept", "runs_from_elsewhere", "killed_runs", "resume", "stored_once"),
)
_PLACES = {f"test_{name}": place for place, name in enumerate(LONGEST)}


def pytest_xdist_auto_num_workers():
    """Return a process more than there are cores: a third of their time whole runs wait."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_modifyitems(items):
    """Put the files that take longest first.

    A file stays with one process. Were a long one among the last, one process would work on it
    while the others have nothing left to do.
    """
    items.sort(key=lambda item: _PLACES.get(item.path.stem, len(_PLACES)))


@pytest.fixture(autouse=True)
def search_path_as_before():
    """Take folders of own files from where modules are looked for: other processes inherit it."""
    before = sys.path[:]
    yield
    sys.path[:] = before


@pytest.fixture
def never_waiting():
    """End a test that hangs, as one that waits for the other end of a FIFO, with an error."""

    def stop(_number, _frame):
        raise AssertionError("this takes no end")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def tiny_arrays():
    """The tiny real data set: {"train" or "test": (images uint8 [n, 784], labels uint8 [n])}."""
    import gzip

    import numpy as np

    def read(name, header):
        content = gzip.decompress((TINY_DATA / f"{name}.gz").read_bytes())
        return np.frombuffer(content, np.uint8)[header:].copy()

    return {
        split: (
            read(f"{prefix}-images-idx3-ubyte", 16).reshape(-1, 784),
            read(f"{prefix}-labels-idx1-ubyte", 8),
        )
        for split, prefix in (("train", "train"), ("test", "t10k"))
    }


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """A folder with the results of the tiny studies; its name holds a space.

    The first process that needs them makes them, and each has a copy of its own: Snakemake locks
    the folder that it works in, and tests move runs in it for a while.
    """
    directory = tmp_path_factory.mktemp("of this process") / "tiny results"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return build(directory)
    # The folder of all processes of these tests; that of one lies in it.
    shared = tmp_path_factory.getbasetemp().parent / "tiny results"
    with open(shared.with_name("tiny results.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            build(shared.with_name("tiny results, unfinished")).rename(shared)
    return shutil.copytree(shared, directory)


def build(directory):
    """Run the tiny studies in a folder, and return it."""
    # As in a notebook, which tells programs to draw into it.
    surroundings = {"MPLBACKEND": "module://nowhere"}
    process = snakemake(directory=directory, environment=surroundings)
    assert process.returncode == 0, process.stdout + process.stderr
    return directory


@pytest.fixture
def results(built, tmp_path):
    """A copy of the results of the tiny studies, to be changed."""
    return shutil.copytree(built, tmp_path / "results of tiny")


@pytest.fixture
def copied(tmp_path):
    """A copy of the project, to be edited, at another place and with new times."""
    copy = tmp_path / "a copy"
    copy.mkdir()
    for name in ("Snakefile", "config.yaml", "Makefile", "pyproject.toml"):
        (copy / name).write_text((PROJECT / name).read_text(encoding="utf-8"))
    for name in ("rules", "scripts", "studies", "profiles", "report", "envs"):
        shutil.copytree(
            PROJECT / name,
            copy / name,
            ignore=shutil.ignore_patterns("__pycache__"),
            copy_function=shutil.copyfile,
        )
    bring_compiled_steps(copy)
    return copy


@pytest.fixture
def edited(tmp_path):
    """A function that writes the tiny configuration with one text replaced by another."""

    def write(old, new):
        text = TINY.read_text(encoding="utf-8")
        assert old in text
        folder = str(PROJECT / "tests" / "data" / "fashion-mnist-tiny")
        text = text.replace("../data/fashion-mnist-tiny", folder)
        path = tmp_path / "edited.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return write
