"""Training jobs: the runs of each, and the memory, minutes and GPU that it asks for.

All follow from the setting and the attempt; a profile can set others (`set-resources`).
"""

from lr_atlas.common.machine import core_count
from lr_atlas.runs.devices import uses_gpu
from lr_atlas.runs.job_demands import JobDemands
from lr_atlas.runs.run_files import finished_folder
from lr_atlas.runs.packs import plain_packs, runs_per_job, study_packs

DEVICE = ATLAS.configuration.compute.device
DEMANDS = JobDemands(ATLAS, PLACES.results, CODE[TRAINING])
#: Taken from the priority of a job, this is more than any has.
AFTER_ALL_OTHERS = 10**9


def run_folder(run):
    return PLACES.results / "runs" / run.folder


def is_up_to_date(run):
    """Return whether a run is finished, by the present code."""
    return THIS.is_up_to_date(run, PLACES.results)


def start_if_stale(wildcards):
    """Return a file that is new at every start if the run is stale, so that it is trained again."""
    run = run_of(wildcards)
    is_stale = not is_up_to_date(run) and (run_folder(run) / DESCRIPTION).exists()
    return local(str(PLACES.this_start)) if is_stale else []


def stamps_pattern(wildcards):
    return "|".join(sorted(THIS.stamps(run_of(wildcards).configuration)))


def stamps_of_study(wildcards):
    """Return one value for the code of all runs of a study."""
    plan = ATLAS.plans[wildcards.study]
    return THIS.stamps.of_all([run.configuration for run in (*plan.asked, *plan.of_chosen)])


# packs


def given_runs_per_job():
    """Return the resource `runs_per_job` that a profile sets for `train_pack`, or None."""
    name = workflow.modifier.modify_rulename("train_pack")
    given = workflow.resource_settings.overwrite_resources.get(name, {}).get("runs_per_job")
    return None if given is None else given.value


def seconds_to_train_here():
    """Return guessed seconds of each run to train, or None if jobs are sent to other machines."""
    is_here = workflow.is_main_process and not workflow.non_local_exec
    to_do = [run for run in ATLAS.runs.values() if not is_up_to_date(run)]
    return list(map(DEMANDS.guessed_seconds, to_do)) if is_here else None


JOBS_AT_A_TIME = (
    workflow.resource_settings.cores or core_count()
) // ATLAS.configuration.compute.threads
#: The runs of each pack, by study/pack; empty where each run is a job of its own.
PACKS = study_packs(
    ATLAS,
    or_exit(runs_per_job, given_runs_per_job(), seconds_to_train_here, max(1, JOBS_AT_A_TIME)),
)
#: {run: study/pack}
PACK_OF = {run.name: pack for pack, runs in PACKS.items() for run in runs}


def pack_of(wildcards):
    """Return the file that a run's pack leaves when it has been tried; nothing for a finished run.

    With it, a finished run would be taken over once more whenever another one of its pack is trained.
    """
    if not PACKS or is_up_to_date(run_of(wildcards)):
        return []
    return f"results/packs/{PACK_OF[wildcards.run]}"


def finished_in_pack(wildcards):
    """Return the folder in which a pack leaves the files of a run that it has finished."""
    return str(
        finished_folder(PLACES.results, wildcards.run, f"{wildcards.unit}-{wildcards.epochs}")
    )


def folder_of_run(wildcards):
    return str(run_folder(run_of(wildcards)))


def packed_log(wildcards):
    """Return the log of a run's training in its pack."""
    return f"{RESULTS}/logs/train/{wildcards.run}/{wildcards.unit}-{wildcards.epochs}.packed.log"


def long_packs(wildcards):
    """Longer packs begin earlier, so that the last ones to end are short; all after quick jobs."""
    return int(sum(map(DEMANDS.guessed_seconds, runs_of_pack(wildcards)))) - AFTER_ALL_OTHERS


def runs_of_pack(wildcards):
    return PACKS[f"{wildcards.study}/{wildcards.pack}"]


def pack_images(wildcards):
    return sorted({path for run in runs_of_pack(wildcards) for path in image_files(run)})


# resources


def this_attempt(wildcards, attempt):
    return attempt


def attempts(wildcards=None):
    """Return how often a job is tried at most. A job's own Snakemake would say once."""
    return THIS.attempts or workflow.execution_settings.retries + 1


def run_memory(wildcards, attempt):
    return DEMANDS.memory([run_of(wildcards)], attempt)


def pack_memory(wildcards, attempt):
    return DEMANDS.memory(runs_of_pack(wildcards), attempt)


def run_minutes(wildcards, attempt):
    return time_limit([run_of(wildcards)], attempt)


def pack_minutes(wildcards, attempt):
    return time_limit([run for run in runs_of_pack(wildcards) if not is_up_to_date(run)], attempt)


def time_limit(runs, attempt):
    """Return minutes for a job that trains these runs; 0, for no limit, on this machine."""
    is_asked = workflow.is_main_process and workflow.non_local_exec
    return DEMANDS.minutes(runs, attempt) if is_asked else 0


def gpu_slots(wildcards):
    """Return one slot of the resource `gpu` for a run that will use a GPU, which some share."""
    return int(uses_gpu(DEVICE))
