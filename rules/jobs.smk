"""Training jobs: the runs of each, and the memory, minutes and GPU that it asks for.

All follow from the setting and the attempt; a profile can set others (`set-resources`).
"""

import math

from lr_atlas.runs.devices import uses_gpu
from lr_atlas.data.datasets import shape_and_classes
from lr_atlas.runs.job_resources import guessed_seconds, memory_mb, minutes, weights_of_model
from lr_atlas.common.linked_places import refuse_links
from lr_atlas.common.work_folder import check_runs
from lr_atlas.common.machine import core_count, processor
from lr_atlas.runs.packs import finished_folder, fitting_size, packs
from lr_atlas.runs.run_costs import PastRuns, shape_of_run
from lr_atlas.runs.run_folders import RunFolders

DEVICE = ATLAS.configuration.compute.device
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
        return fitting_size(guesses_to_do(), cores_here()) if here else 1
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
    """A file that is new at every start, for a run that is stale: with it the run is trained again."""
    return [] if is_up_to_date(run_of(wildcards)) else local(str(THIS_START))


def stamps_pattern(wildcards):
    return "|".join(sorted(stamps_of(run_of(wildcards).configuration)))


def stamps_of_study(wildcards):
    """One value for the code of all runs of a study."""
    runs = [
        *ATLAS.plans[wildcards.study].runs,
        *ATLAS.plans[wildcards.study].confirmations,
    ]
    found = {"|".join(sorted(stamps_of(run.configuration))) for run in runs}
    return hashlib.sha256(canonical_json(sorted(found)).encode()).hexdigest()[:12]


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


def guesses_to_do():
    """Seconds of each run that is not finished."""
    return [run.epochs * guessed_epoch(run) for run in unfinished_runs()]


def guessed_epoch(run):
    """Seconds of an epoch where no past run tells."""
    shape = shape_here(run)
    return guessed_seconds(shape.training_images, shape.batch_size, weights_of(run))


def shape_here(run):
    return shape_of_run(ATLAS, run, "cuda" if uses_gpu(DEVICE) else "cpu", processor())


def weights_of(run):
    shape, classes = shape_and_classes(run.configuration["dataset"])
    return weights_of_model(complete_configuration(run.configuration)["model"], shape, classes)


def cores_here():
    """How many training jobs run at a time on this machine."""
    cores = workflow.resource_settings.cores or core_count()
    return max(1, cores // ATLAS.configuration.compute.threads)


def study_packs():
    """{study/pack: its grid.Runs, of all lengths}: runs that studies share belong to the first.

    The runs that would confirm a setting have packs of their own, since few of them are trained.
    """
    lengths = {}
    for run in ATLAS.possible_runs.values():
        lengths.setdefault(run.name, []).append(run)
    found, packed = {}, set()
    for study, plan in ATLAS.plans.items():
        for prefix, runs in (("", plan.runs), *confirmations_by_setting(plan)):
            names = {run.name for run in runs} - packed
            packed |= names
            for name, pack in packs(names, runs_per_job()).items():
                found.setdefault(f"{study}/{prefix}{pack}", []).extend(lengths[name])
    return found


def confirmations_by_setting(plan):
    """(prefix of the packs, the runs) for each setting that may be confirmed."""
    found = {}
    for run in plan.confirmations:
        found.setdefault(f"{run.setting}-", []).append(run)
    return found.items()


#: Empty where each run is a job of its own.
PACKS = study_packs() if runs_per_job() > 1 else {}
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
    seconds = sum(run.epochs * guessed_epoch(run) for run in runs_of_pack(wildcards))
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
    return memory([run_of(wildcards)], attempt)


def pack_memory(wildcards, attempt):
    return memory(runs_of_pack(wildcards), attempt)


def run_minutes(wildcards, attempt):
    return time_limit([run_of(wildcards)], attempt)


def pack_minutes(wildcards, attempt):
    runs = runs_of_pack(wildcards)
    return time_limit([run for run in runs if not is_up_to_date(run)], attempt)


def memory(runs, attempt):
    """MB for a job that trains these runs, one after the other."""
    sources = [ATLAS.data[run.configuration["dataset"]] for run in runs]
    images = max(source.training_images + source.test_images for source in sources)
    shapes = [shape_and_classes(run.configuration["dataset"])[0] for run in runs]
    pixels = max(map(math.prod, shapes))
    return memory_mb(images, pixels, max(map(weights_of, runs)), attempt)


def time_limit(runs, attempt):
    """Minutes for a job that trains these runs; 0, for none, where nothing but a cluster asks."""
    if not (workflow.is_main_process and workflow.non_local_exec):
        return 0
    return minutes([expected_seconds(run) for run in runs], attempt)


def expected_seconds(run):
    """Seconds of a run, by what past runs took where there are any."""
    seconds, _ = past_runs().seconds_per_epoch(shape_here(run))
    return run.epochs * (guessed_epoch(run) if seconds is None else seconds)


@functools.cache
def past_runs():
    return PastRuns(Path(RESULTS), RunFolders(Path(RESULTS, "runs")), CODE[TRAINING])


def gpu_slots(wildcards):
    """One slot of the resource `gpu` for a run that will use a GPU, which some share."""
    return int(uses_gpu(DEVICE))
