"""Failure: what was asked for is made from the runs that are finished, and says which are missing.

When jobs have failed, `onerror` starts another Snakemake on this workflow, in which studies consist of
their finished runs, and which has no rule to train others. The next usual start sees that tables were
made from other runs than the studies ask for, and makes them anew.

In:   the jobs of the Snakemake that failed, and the runs that are finished
Out:  tables, figures and pages of the studies that it was asked for; results/report.html
"""

from lr_atlas.common.units import counted
from lr_atlas.runs.another_snakemake import FINISHED_RUNS_ONLY, AnotherSnakemake
from lr_atlas.runs.failure import GO_ON, STUDY_RULES, Failure, Workshop
from lr_atlas.runs.jobs import Job
from lr_atlas.runs.missing_runs import left_out, write_missing
from lr_atlas.runs.stop_signals import StopSignals

#: Rules have other names in a module.
named = workflow.modifier.modify_rulename
NAMES = {named(name): name for name in (*STUDY_RULES, "data", "train", "train_pack", "report")}
#: The signals by which somebody has stopped Snakemake.
STOPPED = StopSignals()


def plain(job):
    """Return a job in plain values."""
    name = NAMES.get(job.rule.name, job.rule.name)
    return Job(name, dict(job.wildcards.items()), tuple(map(str, job.log)), tuple(job.output))


def make_of_finished_runs(files, rules):
    """Make files by another Snakemake; return None, or its output if it failed."""
    resources, deployment = workflow.resource_settings, workflow.deployment_settings
    return AnotherSnakemake(
        snakefile=workflow.main_snakefile,
        configfiles=workflow.overwrite_configfiles or [],
        config=workflow.config_settings.config_args or [],
        cores=(resources.cores if workflow.local_exec else resources.local_cores) or 1,
        deployment=list(deployment.deployment_method or []),
        conda_prefix=deployment.conda_prefix,
    ).make(files, list(map(named, rules)))


WORKSHOP = Workshop(THIS, PLACES, PACKS, make_of_finished_runs, logger.error)
ONLY_FINISHED = FINISHED_RUNS_ONLY in os.environ
# The runs that tables do without, by study, and those that the test does without. In a usual start
# there are none: what is missing is trained.
MISSING, MISSING_OF_CHOSEN = (
    {study: WORKSHOP.unfinished(runs) if ONLY_FINISHED else [] for study, runs in of_study.items()}
    for of_study in (
        {study: plan.asked for study, plan in ATLAS.plans.items()},
        {study: plan.of_chosen for study, plan in ATLAS.plans.items()},
    )
)
# The studies that the report shows, and those that it can but name. In a usual start it shows all.
SHOWN = [study for study in ATLAS.plans if not ONLY_FINISHED or WORKSHOP.is_shown(study)]
LEFT_OUT = {
    study: left_out(plan, MISSING[study])
    for study, plan in ATLAS.plans.items()
    if study not in SHOWN
}


def missing(wildcards):
    """Return a file that names the runs that a study's tables are to lack, if any."""
    runs = MISSING[wildcards.study]
    return str(write_missing(PLACES.own, runs)) if runs else []


def report_failure():
    """Say what failed and what is finished, and make what can be made of the latter."""
    # A job may stand for a group of them.
    failed = [job for each in workflow.scheduler.failed for job in getattr(each, "jobs", [each])]
    failure = Failure(
        failed=list(map(plain, failed)),
        planned=list(map(plain, workflow.dag.jobs)),
        # After Ctrl-C Snakemake still lists running jobs.
        was_stopped=bool(STOPPED or workflow.scheduler.running),
        on_cluster=not workflow.local_exec,
    )
    WORKSHOP.report(failure, may_make=not workflow.dag_settings.until)


def refuse_to_end_early():
    """End with a message where Snakemake (9.27) reports success without all that it was asked for."""
    dag, asked = workflow.dag, workflow.dag_settings
    left = [job for job in dag.needrun_jobs() if not dag.finished(job)]
    is_part = asked.until or asked.omit_from or asked.batch
    lacking = [] if is_part else [path for path in dag.targetfiles if not os.path.lexists(path)]
    if left or lacking:
        leave_terminal()
        what = f"{counted(len(left), 'job')} that it planned did not run"
        logger.error(f"Snakemake has ended, and {what if left else f'left out {lacking[0]}'}.")
        logger.error(GO_ON)
        sys.exit(1)
