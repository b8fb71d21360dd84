"""Parts of a cluster that are lost under a running study, and how quickly a run leaves.

One test at a time.
"""

import time

import cluster
import pytest
from slurm_runs import details, histories, run_logs, slurm, state, training_processes, until

pytestmark = pytest.mark.usefixtures("whole_cluster")


def test_a_run_leaves_within_five_seconds_of_a_warning(send, local):
    sent = send("--until", "train")
    job = sent.job_in_training()
    slurm("scancel", "--signal=TERM", job)
    warned = time.monotonic()
    sent.go_on()
    until(lambda: not training_processes(job), "the run to leave")
    assert time.monotonic() - warned < 5
    assert "stopped by SIGTERM" in run_logs(sent.directory)
    sent.finish()
    assert histories(sent.directory) == local


def test_a_node_whose_daemon_is_restarted_goes_on(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    node = details(job)["NodeList"]
    cluster.kill(f"slurmd-{node}")
    cluster.start_node(node)
    sent.go_on()
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert "going on after" not in run_logs(sent.directory), "nothing was begun again"
    assert histories(sent.directory) == local
    faults("a node's daemon killed and restarted", state(job), "nothing noticed")


def test_a_controller_that_is_killed_and_restarted_is_waited_for(
    whole_cluster, send, local, faults
):
    sent = send("--until", "train")
    job = sent.job_in_training()
    # One that is killed before it has written down that the job runs starts it a second time, which
    # the node refuses.
    began, written = time.time(), cluster.HOME / "state" / "job_state"
    until(lambda: written.stat().st_mtime > began, "the controller to write down its jobs")
    cluster.kill("slurmctld")
    time.sleep(3)  # long enough for Snakemake to ask in vain
    cluster.start_controller()
    sent.go_on()
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert histories(sent.directory) == local
    faults("the controller killed and restarted", state(job), "waited for its answer")
