"""Runs of the workflow on a real Slurm, watched while they go on."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

STUDY = Path(__file__).with_name("study.yaml")
#: Anything may take so many seconds, far more than it takes on a busy machine.
PATIENCE = 1200
#: Sets account and partition as the profile does, to be followed by more.
PLACE = ("--default-resources", "slurm_account=test", "slurm_partition=main")
#: For jobs that are to wait in the queue until they are released.
HELD = (*PLACE, "slurm_extra='--hold'")


class Sent:
    """A Snakemake that sends its jobs to Slurm."""

    def __init__(self, profile, arguments, config, directory, project):
        self.directory = directory
        self.said = directory / f"snakemake-{time.monotonic_ns()}.txt"
        command = [sys.executable, "-m", "snakemake", "--snakefile", project / "Snakefile"]
        command += ["--profile", profile, "--configfile", config, "--directory", directory]
        # Looked at more often than the profile would, which costs these tests time alone.
        command += ["--slurm-init-seconds-before-status-checks", "1", *arguments]
        with open(self.said, "wb") as file:
            self.process = subprocess.Popen(
                list(map(str, command)),
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Ctrl-C reaches it, even where these tests run in the background of a shell.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def text(self):
        """Return all that it has said so far."""
        return self.said.read_text(encoding="utf-8", errors="replace")

    def finish(self):
        """Wait for its end, which has to be a good one; returns what it said."""
        assert self.process.wait(PATIENCE) == 0, self.text
        return self.text

    def fail(self):
        """Wait for its end, which has to be a failure; returns what it said."""
        assert self.process.wait(PATIENCE) == 1, self.text
        return self.text

    def kill(self):
        """Kill Snakemake alone, as a lost login node would; its jobs stay."""
        self.process.kill()
        self.process.wait()

    def interrupt(self):
        """Ctrl-C: what a terminal sends goes to all processes in it."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        until(self._cancel_all, "the jobs to end")

    def _cancel_all(self):
        """Cancel what Slurm still has of the jobs, and say whether nothing is left.

        `scancel` calls it an error when a job is over already, or ends while it is asked.
        """
        listed = slurm("squeue", "--noheader", "--states=PENDING,RUNNING", "--format=%A").split()
        left = set(listed) & set(self.sent_jobs())
        if left:
            subprocess.run(["scancel", *left], check=False)
        return not left

    def job(self, number=-1):
        """The Slurm number of the job that was sent last, or of another one; waits for it."""
        return until(lambda: self.sent_jobs()[number], f"a job\n{self.text}")

    def sent_jobs(self):
        return re.findall(r"submitted with SLURM jobid (\d+)", self.text)

    def job_in_training(self, number=-1):
        """The number of a job whose run has kept a first checkpoint, and is held there."""
        until(lambda: list(self.directory.glob("results/checkpoints/*/*/*.zip")), "a checkpoint")
        job = self.job(number)
        hold(job, signal.SIGSTOP)
        assert state(job) == "RUNNING", (state(job), self.text)
        return job

    def go_on(self):
        """Let all runs go on that are held."""
        for job in self.sent_jobs():
            hold(job, signal.SIGCONT)


def hold(job, number):
    """Send a signal to the training processes of a job, which no other part of it gets.

    A run that is stopped cannot end before its fault has come; Slurm wakes it for its warning.
    """
    for process in training_processes(job):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def training_processes(job):
    """The numbers of a job's processes that train, and of the shell that has started them."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (directory / "cmdline").read_bytes()
            variables = (directory / "environ").read_bytes().split(b"\0")
            if b"scripts/train" in command and f"SLURM_JOB_ID={job}".encode() in variables:
                found.append(int(directory.name))
    return found


def until(look, what):
    """Wait until `look()` gives something true, and return it."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = look()
        except IndexError:
            found = None
        if found:
            return found
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.05)


def slurm(*command):
    """The output of one of Slurm's commands."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def state(job):
    """Return the state of a job in Slurm, such as RUNNING or TIMEOUT."""
    return slurm("squeue", "--noheader", "--states=all", "--format=%T", f"--jobs={job}").strip()


def details(job):
    """{key: value} of what `scontrol show job` says."""
    return dict(re.findall(r"(\S+?)=(\S*)", slurm("scontrol", "show", "job", job)))


def minutes_asked(job):
    """The time limit of a job."""
    days, _, clock = details(job)["TimeLimit"].rpartition("-")
    hours, minutes, _ = clock.split(":")
    return 60 * (24 * int(days or 0) + int(hours)) + int(minutes)


def histories(directory):
    """{run and length: bytes of its history}."""
    runs = directory / "results" / "runs"
    return {
        str(path.parent.relative_to(runs)): path.read_bytes()
        for path in runs.glob("*/*/history.csv")
    }


def run_logs(directory):
    """The logs of all runs, joined."""
    paths = sorted((directory / "results" / "logs" / "train").glob("*/*.log"))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
