"""What clusters do to jobs. After each fault: the bytes of an undisturbed local run."""

import time

import cluster
import pytest
from slurm_runs import STUDY, details, histories, queue, run_logs, slurm, state, until
from whole_runs import PROJECT


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


def test_without_requeue_a_job_of_a_lost_node_is_sent_again(send, local, faults):
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


def test_a_killed_snakemake_is_started_again_while_its_jobs_run_or_wait(send, local, faults):
    # One core is left: of the two jobs one runs, and the other waits.
    slurm("scontrol", "update", "NodeName=n2,n3", "State=DRAIN", "Reason=test")
    slurm("sbatch", "--nodelist=n1", "--wrap=sleep 600", "--output=/dev/null", "--job-name=other")
    own_jobs = ("--set-resources", "train_pack:runs_per_job=1")
    first = send("--until", "train", *own_jobs)
    until(lambda: len(first.sent_jobs()) == 2, "both jobs")
    until(lambda: list(first.directory.glob("results/checkpoints/*/*/*.zip")), "a checkpoint")
    old = first.sent_jobs()
    states = {state(job): job for job in old}
    first.kill()
    second = send("--until", "train", *own_jobs)
    until(lambda: len(second.sent_jobs()) == 2, "both jobs again")
    slurm("scontrol", "update", "NodeName=n2,n3", "State=RESUME")
    second.finish()
    assert "Removed the lock of a Snakemake that was killed" in second.text
    assert set(states) == {"PENDING", "RUNNING"}
    until(lambda: state(states["RUNNING"]) == "COMPLETED", "the old job to end")
    assert state(states["PENDING"]) == "FAILED"
    assert "sent by a Snakemake that is gone" in slurm_log(second, states["PENDING"])
    # One run was trained by the old job alone, from which the new one took it over.
    logs = (second.directory / "results" / "logs" / "train").glob("*/*.log")
    assert sorted(path.read_text().count(" INFO epoch ") for path in logs) == [0, 60]
    assert histories(second.directory) == local
    faults(
        "Snakemake killed and started again, an old job running and one waiting",
        "COMPLETED and FAILED",
        "took over what the first trained; the second said that it is no longer wanted",
    )


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


def test_a_run_that_fails_always_costs_itself_alone(send, local, faults):
    run, other = sorted(local)
    checkpoints = send.directory / "results" / "checkpoints" / run.partition("/")[0]
    # Where the lock of its checkpoints should be there is a folder.
    (checkpoints / "lock").mkdir(parents=True)
    sent = send()
    sent.fail()
    jobs = sent.sent_jobs()
    assert len(jobs) == 3, "three attempts"
    log = f"results/logs/train/{run}.log"
    assert "IsADirectoryError" in (sent.directory / log).read_text(encoding="utf-8")
    assert log in sent.text
    assert histories(sent.directory) == {other: local[other]}
    assert (sent.directory / "results" / "report.html").exists()
    faults(
        "a run that fails always",
        ", ".join(map(state, jobs)),
        "three attempts; its log was named, the other run finished, the report built without it",
    )


@pytest.mark.parametrize("file", ["scripts/lr_atlas/network.py", "rules/train.smk"])
def test_jobs_in_the_queue_refuse_code_that_was_edited(send, copied, faults, file):
    slurm("scontrol", "update", "NodeName=ALL", "State=DRAIN", "Reason=test")
    sent = send("--until", "train", "--retries", "0", project=copied)
    job = sent.job()
    with open(copied / file, "a", encoding="utf-8") as opened:
        opened.write("\nEDITED = True\n")
    slurm("scontrol", "update", "NodeName=ALL", "State=RESUME")
    sent.fail()
    message = f"edited after Snakemake had started: {file.removeprefix('scripts/')}. Nothing was"
    logs = (sent.directory / "results" / "logs").rglob("*.log")
    said = sent.text + "".join(path.read_text(encoding="utf-8") for path in logs)
    assert message in said + slurm_log(sent, job)
    assert not histories(sent.directory)
    assert not list(sent.directory.rglob("*.zip"))
    faults(f"`{file}` edited while the job waited", state(job), "refused, naming the file")


def slurm_log(sent, job):
    """What a job that failed has said."""
    return next(sent.directory.rglob(f"slurm_logs/**/{job}.log")).read_text(encoding="utf-8")


def test_a_configuration_that_is_edited_changes_nothing_for_jobs_in_the_queue(
    send, local, tmp_path
):
    config = tmp_path / "study.yaml"
    text = STUDY.read_text(encoding="utf-8")
    data = str(PROJECT / "tests" / "data" / "fashion-mnist-tiny")
    config.write_text(text.replace("../data/fashion-mnist-tiny", data), encoding="utf-8")
    slurm("scontrol", "update", "NodeName=ALL", "State=DRAIN", "Reason=test")
    sent = send("--until", "train", config=config)
    sent.job()
    config.write_text("studies: {half written", encoding="utf-8")
    slurm("scontrol", "update", "NodeName=ALL", "State=RESUME")
    sent.finish()
    assert histories(sent.directory) == local
