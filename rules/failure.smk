"""Failure: what was asked for is made from the runs that are finished, and says which are missing.

When jobs have failed, `onerror` starts another Snakemake on this workflow, in which studies consist of
their finished runs, and which has no rule to train others. The next usual start sees that tables were
made from other runs than the studies ask for, and makes them anew.

In:   the jobs of the Snakemake that failed, and the runs that are finished
Out:  tables, figures and pages of the studies that it was asked for; results/report.html
"""

import contextlib
import signal
import subprocess

from lr_atlas.tables.missing_runs import (
    finished_count,
    finished_sentence,
    first_lines,
    left_out,
    missing_runs,
    write_missing,
)
from lr_atlas.runs.run_folders import RunFolders
from lr_atlas.runs.run_status import Kind, circumstances, run_statuses
from lr_atlas.common.safe_files import remove_folder
from lr_atlas.common.units import counted
from lr_atlas.runs.single_run import complete_run

#: Set for the Snakemake that is started after a failure.
FINISHED_RUNS_ONLY = "LR_ATLAS_FINISHED_RUNS_ONLY"

# In a module rules have other names.
named = workflow.modifier.modify_rulename
TRAIN, TRAIN_PACK, ANALYSE, REPORT = map(named, ("train", "train_pack", "analyse", "report"))
#: The rules behind the results of a study, once its runs are there.
STUDY_RULES = tuple(
    map(named, ("collect", "select", "evaluate", "analyse", "figures", "study_page"))
)


def runs_not_finished(study):
    """The grid.Runs of a study that are not finished, as of now."""
    return missing_runs(ATLAS.plans[study].runs, Path(RESULTS, "runs"), stamps_of)


def confirmations_not_finished(study):
    """The same of the runs that may confirm its settings."""
    return missing_runs(ATLAS.plans[study].confirmations, Path(RESULTS, "runs"), stamps_of)


# The runs that tables do without, by study, and those that the test does without. In a usual run there
# are none: what is missing is trained.
MISSING, MISSING_CONFIRMATIONS = (
    {study: find(study) if FINISHED_RUNS_ONLY in os.environ else [] for study in ATLAS.plans}
    for find in (runs_not_finished, confirmations_not_finished)
)


def missing(wildcards):
    """A file that names the runs that a study's tables are to lack, if any."""
    if not MISSING[wildcards.study]:
        return []
    return str(write_missing(OWN, MISSING[wildcards.study]))


def completeness(wildcards):
    """For captions: which share of the runs there is, after a failure; else nothing."""
    runs = MISSING[wildcards.study]
    return f"not complete: {finished_count(ATLAS.plans[wildcards.study], runs)}" if runs else ""


def report_failure():
    """Say what failed and what is finished, and make what can be made of the latter."""
    if TERMINAL:
        TERMINAL.close()
    # A job may stand for a group of them.
    failed = [job for each in workflow.scheduler.failed for job in getattr(each, "jobs", [each])]
    stopped = was_stopped()
    if stopped:
        cancel_what_is_left()
        logger.error("Stopped. Tables, figures and report are as they were.")
    elif failed:
        logs = sorted(str(path) for job in failed for path in job.log)
        count = f"{len(failed)} job" + ("s" if len(failed) > 1 else "")
        logger.error(f"{count} failed. What happened is in\n{first_lines(logs)}")
        take_over_from_packs(failed)
    say_how_many_runs_are_finished(stopped)
    if failed and not stopped and not workflow.dag_settings.until:
        try:
            make_results_of_finished_runs(failed)
        except KeyboardInterrupt:
            logger.error("Stopped before all tables, figures and the report were made.")
    logger.error("Start again to go on: what is finished is kept, and the rest is made.")


def refuse_to_end_early():
    """End with a message where Snakemake (9.27) reports success and has not run all that it planned."""
    left = [job for job in workflow.dag.needrun_jobs() if not workflow.dag.finished(job)]
    if left:
        if TERMINAL:
            TERMINAL.close()
        logger.error(
            f"Snakemake has ended, and {counted(len(left), 'job')} that it planned did not run."
        )
        logger.error("Start again to go on: what is finished is kept, and the rest is made.")
        sys.exit(1)


def take_over_from_packs(failed):
    """Take what packs have finished that were ended by their engine each time."""
    for job in failed:
        for run in runs_of_pack(job.wildcards) if job.rule.name == TRAIN_PACK else ():
            # Those that are not finished stay so; the pack's log says why.
            with contextlib.suppress(UserError, OSError):
                complete_run(
                    CODE[TRAINING],
                    run.configuration,
                    run.epochs,
                    [Path(placed(path)) for path in image_files(run)],
                    DEVICE,
                    ATLAS.checkpoint_directories(Path(RESULTS)),
                    on_new_torch(job.wildcards),
                    run_folder(run),
                    may_train=False,
                )
                finished = finished_folder(Path(RESULTS), run.name, run.epochs)
                remove_folder(finished.parents[1], *finished.parts[-2:])


#: The signals by which somebody has stopped Snakemake.
STOPS = []


def note_when_stopped():
    """Take down signals that stop Snakemake, and let it stop when its terminal is closed.

    Jobs hear them too, and may end before Snakemake does: that is no failure of theirs.
    """

    def noted(number, frame):
        STOPS.append(number)
        if TERMINAL:
            TERMINAL.stop()
        if callable(before[number]):
            before[number](number, frame)
        else:
            raise KeyboardInterrupt

    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    for number, handler in before.items():
        # Ignored is what nohup asks for.
        if handler != signal.SIG_IGN:
            signal.signal(number, noted)


