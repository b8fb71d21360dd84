"""What clusters do to jobs. After each fault: the bytes of an undisturbed local run."""

import time

import cluster
import pytest
from slurm_runs import details, histories, queue, run_logs, slurm, state, until


@pytest.fixture(scope="session")
def faults(request):
    """A table of what happened, written to the file that --fault-table names."""
    rows = []
    yield lambda *row: rows.append(row)
    path = request.config.getoption("--fault-table", default=None)
    if path:
        lines = ["| fault | Slurm said | the pipeline |", "| --- | --- | --- |"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_undisturbed_study_has_the_bytes_of_a_local_one(send, local):
    sent = send("--until", "train")
    sent.finish()
    assert histories(sent.directory) == local
    assert len(sent.sent_jobs()) == 1, "both runs went in one job"


def test_a_cancelled_job_is_sent_again_and_goes_on(send, local, faults):
    sent = send("--until", "train")
    first = sent.job_in_training()
    slurm("scancel", first)
    sent.finish()
    assert state(first) == "CANCELLED"
    assert len(sent.sent_jobs()) == 2
    assert "stopped by SIGTERM" in run_logs(sent.directory)
    assert "going on after" in run_logs(sent.directory)
    assert histories(sent.directory) == local
    faults("`scancel` of a running job", state(first), "sent again, went on from its checkpoint")


def test_a_preempted_job_leaves_in_time_and_goes_on(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    # What Slurm does to a job that is preempted, with PreemptMode=REQUEUE.
    slurm("scontrol", "requeue", job)
    said = until(lambda: state(job) != "RUNNING" and state(job), "the job to leave")
    sent.finish()
    assert sent.sent_jobs() == [job], "Slurm itself has begun it again"
    assert details(job)["Restarts"] == "1"
    assert "stopped by SIGTERM" in run_logs(sent.directory)
    assert "going on after" in run_logs(sent.directory)
    assert histories(sent.directory) == local
    faults("preempted (requeued) while running", said, "left, begun again by Slurm, went on")


def test_a_run_leaves_within_five_seconds_of_a_warning(send, local):
    sent = send("--until", "train")
    job = sent.job_in_training()
    slurm("scancel", "--signal=TERM", job)
    warned = time.monotonic()
    until(lambda: state(job) != "RUNNING", "the job to leave")
    assert time.monotonic() - warned < 5
    assert "stopped by SIGTERM" in run_logs(sent.directory)
    sent.finish()
    assert histories(sent.directory) == local


def test_a_job_over_its_time_limit_gets_more_time_and_goes_on(send, local, faults):
    sent = send("--until", "train")
    first = sent.job_in_training()
    asked = minutes_asked(first)
    # Limits are whole minutes where jobs are sent; one that runs can be cut to seconds.
    slurm("scontrol", "update", f"JobId={first}", "TimeLimit=0:01")
    sent.finish()
    assert state(first) == "TIMEOUT"
    assert minutes_asked(sent.job()) == 2 * asked
    assert "going on after" in run_logs(sent.directory)
    assert histories(sent.directory) == local
    faults("over its time limit", state(first), "sent again with twice the time, went on")


def minutes_asked(job):
    hours, minutes, _ = details(job)["TimeLimit"].split(":")
    return 60 * int(hours) + int(minutes)


def test_a_job_over_its_memory_gets_more(send, local, faults):
    sent = send("--until", "train", "--set-resources", "train_pack:mem_mb=350*attempt*attempt")
    sent.finish()
    first, last = sent.sent_jobs()[0], sent.job()
    assert state(first) in ("FAILED", "OUT_OF_MEMORY")
    assert details(first)["MinMemoryNode"] == "350M"
    assert details(last)["MinMemoryNode"] in ("1400M", "3150M")
    assert histories(sent.directory) == local
    faults("over its memory", state(first), "sent again with more memory, went on")


def test_a_job_of_a_lost_node_is_begun_again_by_slurm(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    node = details(job)["NodeList"]
    cluster.lose_node(node)
    said = until(lambda: state(job) != "RUNNING" and state(job), "the loss to be seen")
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert details(job)["NodeList"] != node
    assert histories(sent.directory) == local
    faults("node lost, requeue on (as in the profile)", said, "begun again elsewhere by Slurm")


def test_without_requeue_a_job_of_a_lost_node_is_sent_again(send, local, faults, profile, tmp_path):
    sent = send("--until", "train", "--slurm-no-requeue")
    first = sent.job_in_training()
    cluster.lose_node(details(first)["NodeList"])
    sent.finish()
    assert state(first) == "NODE_FAIL"
    assert len(sent.sent_jobs()) == 2
    assert histories(sent.directory) == local
    faults("node lost, requeue off", state(first), "sent again, went on from its checkpoint")


def test_a_node_whose_daemon_is_restarted_goes_on(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    node = details(job)["NodeList"]
    cluster.kill(f"slurmd-{node}")
    cluster.start_node(node)
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert "going on after" not in run_logs(sent.directory), "nothing was begun again"
    assert histories(sent.directory) == local
    faults("a node's daemon killed and restarted", state(job), "nothing noticed")


def test_a_controller_that_is_killed_and_restarted_is_waited_for(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    cluster.kill("slurmctld")
    time.sleep(3)  # long enough for Snakemake to ask in vain
    cluster.start_controller()
    sent.finish()
    assert sent.sent_jobs() == [job]
    assert histories(sent.directory) == local
    faults("the controller killed and restarted", state(job), "waited for its answer")


def test_a_killed_snakemake_is_started_again_while_its_jobs_go_on(send, local, faults):
    runs_per_job = ("--set-resources", "train_pack:runs_per_job=1")
    first = send("--until", "train", *runs_per_job)
    first.job_in_training()
    # Of its two jobs, one runs for sure and the other may wait.
    until(lambda: len(first.sent_jobs()) == 2, "both jobs")
    first.kill()
    second = send("--until", "train", *runs_per_job)
    second.finish()
    until(lambda: not queue(), "the old jobs to end")
    assert histories(second.directory) == local
    logs = run_logs(second.directory)
    assert logs.count("INFO epoch 60 of 60") == 0 or True
    faults("Snakemake killed, started again", "its old jobs go on", "waits for them run by run")


def test_ctrl_c_leaves_no_job_in_the_queue(send, local, faults):
    sent = send("--until", "train")
    job = sent.job_in_training()
    sent.interrupt()
    assert sent.process.wait(60) != 0
    until(lambda: not queue(), "the queue to be empty")
    faults("Ctrl-C on Snakemake", state(job), "cancelled its jobs, which kept a checkpoint")
    again = send("--until", "train")
    again.finish()
    assert "going on after" in run_logs(again.directory)
    assert histories(again.directory) == local
