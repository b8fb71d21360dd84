"""A real Slurm for the tests in this folder, and the study that they send to it."""

import shutil
import sys
from pathlib import Path

import cluster
import pytest
from slurm_runs import STUDY, Sent, histories
from whole_runs import PROJECT, output, snakemake


@pytest.fixture(scope="session", autouse=True)
def slurm():
    """Three nodes, for the time of the tests if there are none yet."""
    reason = cluster.why_not()
    if reason:
        pytest.skip(reason)
    ran_before = cluster.is_running()
    cluster.start()
    yield
    if not ran_before:
        cluster.stop()


@pytest.fixture
def whole_cluster(slurm):
    """For tests that take a part of the cluster away: it is whole again afterwards."""
    yield
    cluster.start()


@pytest.fixture(scope="session")
def faults(request):
    """A function that adds a row to the table of faults, in the file that --fault-table names."""
    path = request.config.getoption("--fault-table", default=None)

    def add(*row):
        if path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"| {' | '.join(row)} |\n")

    return add


@pytest.fixture(scope="session")
def profile(tmp_path_factory):
    """profiles/slurm as its user leaves it: account, partition and who is asked are set."""
    folder = shutil.copytree(PROJECT / "profiles" / "slurm", tmp_path_factory.mktemp("p") / "slurm")
    text = (folder / "config.yaml").read_text(encoding="utf-8")
    for mine, here in (
        ("slurm_account=my-account", "slurm_account=test"),
        ("slurm_partition=my-partition", "slurm_partition=main"),
        ("slurm-status-command: sacct", "slurm-status-command: squeue"),
    ):
        assert text.count(mine) == 1
        text = text.replace(mine, here)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def local_results(tmp_path_factory):
    """A folder with the runs of the study, from an undisturbed local run."""
    directory = tmp_path_factory.mktemp("local")
    output(snakemake("--until", "train", directory=directory, config=STUDY))
    return directory


@pytest.fixture(scope="session")
def local(local_results):
    """The bytes of all histories of the study, from an undisturbed local run."""
    return histories(local_results)


@pytest.fixture
def send(profile, tmp_path):
    """A function that starts Snakemake with the Slurm profile, and does not wait for it."""
    sent = []

    def start(*arguments, config=STUDY, directory=tmp_path, project=PROJECT, profile=profile):
        sent.append(Sent(profile, arguments, config, directory, project))
        return sent[-1]

    start.directory = tmp_path
    yield start
    for each in sent:
        each.end()


def pytest_report_header():
    """Say why nothing will run, where that is so."""
    reason = cluster.why_not()
    return f"slurm: {reason or 'three virtual nodes'} (Python {sys.version.split()[0]})"


def pytest_addoption(parser):
    parser.addoption("--fault-table", type=Path, help="where to write what the faults led to")
