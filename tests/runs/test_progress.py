"""A user sees of a workflow epochs and runs done, time left, and nothing of single jobs."""

import io
import logging
import re
import subprocess
import sys

import pytest
from rich.console import Console
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from whole_runs import PROJECT, TINY

from lr_atlas.runs.job_words import DOING
from lr_atlas.runs.progress import AskedRun, Progress, RunningRun, Snapshot
from lr_atlas.runs.terminal import Jobs, first_line, foot, minute_line, take_over
from lr_atlas.training.epoch_log import log_epoch
from lr_atlas.training.records import EpochRecord

PACK = [("a", 10), ("b", 10), ("c", 10)]


@pytest.fixture
def epoch_line(caplog):
    """A function from (epoch, of how many) to the line that a training job logs."""

    def line(epoch, epochs):
        share = {"loss": 0.5, "accuracy": 0.8125}
        caplog.clear()
        with caplog.at_level(logging.INFO):
            log_epoch(EpochRecord(epoch, share, share, share, 1.0, 0.5), epochs)
        return f"2026-01-01 12:00:00 INFO {caplog.messages[-1]}\n"

    return line


@pytest.fixture
def clock():
    """A clock that a test sets: clock[0] are its seconds."""
    return [0.0]


@pytest.fixture
def asked(tmp_path):
    """A function that gives a run that is asked for."""

    def run(name, epochs=10, done=0, epoch_seconds=1.0):
        log, end = tmp_path / f"{name}.log", tmp_path / f"{name}.end"
        return AskedRun((name, epochs), f"setting {name}", done, epoch_seconds, log, (end,))

    return run


def write(run, *lines):
    with open(run.log, "a", encoding="utf-8") as file:
        file.writelines(lines)


def test_epochs_and_runs_of_a_pack_are_counted_while_it_runs(asked, epoch_line, clock):
    runs = [asked(name) for name, _ in PACK]
    write(runs[2], *(epoch_line(n, 10) for n in range(1, 8)))  # what an earlier attempt has left
    progress = Progress(lambda: clock[0])
    progress.ask_for(runs)
    progress.job_begins(1, PACK, in_one_log=True)
    assert progress.snapshot().starting == 1
    write(runs[0], *(epoch_line(n, 10) for n in range(1, 11)))
    runs[0].ends[0].touch()
    write(runs[1], *(epoch_line(n, 10) for n in range(1, 4)))
    clock[0] = 26.0
    now = progress.snapshot()
    assert (now.epochs, now.epochs_asked, now.runs, now.runs_asked) == (13, 30, 1, 3)
    assert now.running == (RunningRun("setting b", 3, 10, "81.25 %"),)
    assert now.seconds_left == pytest.approx(17 * 2.0)
    assert minute_line(now) == (
        "13 of 30 epochs, 1 of 3 runs; about 30 s left; now setting b: epoch 3 of 10, "
        "validation 81.25 %"
    )


def test_what_checkpoints_hold_counts_as_done_and_not_as_fast(asked, epoch_line, clock):
    run = asked("a", epochs=100, done=80)
    progress = Progress(lambda: clock[0])
    progress.ask_for([run])
    assert first_line(progress.snapshot(), 0) == (
        "To train: 1 run with 100 epochs, of which 80 come from shorter or earlier runs."
    )
    progress.job_begins(1, [run.key], in_one_log=False)
    write(run, "2026-01-01 12:00:00 INFO going on after 80 of 100 epochs, from somewhere\n")
    assert progress.snapshot().epochs == 80
    write(run, *(epoch_line(n, 100) for n in range(81, 86)))
    clock[0] = 10.0
    now = progress.snapshot()
    assert now.epochs == 85
    assert now.seconds_left == pytest.approx(30.0)


