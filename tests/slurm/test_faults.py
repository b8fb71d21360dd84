"""Faults of clusters: after each, the bytes are those of an undisturbed local run."""

import os
import shutil

import pytest
from slurm_runs import HELD, STUDY, details, histories, minutes_asked, run_logs, slurm, state, until
from whole_runs import PROJECT


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
    # Slurm does so to a job that is preempted, with PreemptMode=REQUEUE.
    slurm("scontrol", "requeue", job)
    said = until(lambda: state(job) != "RUNNING" and state(job), "the job to leave")
    sent.finish()
    assert sent.sent_jobs() == [job], "Slurm itself has begun it again"
    assert details(job)["Restarts"] == "1"
    assert "stopped by SIGTERM" in run_logs(sent.directory)
    assert "going on after" in run_logs(sent.directory)
    assert histories(sent.directory) == local
    faults("preempted (requeued) while running", said, "left, begun again by Slurm, went on")


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


def test_a_job_over_its_memory_gets_more(send, local, faults):
    # On the command line these take the place of all that the profile sets.
    resources = ("train_pack:runs_per_job=20", "train_pack:mem_mb=350*attempt*attempt")
    sent = send("--until", "train", "--set-resources", *resources)
    sent.finish()
    first, last = sent.sent_jobs()[0], sent.job()
    assert state(first) in ("FAILED", "OUT_OF_MEMORY")
    assert details(first)["MinMemoryNode"] == "350M"
    assert details(last)["MinMemoryNode"] in ("1400M", "3150M")
    assert histories(sent.directory) == local
    faults("over its memory", state(first), "sent again with more memory, went on")


def test_a_killed_snakemake_is_started_again_while_its_jobs_run_or_wait(send, local, faults):
    own_jobs = ("--set-resources", "train_pack:runs_per_job=1")
    first = send("--until", "train", *own_jobs, *HELD)
    until(lambda: len(first.sent_jobs()) == 2, "both jobs")
    running, waiting = first.sent_jobs()
    slurm("scontrol", "release", running)
    first.job_in_training(0)
    states = [state(running), state(waiting)]
    first.kill()
    second = send("--until", "train", *own_jobs)
    until(lambda: len(second.sent_jobs()) == 2, "both jobs again")
    slurm("scontrol", "release", waiting)
    until(lambda: state(waiting) == "FAILED", "the waiting job to end")
    first.go_on()
    second.finish()
    assert "Removed the lock of a Snakemake that was killed" in second.text
    assert states == ["RUNNING", "PENDING"]
    until(lambda: state(running) == "COMPLETED", "the old job to end")
    assert "sent by a Snakemake that is gone" in slurm_log(second, waiting)
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
    until(lambda: state(job) == "CANCELLED", f"the job to leave the queue\n{sent.text}")
    faults("Ctrl-C on Snakemake", state(job), "cancelled its jobs, which kept a checkpoint")
    again = send("--until", "train")
    again.finish()
    assert "going on after" in run_logs(again.directory)
    assert histories(again.directory) == local


def test_a_job_that_ctrl_c_overlooks_is_named_and_loses_nothing(send, local, tmp_path, monkeypatch):
    # Snakemake spends most of its time asking where the answer takes longer than the pause.
    slow = tmp_path / "bin" / "squeue"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\nsleep 10\nexec {shutil.which("squeue")} "$@"\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    sent = send("--until", "train")
    monkeypatch.undo()
    sent.job_in_training()
    sent.interrupt()
    assert sent.process.wait(60) != 0
    until(lambda: "look into the queue" in sent.text, "Snakemake to say so")
    again = send("--until", "train")
    again.job()  # it waits for the run that the one overlooked works on
    sent.go_on()
    again.finish()
    assert histories(again.directory) == local


def test_a_run_that_fails_always_costs_itself_alone(send, local, faults):
    run, other = sorted(local)
    checkpoints = send.directory / "results" / "checkpoints" / run.partition("/")[0]
    # A folder lies where the lock of its checkpoints should be.
    (checkpoints / "lock").mkdir(parents=True)
    sent = send()
    sent.fail()
    jobs = sent.sent_jobs()
    assert len(jobs) == 3, "three attempts"
    log = f"results/logs/train/{run}.log"
    assert "where a plain file belongs" in (sent.directory / log).read_text(encoding="utf-8")
    assert log in sent.text
    assert histories(sent.directory) == {other: local[other]}
    assert (sent.directory / "results" / "report.html").exists()
    faults(
        "a run that fails always",
        ", ".join(map(state, jobs)),
        "three attempts; its log was named, the other run finished, the report built without it",
    )


@pytest.mark.parametrize("file", ["scripts/lr_atlas/training/network.py", "rules/train.smk"])
def test_jobs_in_the_queue_refuse_code_that_was_edited(send, copied, faults, file):
    sent = send("--until", "train", "--retries", "0", *HELD, project=copied)
    job = sent.job()
    with open(copied / file, "a", encoding="utf-8") as opened:
        opened.write("\nEDITED = True\n")
    slurm("scontrol", "release", job)
    sent.fail()
    message = f"edited after Snakemake had started: {file.removeprefix('scripts/')}. Nothing was"
    logs = (sent.directory / "results" / "logs").rglob("*.log")
    said = sent.text + "".join(path.read_text(encoding="utf-8") for path in logs)
    assert message in said + slurm_log(sent, job)
    assert not histories(sent.directory)
    assert not list(sent.directory.rglob("*.zip"))
    faults(f"`{file}` edited while the job waited", state(job), "refused, naming the file")


def slurm_log(sent, job):
    """Return what a job that failed has said."""
    return next(sent.directory.rglob(f"slurm_logs/**/{job}.log")).read_text(encoding="utf-8")


def test_a_configuration_that_is_edited_changes_nothing_for_jobs_in_the_queue(
    send, local, tmp_path
):
    config = tmp_path / "study.yaml"
    text = STUDY.read_text(encoding="utf-8")
    data = str(PROJECT / "tests" / "data" / "fashion-mnist-tiny")
    config.write_text(text.replace("../data/fashion-mnist-tiny", data), encoding="utf-8")
    sent = send("--until", "train", *HELD, config=config)
    job = sent.job()
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("seeds: 2", "seeds: [7]"), encoding="utf-8")
    slurm("scontrol", "release", job)
    sent.finish()
    assert histories(sent.directory) == local
