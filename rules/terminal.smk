"""Terminal: what a user sees while all this runs.

In:   the jobs that Snakemake starts and ends, and the logs of those that train
Out:  lines on the terminal in place of Snakemake's own, which stay in .snakemake/log. With
      --verbose, --printshellcmds, --quiet or a --logger of the user's there are Snakemake's alone,
      and so in a workflow that uses this one as a module.
"""

from lr_atlas.runs.asked_runs import asked_runs
from lr_atlas.runs.job_words import words_of
from lr_atlas.tools.plan.run_plan import number_of_fresh_runs


def runs_of_job(name, wildcards):
    """Return (keys of the runs that a job trains, whether it appends to logs that are there)."""
    kind = NAMES.get(name, name)
    job = Job(kind, wildcards)
    if kind == "train_pack":
        return [(run.name, run.epochs) for run in PACKS[job.pack]], True
    return [job.run] if kind == "train" and not PACKS else [], False


def words_of_job(name, wildcards):
    return words_of(NAMES.get(name, name), wildcards)


def jobs_to_come(name):
    """Return the jobs of that name that Snakemake has still to run."""
    return [job for job in map(plain, workflow.dag.needrun_jobs()) if job.rule == name]


def runs_to_train():
    """Return a progress.AskedRun for each run that Snakemake has a job for."""
    return asked_runs(WORKSHOP, DEMANDS, {job.run for job in jobs_to_come("train")})


def confirming_runs_to_come():
    """Return the number of runs on fresh seeds of settings that are still to be chosen."""
    return sum(number_of_fresh_runs(ATLAS.plans[job.study]) for job in jobs_to_come("select"))


TERMINAL = None
says_itself = workflow.output_settings
if (
    workflow.is_main_process
    and workflow.modifier.is_main_snakefile()
    and not (says_itself.verbose or says_itself.debug_dag)
    and not (says_itself.printshellcmds or says_itself.quiet)
):
    # Imported here, so that a workflow that uses this one as a module needs no rich.
    from lr_atlas.runs.terminal import Jobs, take_over

    jobs_shown = Jobs(runs_of_job, words_of_job, runs_to_train)
    TERMINAL = take_over(logger, jobs_shown, says_itself.dryrun)


def tell_stopped():
    """Let the terminal count jobs that end from now on as no failures."""
    if TERMINAL:
        TERMINAL.stop()


def leave_terminal():
    """Leave the terminal as it was."""
    if TERMINAL:
        TERMINAL.close()
