"""After a failure: what is finished is collected, drawn and reported; missing runs are named."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pandas as pd
import pytest
from whole_runs import PROJECT, TINY, executed, jobs, run_folders, snakemake

from lr_atlas.studies.atlas import load_atlas

STUDY = "results/studies/tiny"


class Broken:
    """Runs that are gone and whose jobs fail, since a file lies where they keep checkpoints."""

    def __init__(self, directory, *words):
        self.folders = []
        for run in (directory / "results" / "runs").iterdir():
            if any(all(part in run.name for part in word.split()) for word in words):
                shutil.rmtree(run)
                folder = directory / "results" / "checkpoints" / run.name
                folder.rename(directory / run.name)
                folder.write_text("in the way")
                self.folders.append(folder)
        self.directory = directory
        self.runs = sorted(folder.name for folder in self.folders)
        self.logs = [f"results/logs/train/{run}/epochs-3.log" for run in self.runs]

    def repair(self):
        """Let the jobs find the ends of their runs, with the seconds that these took."""
        for folder in self.folders:
            folder.unlink()
            (self.directory / folder.name).rename(folder)


def in_the_way(directory, config, study):
    """Files where the runs of a study would keep their checkpoints, before its first run."""
    files = [
        directory / "results" / "checkpoints" / run.name
        for run in load_atlas([config]).plans[study].runs
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("in the way")
    return files


def failed(process):
    """Return all that Snakemake said, if it failed."""
    text = process.stdout + process.stderr
    assert process.returncode == 1, text
    return text


def stopped(results, number, job, *arguments):
    """Return what Snakemake says that is sent a signal, with its jobs, when a job has begun.

    job: what stands in its command. Its shell says so through a pipe: while Snakemake writes a line
    or notes that a job has failed, it does not listen to signals.
    """
    begun, script = results / "begun", results / "job.sh"
    os.mkfifo(begun)
    script.write_text(f'case "$BASH_EXECUTION_STRING" in *{job}*) echo > "{begun}";; esac\n')
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile"]
    command += ["--cores", "1", "--directory", results, *arguments, "--configfile", TINY]
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=PROJECT,
        env={**os.environ, "BASH_ENV": str(script)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    begun.read_text()
    os.killpg(process.pid, number)  # what Ctrl-C in a terminal does, or a batch system
    text = process.communicate()[0]
    assert process.returncode == 1, text
    return text


def bytes_below(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_after_a_failure_all_is_made_from_the_finished_runs_and_the_next_start_makes_it_whole(
    results,
):
    whole = bytes_below(results / "results" / "studies")
    broken = Broken(results, "adam seed1", "lr0.1- seed0", "lr1000000")
    text = failed(snakemake(directory=results))
    assert "4 jobs failed. What happened is in" in text
    assert "4 of the 8 runs that were asked for are finished." in text
    assert "results/report.html shows the runs that are finished and names the others." in text

    runs = pd.read_csv(results / STUDY / "runs.csv")
    assert len(runs) == 4
    assert not set(runs["run"]) & set(broken.runs)
    summary = pd.read_csv(results / STUDY / "summary.csv").set_index("setting")
    assert summary["seeds"].to_dict() == {"adam-lr0.001": 1, "sgd-lr0.01": 2, "sgd-lr0.1": 1}
    curves = (results / STUDY / "figures" / "curves").glob("*.svg")
    assert {path.stem for path in curves} == set(summary.index)
    report = (results / "results" / "report.html").read_text(encoding="utf-8")
    read = (results / STUDY / "summary.md").read_text(encoding="utf-8")
    page = (results / STUDY / "report.html").read_text(encoding="utf-8")
    for log in broken.logs:
        assert log in text
        assert log in report
        assert log in read
        assert log in page
    for written in (read, page):
        assert "Not complete: 4 of 8 runs." in written
        assert "Settings of which every run is missing: sgd-lr1000000." in written
    assert "tiny: 4 of 8 runs" in report
    other = results / "results" / "studies" / "shared" / "report.html"
    assert other.read_bytes() == whole[other], "a study that lacks no run is as it was"

    broken.repair()
    process = snakemake(directory=results)
    assert executed(process) == {
        **{"train": 4, "collect": 1, "select": 1, "evaluate": 1, "analyse": 1, "figures": 1},
        **{"study_page": 1, "report": 1},
    }
    assert bytes_below(results / "results" / "studies") == whole
    report = (results / "results" / "report.html").read_text(encoding="utf-8")
    assert "ot complete" not in report
    assert executed(snakemake(directory=results)) == {}


def test_a_study_without_any_finished_run_is_left_out_and_named(results, edited):
    study = (
        "{dataset: fashion_mnist, validation: 90, epochs: 1, optimizers: [{name: sgd}], seeds: 1}"
    )
    config = edited("studies:\n", f"studies:\n  bad: {study}\n")
    (obstacle,) = in_the_way(results, config, "bad")
    (results / "results" / "report.html").unlink()
    text = failed(snakemake(directory=results, config=config))
    (log,) = (results / "results" / "logs" / "train").glob(f"{obstacle.name}/*.log")
    assert "where a folder belongs" in log.read_text()
    assert "where a folder belongs" in text  # the log is shown
    assert str(log.relative_to(results)) in text
    assert "It shows nothing of the studies without results: bad." in text
    assert not (results / "results" / "studies" / "bad").exists()
    report = (results / "results" / "report.html").read_text(encoding="utf-8")
    assert "studies/tiny/report.html" in report
    assert "studies/bad/report.html" not in report
    assert "bad: 0 of 1 run, <strong>nothing of it is shown here</strong>" in report
    obstacle.unlink()
    found = jobs(snakemake("--dry-run", directory=results, config=config))
    assert (found["train"], found["report"]) == (1, 1)


def test_a_study_whose_page_fails_is_not_said_to_have_no_tables(results):
    (results / "results" / "studies" / "tiny" / "findings.csv").write_text("damaged")
    text = failed(snakemake("tiny", directory=results))
    assert "1 job failed. What happened is in" in text
    assert "Nothing else can be made before this is put right." in text
    assert "nothing yet" not in text


def test_without_any_finished_run_there_is_no_report(tmp_path, edited):
    config = edited("studies:", "studies:")
    in_the_way(tmp_path, config, "shared")
    text = failed(snakemake("shared", directory=tmp_path, config=config))
    assert "1 job failed. What happened is in" in text
    assert "There is nothing yet to make tables of." in text
    assert "0 of the 1 run that was asked for is finished." in text
    assert not (tmp_path / "results" / "studies").exists()
    assert not (tmp_path / "results" / "report.html").exists()


def test_after_a_failure_only_what_was_asked_for_is_made(results):
    """One study by its name, which is in need of neither the other study nor the report."""
    before = bytes_below(results / "results" / "studies" / "shared")
    report = (results / "results" / "report.html").read_bytes()
    shared = next(run for run in run_folders(results) if "adam" in str(run) and "seed0" in str(run))
    (shared / "history.csv").unlink()
    Broken(results, "lr0.01- seed1")
    text = failed(snakemake("tiny", directory=results))
    assert "7 of the 8 runs that were asked for are finished." in text
    assert "They name the runs that are missing." in text
    assert "Not complete: 7 of 8 runs." in (results / STUDY / "summary.md").read_text()
    assert bytes_below(results / "results" / "studies" / "shared") == before
    assert (results / "results" / "report.html").read_bytes() == report


def test_a_study_whose_tables_cannot_be_made_is_left_out_and_named(results):
    folder = next(run for run in run_folders(results) if "lr0.01-" in str(run))
    description = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**description, "epochs_completed": 9}))
    text = failed(snakemake(directory=results))
    assert "1 job failed. What happened is in\n  results/logs/collect/tiny.log" in text
    assert "8 of the 8 runs that were asked for are finished." in text
    assert "It shows nothing of the studies without results: tiny." in text
    report = (results / "results" / "report.html").read_text(encoding="utf-8")
    assert "studies/shared/report.html" in report
    assert "studies/tiny/report.html" not in report
    assert "8 of 8 runs, <strong>nothing of it is shown here</strong>" in report


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_snakemake_waits_for_no_report_even_if_a_job_had_failed(number, results):
    broken = Broken(results, "lr0.01- seed0")
    for kind in ("runs", "checkpoints"):
        for folder in (results / "results" / kind).glob("*lr0.1-*"):
            shutil.rmtree(folder)
    before = bytes_below(results / "results" / "studies")
    first = f"results/runs/{broken.runs[0]}/epochs-3/history.csv"
    text = stopped(results, number, "lr0.1-", "--prioritize", first)
    assert "Error in rule train" in text
    assert "Stopped. Tables, figures and report are as they were." in text
    # On a busy machine the run that had begun may have ended before the signal came.
    assert re.search(r"[56] of the 8 runs that were asked for are finished\.", text)
    assert "Start again to go on" in text
    assert bytes_below(results / "results" / "studies") == before


def test_the_report_after_a_failure_can_be_stopped_too(results):
    Broken(results, "adam seed1")
    text = stopped(results, signal.SIGINT, "collect.py")
    said = text.partition("Making tables and figures")[2]
    assert "Stopped before all tables, figures and the report were made." in said
    assert "Traceback" not in said
    assert jobs(snakemake("--dry-run", directory=results))["collect"] == 1


#: Snakemake with a scheduler that reports success and has run nothing; maybe it knows of no job.
ENDS_EARLY = """\
import sys
from snakemake.cli import main
from snakemake.scheduling.job_scheduler import JobScheduler

def end(scheduler):
    if {forgets}:
        scheduler.workflow.dag._needrun.clear()
    return True

JobScheduler.schedule = end
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("forgets", "said"),
    [
        (False, "jobs that it planned did not run"),
        (True, "left out results/studies/tiny/test.csv"),
    ],
)
def test_a_success_of_snakemakes_that_left_jobs_out_is_none(forgets, said, tmp_path):
    options = ["results/studies/tiny/test.csv", "--cores", "2", "--directory", tmp_path]
    options += ["--configfile", TINY]
    program = ENDS_EARLY.format(forgets=forgets)
    command = [sys.executable, "-c", program, "--snakefile", PROJECT / "Snakefile", *options]
    process = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    text = process.stdout + process.stderr
    assert process.returncode == 1, text
    assert said in text
    assert "Traceback" not in text
