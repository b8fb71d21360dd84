"""Terminal: what a user sees while all this runs.

In:   the jobs that Snakemake starts and ends, and the logs of those that train
Out:  lines on the terminal in place of Snakemake's own, which stay in .snakemake/log. With
      --verbose, --printshellcmds, --quiet or a --logger of the user's there are Snakemake's alone,
      and so in a workflow that uses this one as a module.
"""

from lr_atlas.runs.progress import AskedRun
from lr_atlas.tools.plan.run_plan import number_of_confirmations

#: Words for what jobs do, by the name of their rule; {study} and the like are their wildcards.
DOING = {
    "data": "fetching the images {data}",
    "collect": "{study}: tables of the runs",
    "select": "{study}: choosing settings",
    "evaluate": "{study}: test images",
    "analyse": "{study}: statistics",
    "figures": "{study}: figures",
    "study_page": "{study}: page",
    "report": "report of all studies",
}


def runs_of_job(name, wildcards):
    """(keys of the runs that a job trains, whether it appends to logs that are there)."""
    if name == TRAIN_PACK:
        runs = PACKS[f"{wildcards['study']}/{wildcards['pack']}"]
        return [(run.name, run.epochs) for run in runs], True
    if name == TRAIN and not PACKS:
        return [(wildcards["run"], int(wildcards["epochs"]))], False
    return [], False


def words_of_job(name, wildcards):
    return DOING.get(name, "").format(**wildcards)


def runs_to_train():
    """A progress.AskedRun for each run that Snakemake has a job for."""
    keys = {
        (job.wildcards.run, int(job.wildcards.epochs))
        for job in workflow.dag.needrun_jobs()
        if job.rule.name == TRAIN
    }
    runs = {key: ATLAS.possible_runs[key] for key in sorted(keys)}
    statuses = statuses_of(runs)
    return [
        AskedRun(
            key=key,
            title=f"{run.setting}, seed {run.seed}",
            done=statuses[key].done,
            epoch_seconds=DEMANDS.expected_seconds(run) / run.epochs,
            log=log_of_training(run),
            ends=tuple(
                folder / name
                for folder in (run_folder(run), finished_folder(Path(RESULTS), *key))
                for name in stamps_of(run.configuration)
            ),
        )
        for key, run in runs.items()
    ]


def confirming_runs_to_come():
    """Return the number of runs that will confirm settings that are still to be chosen."""
    return sum(
        number_of_confirmations(ATLAS.plans[job.wildcards.study])
        for job in workflow.dag.needrun_jobs()
        if job.rule.name == SELECT
    )


def log_of_training(run):
    """Return the path of the log to which the job of a run writes a line per epoch."""
    name = f"epochs-{run.epochs}" + (".packed.log" if PACKS else ".log")
    return Path(RESULTS, "logs", "train", run.name, name)


SELECT = named("select")

TERMINAL = None
if workflow.is_main_process and workflow.modifier.is_main_snakefile():
    asked_for = workflow.output_settings
    # Imported here, so that a workflow that uses this one as a module needs no rich.
    from lr_atlas.runs.terminal import Jobs, take_over

    if not (
        asked_for.verbose or asked_for.debug_dag or asked_for.printshellcmds or asked_for.quiet
    ):
        TERMINAL = take_over(
            logger, Jobs(runs_of_job, words_of_job, runs_to_train), asked_for.dryrun
        )
