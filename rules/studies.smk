"""Studies: functions from a study's wildcards to its files, parameters and captions."""

from lr_atlas.tables.missing_runs import without
from lr_atlas.studies.selection import confirmations, read_selection
from lr_atlas.studies.atlas import runs_definition, study_definition


def run_files(wildcards):
    """The files of every run of the study that its tables come from, run by run: so those of a
    run are in the same part when Snakemake is asked for a part of them (--batch collect=1/10).

    Without runs that are missing after a failure.
    """
    plan = ATLAS.plans[wildcards.study]
    return [
        f"results/runs/{run.name}/epochs-{run.epochs}/{name}"
        for run in without(plan, MISSING[wildcards.study]).runs
        for name in (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION)
    ]


def definition(wildcards):
    return canonical_json(study_definition(ATLAS, wildcards.study))


def definition_of_runs(wildcards):
    return canonical_json(runs_definition(ATLAS, wildcards.study))


def confirming_runs(wildcards):
    """The grid.Runs that confirm the chosen settings, once these are known; without missing ones."""
    plan = ATLAS.plans[wildcards.study]
    if not plan.confirmations:
        return []
    path = checkpoints.select.get(study=wildcards.study).output.selection
    missing = {run.name for run in MISSING_CONFIRMATIONS[wildcards.study]}
    try:
        selection = read_selection(Path(path), plan)
    except UserError as error:
        raise WorkflowError(str(error))
    return [run for run in confirmations(plan, selection) if run.name not in missing]


def confirming_files(wildcards):
    """What says that these runs are finished and up to date."""
    return [
        f"results/runs/{run.name}/epochs-{run.epochs}/{DESCRIPTION}"
        for run in confirming_runs(wildcards)
    ]


def data_folder(wildcards):
    """The name of the folder of a study's images."""
    return ATLAS.data[ATLAS.configuration.studies[wildcards.study].dataset].folder


def study_test_images(wildcards):
    return f"results/data/{data_folder(wildcards)}/test.npz"


def not_tested(wildcards):
    """Names of runs that are missing after a failure, as JSON; in a usual run there are none."""
    runs = [*MISSING[wildcards.study], *MISSING_CONFIRMATIONS[wildcards.study]]
    return canonical_json(sorted({run.name for run in runs}))


def validation_of(wildcards):
    return str(ATLAS.configuration.studies[wildcards.study].validation)


def loss_of(wildcards):
    return ATLAS.configuration.studies[wildcards.study].loss


def dataset_of(wildcards):
    return ATLAS.configuration.studies[wildcards.study].dataset


def classes_of(wildcards):
    """The names of the classes as JSON; none for those of the published data set."""
    return canonical_json(ATLAS.data[dataset_of(wildcards)].classes or [])


def title_of(wildcards):
    """Return the title of the study for figures and captions; its name if it has none."""
    return ATLAS.configuration.studies[wildcards.study].called(wildcards.study)


def figures_style(wildcards):
    return ATLAS.configuration.figures.style


def figures_language(wildcards):
    return ATLAS.configuration.figures.language


def figures_titles(wildcards):
    return "yes" if ATLAS.configuration.figures.titles else "no"


def seeds_text(wildcards):
    count = len(ATLAS.configuration.studies[wildcards.study].seeds)
    parts = [f"{count} seed" + ("s" if count != 1 else ""), completeness(wildcards)]
    return "; ".join(filter(None, parts))


def validation_note(wildcards):
    validation = ATLAS.configuration.studies[wildcards.study].validation
    if validation == "test":
        return (
            "Validation was on the test images: what is chosen from this figure has been chosen on"
            " the test set."
        )
    return f"Validation was on {validation} training images that were held out."


def runs_to_do(study):
    """Files of the runs of a study that are not finished: a target's inputs, so that a deleted run is
    made again although nothing else asks for it.

    Not those of all runs: Snakemake takes time with their number squared for the inputs of a job.
    """
    return [
        f"results/runs/{run.name}/epochs-{run.epochs}/{HISTORY}" for run in runs_not_finished(study)
    ]


def certificate(wildcards):
    """What `make verify` has left, if anything. A new one has other content, so pages are rewritten."""
    path = "results/verification.json"
    return path if Path(placed(path)).exists() else []


def is_verified(wildcards):
    return bool(certificate(wildcards))


def study_results(study):
    """The last files of a study; all others are made on the way to them."""
    return [
        f"results/studies/{study}/report.html",
        # Snakemake compares folders by time alone, so that a copied one would look changed; the
        # figure beside it, which the same job draws, says whether there is something new.
        ancient(f"results/studies/{study}/figures/curves"),
        f"results/studies/{study}/figures/validation_curves.svg",
    ]
