"""Training jobs: the runs of each, and the memory, minutes and GPU that it asks for.

All follow from the setting and the attempt; a profile can set others (`set-resources`).
"""

from lr_atlas.devices import uses_gpu
from lr_atlas.image_format import CLASSES, PIXELS
from lr_atlas.job_resources import guessed_seconds, memory_mb, minutes, number_of_weights
from lr_atlas.machine import processor
from lr_atlas.packs import members, packs
from lr_atlas.run_costs import PastRuns, shape_of_run
from lr_atlas.run_folders import RunFolders

DEVICE = ATLAS.configuration.compute.device

# packs


def runs_per_job():
    """How many runs a job trains at most: a resource that the profile sets for rule train_pack."""
    rule = workflow.modifier.modify_rulename("train_pack")
    given = workflow.resource_settings.overwrite_resources.get(rule, {})
    number = given["runs_per_job"].value if "runs_per_job" in given else 1
    if not isinstance(number, int) or number < 1:
        logger.error(f"The resource runs_per_job of rule {rule} must be at least 1: {number}")
        sys.exit(1)
    return number


def study_packs():
    """{run: (study, pack)}: a run that studies share is trained for the first of them."""
    found = {}
    for study, plan in ATLAS.plans.items():
        names = {run.name for run in plan.runs} - found.keys()
        for name, pack in packs(names, runs_per_job()).items():
            found[name] = study, pack
    return found


#: Empty where each run is a job of its own.
PACKS = study_packs() if runs_per_job() > 1 else {}


def pack_of(wildcards):
    """What says that the pack of a run has been tried."""
    if not PACKS:
        return []
    return "results/packs/{}/{}".format(*PACKS[wildcards.run])


def packed_log(wildcards):
    """The log of a run's training in its pack; empty where it is trained by a job of its own."""
    if not PACKS:
        return ""
    return f"{RESULTS}/logs/train/{wildcards.run}/epochs-{wildcards.epochs}.packed.log"


def runs_of_pack(wildcards):
    """The grid.Runs of a pack, of all lengths."""
    earlier = list(ATLAS.plans)[: list(ATLAS.plans).index(wildcards.study)]
    shared = {run.name for study in earlier for run in ATLAS.plans[study].runs}
    names = {run.name for run in ATLAS.plans[wildcards.study].runs} - shared
    packed = set(members(names, wildcards.pack))
    return [run for run in ATLAS.runs.values() if run.name in packed]


def pack_images(wildcards):
    return sorted({path for run in runs_of_pack(wildcards) for path in image_files(run)})


def packed_runs():
    """{"study/pack": its runs as plain values}, for the jobs."""
    found = {}
    for run in ATLAS.runs.values() if PACKS else ():
        values = {
            "name": run.name,
            "configuration": run.configuration,
            "epochs": run.epochs,
            "images": [placed(path) for path in image_files(run)],
        }
        found.setdefault("/".join(PACKS[run.name]), []).append(values)
    return found


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
    return time_limit(runs_of_pack(wildcards), attempt)


def memory(runs, attempt):
    """MB for a job that trains these runs, one after the other."""
    sources = [ATLAS.data[run.configuration["dataset"]] for run in runs]
    images = max(source.training_images + source.test_images for source in sources)
    return memory_mb(images, PIXELS, max(map(weights_of, runs)), attempt)


def time_limit(runs, attempt):
    """Minutes for a job that trains these runs; 0, for none, where nothing but a cluster asks."""
    if not (workflow.is_main_process and workflow.non_local_exec):
        return 0
    return minutes([expected_seconds(run) for run in runs], attempt)


def expected_seconds(run):
    """Seconds of a run, by what past runs took where there are any."""
    shape = shape_of_run(ATLAS, run, "cuda" if uses_gpu(DEVICE) else "cpu", processor())
    seconds, _ = past_runs().seconds_per_epoch(shape)
    if seconds is None:
        seconds = guessed_seconds(shape.training_images, shape.batch_size, weights_of(run))
    return run.epochs * seconds


@functools.cache
def past_runs():
    return PastRuns(Path(RESULTS), RunFolders(Path(RESULTS, "runs")), CODE["train.py"])


def weights_of(run):
    model = complete_configuration(run.configuration)["model"]
    return number_of_weights(PIXELS, model["hidden"], CLASSES)


def gpu_slots(wildcards):
    """One slot of the resource `gpu` for a run that will use a GPU, so that runs take turns."""
    return int(uses_gpu(DEVICE))
