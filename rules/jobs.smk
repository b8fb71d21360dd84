"""Training jobs: the runs of each, and the memory, minutes and GPU that it asks for.

All follow from the setting and the attempt; a profile can set others (`set-resources`).
"""

import functools

from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.job_demands import JobDemands
from lr_atlas.common.linked_places import refuse_links
from lr_atlas.common.work_folder import check_runs
from lr_atlas.common.machine import core_count
from lr_atlas.runs.packs import finished_folder, fitting_size, study_packs

DEVICE = ATLAS.configuration.compute.device
DEMANDS = JobDemands(ATLAS, Path(RESULTS), CODE[TRAINING])
#: What is taken from the priority of a job: more than any has.
AFTER_ALL_OTHERS = 10**9

# packs


@functools.cache
def runs_per_job():
    """How many runs a job trains at most: a resource that a profile can set for `train_pack`.

    Without it, short runs on this machine share the start of Python and torch as far as each core
    still gets several jobs, and jobs that are sent to others train one run each.
    """
    name = workflow.modifier.modify_rulename("train_pack")
    given = workflow.resource_settings.overwrite_resources.get(name, {})
    if "runs_per_job" not in given:
        here = workflow.is_main_process and not workflow.non_local_exec
        return (
            fitting_size(list(map(DEMANDS.guessed_seconds, unfinished_runs())), cores_here())
            if here
            else 1
        )
    number = given["runs_per_job"].value
    if not isinstance(number, int) or number < 1:
        logger.error(f"The resource runs_per_job of {name} must be at least 1: {number}")
        sys.exit(1)
    return number


def run_folder(run):
    return Path(RESULTS, "runs", run.name, f"epochs-{run.epochs}")


def is_up_to_date(run):
    """Return whether a run is finished, by the present code."""
    return is_finished(run_folder(run), stamps_of(run.configuration))


def start_if_stale(wildcards):
    """A file that is new at every start, for a run that is there and stale: so it is trained again."""
    run = run_of(wildcards)
    is_stale = not is_up_to_date(run) and (run_folder(run) / DESCRIPTION).exists()
    return local(str(THIS_START)) if is_stale else []


def stamps_pattern(wildcards):
    return "|".join(sorted(stamps_of(run_of(wildcards).configuration)))


def stamps_of_study(wildcards):
    """One value for the code of all runs of a study."""
    plan = ATLAS.plans[wildcards.study]
    return stamps_of.of_all([run.configuration for run in (*plan.runs, *plan.confirmations)])


def unfinished_runs():
    """The grid.Runs that are not finished."""
    return [run for run in ATLAS.runs.values() if not is_up_to_date(run)]


if workflow.is_main_process:
    try:
        to_do = [(run.name, run.epochs) for run in unfinished_runs()]
        refuse_links(Path(RESULTS), to_do)
        check_runs(Path(RESULTS), to_do)
    except UserError as error:
        logger.error(str(error))
        sys.exit(1)


def cores_here():
    """How many training jobs run at a time on this machine."""
    cores = workflow.resource_settings.cores or core_count()
    return max(1, cores // ATLAS.configuration.compute.threads)


#: Empty where each run is a job of its own.
PACKS = study_packs(ATLAS, runs_per_job())
#: {run: study/pack}
PACK_OF = {run.name: pack for pack, runs in PACKS.items() for run in runs}


def pack_of(wildcards):
    """What says that the pack of a run has been tried; nothing for a run that is finished.

    With it, a finished run would be taken over once more whenever another one of its pack is trained.
    """
    if not PACKS or is_up_to_date(run_of(wildcards)):
        return []
    return f"results/packs/{PACK_OF[wildcards.run]}"


def finished_in_pack(wildcards):
    """Where a pack leaves the files of a run that it has finished."""
    return str(finished_folder(Path(RESULTS), wildcards.run, wildcards.epochs))


def folder_of_run(wildcards):
    return str(run_folder(run_of(wildcards)))


def packed_log(wildcards):
    """The log of a run's training in its pack."""
    return f"{RESULTS}/logs/train/{wildcards.run}/epochs-{wildcards.epochs}.packed.log"


def long_packs(wildcards):
    """Longer packs begin earlier, so that the last ones to end are short; all after quick jobs."""
    seconds = sum(map(DEMANDS.guessed_seconds, runs_of_pack(wildcards)))
    return int(seconds) - AFTER_ALL_OTHERS


def runs_of_pack(wildcards):
    return PACKS[f"{wildcards.study}/{wildcards.pack}"]


def pack_images(wildcards):
    return sorted({path for run in runs_of_pack(wildcards) for path in image_files(run)})


def packed_runs():
    """{study/pack: its runs as plain values}, for the jobs."""
    return {
        pack: [
            {
                "name": run.name,
                "configuration": run.configuration,
                "epochs": run.epochs,
                "images": [placed(path) for path in image_files(run)],
            }
            for run in runs
        ]
        for pack, runs in PACKS.items()
    }


# resources


def this_attempt(wildcards, attempt):
    return attempt


def attempts(wildcards=None):
    """How often a job is tried at most. A job's own Snakemake would say once."""
    return ATTEMPTS or workflow.execution_settings.retries + 1


def run_memory(wildcards, attempt):
    return DEMANDS.memory([run_of(wildcards)], attempt)


def pack_memory(wildcards, attempt):
    return DEMANDS.memory(runs_of_pack(wildcards), attempt)


def run_minutes(wildcards, attempt):
    return time_limit([run_of(wildcards)], attempt)


def pack_minutes(wildcards, attempt):
    runs = runs_of_pack(wildcards)
    return time_limit([run for run in runs if not is_up_to_date(run)], attempt)


def time_limit(runs, attempt):
    """Minutes for a job that trains these runs; 0, for none, where nothing but a cluster asks."""
    if not (workflow.is_main_process and workflow.non_local_exec):
        return 0
    return DEMANDS.minutes(runs, attempt)


def gpu_slots(wildcards):
    """One slot of the resource `gpu` for a run that will use a GPU, which some share."""
    return int(uses_gpu(DEVICE))