def test_time_left_weighs_runs_by_their_cost_and_forgets_pauses(asked, epoch_line, clock):
    cheap, dear = asked("a"), asked("b", epoch_seconds=5.0)
    progress = Progress(lambda: clock[0])
    progress.ask_for([cheap])
    progress.job_begins(1, [cheap.key], in_one_log=False)
    write(cheap, epoch_line(10, 10))
    cheap.ends[0].touch()
    clock[0] = 20.0
    progress.job_ends(1)
    assert progress.snapshot().is_finished
    assert progress.snapshot().left == ""
    clock[0] = 500.0  # tables were made meanwhile; then this run confirms a setting
    progress.ask_for([cheap, dear])
    progress.job_begins(2, [dear.key], in_one_log=False)
    assert progress.snapshot().seconds_left == pytest.approx(10 * 5 * 2.0)


def test_a_run_that_diverges_is_done_though_it_has_fewer_epochs(asked, epoch_line, clock):
    run = asked("a")
    progress = Progress(lambda: clock[0])
    progress.ask_for([run])
    progress.job_begins(1, [run.key], in_one_log=False)
    write(run, epoch_line(1, 10), "2026-01-01 12:00:00 INFO diverged: the loss is not finite\n")
    run.ends[0].touch()
    progress.job_ends(1)
    now = progress.snapshot()
    assert (now.epochs, now.runs, now.running) == (10, 1, ())


def snapshot(**values):
    usual = {"epochs": 412, "epochs_asked": 985, "runs": 23, "runs_asked": 57, "seconds_left": 240}
    return Snapshot(**{**usual, "running": (), "starting": 0, **values})


@pytest.mark.parametrize("size", [(80, 24), (110, 32), (50, 12)])
def test_the_foot_of_a_terminal_fits_into_it(size):
    width, height = size
    name = "momentum-lr0.0003-dropout0.5-batch_size128-hidden256-128, seed 12"
    now = snapshot(running=tuple(RunningRun(name, n, 30, "87.31 %") for n in range(40)))
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=height, force_terminal=False)
    console.print(foot(now, ["a study: figures"], 130.0, width, height - 5))
    lines = stream.getvalue().splitlines()
    assert len(lines) <= height - 1
    assert max(map(len, lines)) <= width
    assert "about 4 min left" in lines[0] or width < 80
    assert "412 of 985 epochs, 23 of 57 runs; 2.2 min so far" in lines[1]
    assert "epoch 3 of 30" in lines[5]
    assert "validation 87.31 %" in lines[5]
    assert f"and {41 - (height - 5)} more" in lines[-1]


# Snakemake's lines


@pytest.fixture
def written(asked, monkeypatch):
    """(a logger, its Terminal, a function that gives what was written), of these tests alone."""
    logger, stream = logging.getLogger("of these tests"), io.StringIO()
    logger.setLevel(logging.INFO)
    monkeypatch.setattr(logger, "propagate", False)
    monkeypatch.setattr(logger, "handlers", [])
    handler = ColorizingTextHandler(
        stream=stream,
        formatter=DefaultFormatter(show_failed_logs=True),
        filter=DefaultFilter(None, False, False, False, False),
    )
    handler.name = "DefaultStreamHandler"
    logger.addHandler(handler)
    jobs = Jobs(
        lambda rule, wildcards: ([(wildcards["run"], 10)] if rule == "train" else [], False),
        lambda rule, wildcards: f"{rule} of it" if rule != "all" else "",
        lambda: [asked("a"), asked("b")],
    )
    terminal = take_over(logger, jobs, is_dry_run=False)
    assert logger.handlers == [terminal]
    yield logger, terminal, lambda: re.sub(r"\d\d:\d\d:\d\d ", "", stream.getvalue())
    terminal.close()


def job_info(job, rule, **wildcards):
    return {"event": "job_info", "jobid": job, "rule_name": rule, "wildcards": wildcards}


def job_error(log):
    values = {"event": "job_error", "rule_name": "train", "rule_msg": None, "jobid": 2}
    files = {"input": ["results/a.csv"], "output": ["results/page.html"]}
    empty = {"conda_env": None, "container_img": None, "aux": {}}
    return {**values, **files, **empty, "log": [log], "shellcmd": "python something"}


