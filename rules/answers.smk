"""Answers: the last words of a start, also of one that had nothing to do.

In:   the answers of the studies that it was asked for
Out:  each in a sentence with the path of its page, on the terminal
"""

import atexit

from lr_atlas.report.overview_answers import last_words

# Snakemake leaves the working directory before this is used.
RESULTS_HERE = Path.cwd() / RESULTS
#: Filled when Snakemake has done its work.
SUCCESSES = []


def has_succeeded():
    """Return whether Snakemake has ended well.

    It calls onsuccess only where it had something to do; else its list of jobs to do is empty.
    """
    has_looked = getattr(workflow, "scheduler", None) is not None and not workflow.dryrun
    return bool(SUCCESSES) or (has_looked and len(workflow.dag) == 0)


def say_answers():
    """Print the answers that were asked for, after all that Snakemake itself has to say."""
    if has_succeeded() and not workflow.dag_settings.until:
        asked_for = {job.study for job in map(plain, workflow.dag.jobs) if job.rule == "analyse"}
        text = last_words(RESULTS_HERE, [study for study in ATLAS.plans if study in asked_for])
        if text:
            print(f"\n{text}", flush=True)


# The last words of a workflow that uses this one as a module are its own.
if (
    workflow.is_main_process
    and workflow.modifier.is_main_snakefile()
    and not workflow.output_settings.quiet
):
    atexit.register(say_answers)