def was_stopped():
    """Return whether somebody stopped Snakemake; after Ctrl-C it still lists running jobs."""
    return bool(workflow.scheduler.running or STOPS)


def cancel_what_is_left():
    """Cancel a cluster's jobs that Snakemake has overlooked.

    Snakemake (9.27) holds no list of its jobs while it asks for their state, so Ctrl-C in that moment
    cancels none; the list is back once it has left its loop. A job is cancelled twice without harm.
    """
    if not workflow.local_exec:
        executor = workflow.scheduler._executor
        executor.cancel_jobs(list(executor.active_jobs))


def say_how_many_runs_are_finished(stopped):
    """Count the runs that Snakemake was asked for, directly or for something else.

    stopped: whether there was no time to take over what packs have finished. It counts as finished.
    """
    runs = {
        key: ATLAS.possible_runs[key]
        for key in sorted(
            (job.wildcards.run, int(job.wildcards.epochs))
            for job in workflow.dag.jobs
            if job.rule.name == TRAIN
        )
    }
    if not runs:
        return
    kinds = {key: status.kind for key, status in statuses_of(runs).items()}
    finished = sum(
        is_up_to_date(run) or (stopped and kinds[key] == Kind.TAKE_OVER)
        for key, run in runs.items()
    )
    begun = list(kinds.values()).count(Kind.CONTINUE)
    logger.error(finished_sentence(finished, begun, len(runs)))


def statuses_of(runs):
    """{(name, epochs): run_status.Status} of some runs, given in the same way, as of now."""
    now = circumstances(ATLAS, Path(RESULTS), Path(".snakemake/incomplete"), CODE[TRAINING])
    return run_statuses(ATLAS, runs, Path(RESULTS), RunFolders(Path(RESULTS, "runs")), now)


def make_results_of_finished_runs(failed):
    """Make what Snakemake was asked for, as far as there are finished runs behind it."""
    jobs = [job for job in workflow.dag.jobs if job.rule.name in STUDY_RULES]
    spoilt = {job.wildcards.study for job in jobs if job in failed}
    with_runs = [
        study
        for study, plan in ATLAS.plans.items()
        if study not in spoilt and len(runs_not_finished(study)) < len(plan.runs)
    ]
    files = [path for job in jobs if job.wildcards.study in with_runs for path in job.output]
    if not files:
        # Of a study whose own tables, figures or page failed there are runs, and maybe tables.
        if spoilt:
            logger.error("Nothing else can be made before this is put right.")
        else:
            logger.error("There is nothing yet to make tables of.")
        return
    logger.error("Making tables and figures of the runs that are finished …")
    complete = snakemake_again(*on_this_machine(), "--allowed-rules", *STUDY_RULES, files=files)
    if not complete:
        logger.error("Some could not be made, see above.")
    rules = {job.rule.name for job in workflow.dag.jobs} - {job.rule.name for job in failed}
    shown = [study for study in ATLAS.plans if is_shown(study)]
    if REPORT in rules and shown:
        page = placed("results/report.html")
        if snakemake_again(*on_this_machine(), "--allowed-rules", REPORT, files=[page]):
            logger.error(f"{page} shows the runs that are finished and names the others.")
        if len(shown) < len(ATLAS.plans):
            without_results = [study for study in ATLAS.plans if study not in shown]
            logger.error(
                f"It shows nothing of the studies without results: {', '.join(without_results)}."
            )
    elif complete:
        logger.error("They name the runs that are missing.")


def on_this_machine():
    """Options for little work: not the executor that failed, but its cores and environments."""
    resources, deployment = workflow.resource_settings, workflow.deployment_settings
    cores = resources.cores if workflow.local_exec else resources.local_cores
    options = ["--executor", "local", "--cores", cores or 1, "--keep-going"]
    if deployment.deployment_method:
        options += ["--software-deployment-method", *deployment.deployment_method]
    if deployment.conda_prefix:
        options += ["--conda-prefix", deployment.conda_prefix]
    return options


def snakemake_again(*options, files):
    """Whether another Snakemake has made the files, with the finished runs for all."""
    configfiles, values = workflow.overwrite_configfiles, workflow.config_settings.config_args or ()
    command = [sys.executable, "-m", "snakemake", "--snakefile", workflow.main_snakefile]
    command += [*(["--configfile", *configfiles] if configfiles else [])]
    command += [*(["--config", *values] if values else [])]
    command += ["--nolock", "--no-hooks", "--quiet", "all", *options]
    process = subprocess.run(
        [*map(str, command), "--", *files],
        env={**os.environ, FINISHED_RUNS_ONLY: "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.returncode:
        logger.error(process.stdout)
    return process.returncode == 0


def is_shown(study):
    """Whether the report can show a study: what a failed job has made, Snakemake has deleted.

    So a file of each stage is looked for; those of later stages are what an earlier run has left.
    """
    stages = ("runs.csv", "selection.json", "test.csv", "summary.csv", "answer.json")
    files = [*(f"results/studies/{study}/{name}" for name in stages), *study_results(study)]
    has_runs = len(runs_not_finished(study)) < len(ATLAS.plans[study].runs)
    return has_runs and all(Path(placed(path)).exists() for path in files)


# The studies that the report shows, and those that it can but name. In a usual run it shows all.
SHOWN = [study for study in ATLAS.plans if FINISHED_RUNS_ONLY not in os.environ or is_shown(study)]
LEFT_OUT = {
    study: left_out(plan, MISSING[study])
    for study, plan in ATLAS.plans.items()
    if study not in SHOWN
}