def test_snakemakes_paragraphs_stay_in_its_log_and_stages_and_errors_are_shown(written, tmp_path):
    logger, terminal, said = written
    log = tmp_path / "train.log"
    log.write_text("the disk is full\n")
    logger.info("Building DAG of jobs...")
    logger.info("Job stats:\njob  count", extra={"event": "run_info", "stats": {}})
    logger.info("Conda environments: ignored")
    terminal.begin(confirming=3)
    logger.info("Select jobs to execute...")
    logger.info(" Rule: train", extra=job_info(1, "train", run="a"))
    logger.info(" Rule: figures", extra=job_info(3, "figures"))
    logger.info("Removing temporary output results/packs/x.")
    logger.info("Job 4 has been submitted with SLURM jobid 7 (log: x).")
    logger.error("RuleException:\nCalledProcessError in file x", extra={"event": "error"})
    logger.error("Error in rule train", extra=job_error(str(log)))
    logger.warning("careful")
    logger.info(None, extra={"event": "progress", "done": 1, "total": 2})
    logger.info("Nothing to be done (all requested files are present and up to date).")
    line = "=" * min(80, len(f"Logfile {log}:"))
    assert said().splitlines() == [
        "To train: 2 runs with 20 epochs; then 3 runs on fresh seeds.",
        "figures of it",
        "Job 4 has been submitted with SLURM jobid 7 (log: x).",
        *(line for line in said().splitlines() if line.startswith("[")),
        "Error in rule train:",
        "    jobid: 2",
        f"    log: {log} (check log file(s) for error details)",
        f"Logfile {log}:",
        *(line, "the disk is full", line),
        "careful",
        "Nothing to be done (all requested files are present and up to date).",
    ]


def test_a_dry_run_counts_the_jobs_of_each_kind_once_and_lists_none(tmp_path):
    command = [sys.executable, "-m", "snakemake", "--snakefile", PROJECT / "Snakefile", "--dry-run"]
    command += ["--cores", "2", "--directory", tmp_path, "--configfile", TINY]
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=PROJECT)
    text = process.stdout + process.stderr
    assert process.returncode == 0, text
    assert re.search(r"^train +8$", text, re.MULTILINE)
    assert text.count("Job stats:") == text.count("This was a dry-run") == 1
    assert len(text) < 1000
    assert not any(word in text for word in ("wildcards:", "output:", "results/", "Reason"))


def test_jobs_that_end_since_somebody_stopped_the_workflow_are_no_errors(written):
    logger, terminal, said = written
    terminal.begin(confirming=0)
    terminal.stop()
    logger.info("Terminating processes on user request, this might take some time.")
    logger.error("RuleException:\nCalledProcessError in file x", extra={"event": "error"})
    logger.error("Error in rule train", extra=job_error("no such file"))
    terminal.close()
    assert said().splitlines()[1:] == ["Stopping; what is being trained is kept …"]


def test_a_stopped_terminal_shows_no_time_left(written):
    _, terminal, _ = written
    terminal.begin(confirming=0)
    assert len(terminal._foot().renderables) == 2
    terminal.stop()
    assert terminal._foot().renderables == []


def test_runs_that_are_asked_for_later_are_counted_when_the_first_of_them_begins(written, asked):
    logger, terminal, said = written
    terminal.begin(confirming=1)
    later = [asked("a"), asked("b"), asked("fresh")]
    object.__setattr__(terminal._jobs, "asked", lambda: later)
    for job, run in enumerate(later):
        run.ends[0].touch()
        logger.info("", extra=job_info(job, "train", run=run.key[0]))
    for job in range(3):
        logger.info("Finished", extra={"event": "job_finished", "job_id": job})
    assert said().splitlines()[1:] == ["all 3 runs trained, after 0 s"]


def test_without_a_handler_of_snakemakes_nothing_is_taken_over():
    logger = logging.getLogger("another of these tests")
    assert take_over(logger, Jobs(None, None, None), is_dry_run=False) is None


def test_no_rule_lacks_words_for_what_it_does():
    rules = "".join(path.read_text() for path in PROJECT.glob("rules/*.smk"))
    names = set(re.findall(r"^(?:rule|checkpoint) (\w+):", rules, re.MULTILINE))
    assert set(DOING) == names - {"train", "train_pack"}
