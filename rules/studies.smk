"""Studies: functions from a study's wildcards to its files, parameters and captions."""

from lr_atlas.config.configuration import language_of
from lr_atlas.locale.speech import speaking
from lr_atlas.report.caption_notes import seeds_note, validation_note
from lr_atlas.runs.failure import CURVES, LAST_FIGURE, LAST_FILES
from lr_atlas.runs.missing_runs import completeness, without
from lr_atlas.studies.files_elsewhere import plain_columns
from lr_atlas.studies.selection import read_selection, runs_of_chosen
from lr_atlas.studies.study_definition import runs_definition, study_definition
from lr_atlas.studies.combinations import usual_loss
from lr_atlas.studies.range_tests import as_plain, range_tests
from lr_atlas.studies.given_metric import metric_json
from lr_atlas.training.parts import name_of_part

#: The formats in which figures are written beside SVG.
OTHER_FORMATS = [kind for kind in ATLAS.configuration.figures.formats if kind != "svg"]


def run_files(wildcards):
    """Return the files of every run of the study that its tables come from, run by run.

    So those of a run are in the same part when Snakemake is asked for one (--batch collect=1/10).

    Without runs that are missing after a failure.
    """
    plan = ATLAS.plans[wildcards.study]
    return [
        f"results/runs/{run.folder}/{name}"
        for run in without(plan, MISSING[wildcards.study]).asked
        for name in (HISTORY, FIRST_EPOCH, TIMING, DESCRIPTION)
    ]


def definition(wildcards):
    return canonical_json(study_definition(ATLAS, wildcards.study))


def definition_of_runs(wildcards):
    return canonical_json(runs_definition(ATLAS, wildcards.study))


def study_of_runs(wildcards):
    """Return a study that takes runs from elsewhere, by the digest of these."""
    for study, found in ATLAS.elsewhere.items():
        if found.digest == wildcards.imported:
            return study
    raise WorkflowError(f"No study has runs from elsewhere with the digest {wildcards.imported}.")


def files_elsewhere(wildcards):
    return canonical_json(ATLAS.configuration.studies[study_of_runs(wildcards)].runs)


def names_elsewhere(wildcards):
    return canonical_json(ATLAS.elsewhere[study_of_runs(wildcards)].files)


def columns_elsewhere(wildcards):
    study = ATLAS.configuration.studies[study_of_runs(wildcards)]
    return canonical_json(plain_columns(study.columns))


def settings_elsewhere(wildcards):
    """Return the settings of a study's runs from elsewhere, whose tables lie beside them."""
    found = ATLAS.elsewhere.get(wildcards.study)
    return f"results/imported/{found.digest}/settings.json" if found else []


def chosen_runs(wildcards):
    """Return the grid.Runs on fresh seeds of the chosen settings, once these are known."""
    plan = ATLAS.plans[wildcards.study]
    if not plan.of_chosen:
        return []
    path = checkpoints.select.get(study=wildcards.study).output.selection
    missing = {run.name for run in MISSING_OF_CHOSEN[wildcards.study]}
    try:
        selection = read_selection(Path(path), plan)
    except UserError as error:
        raise WorkflowError(str(error))
    return [run for run in runs_of_chosen(plan, selection) if run.name not in missing]


def chosen_files(wildcards):
    """Return a file of each of these runs that is there when it is finished."""
    return [f"results/runs/{run.folder}/{DESCRIPTION}" for run in chosen_runs(wildcards)]


def data_folders(wildcards):
    """Return the names of the folders of a study's images, with blanks between, which none has."""
    return " ".join(each.folder for each in ATLAS.data[dataset_of(wildcards)].variants)


def study_test_images(wildcards):
    """Return the test images of a study; none where a program says what it has reached."""
    if ATLAS.metric_of(wildcards.study).of_program:
        return []
    return [f"results/data/{folder}/test.npz" for folder in data_folders(wildcards).split()]


def not_tested(wildcards):
    """Return the names of runs that are missing after a failure, as a JSON list."""
    runs = [*MISSING[wildcards.study], *MISSING_OF_CHOSEN[wildcards.study]]
    return canonical_json(sorted({run.name for run in runs}))


def validation_of(wildcards):
    """Return what runs are validated on; "unknown" where they are not trained by this project."""
    study = ATLAS.configuration.studies[wildcards.study]
    return str(study.validation) if study.trains else "unknown"


def loss_of(wildcards):
    study = ATLAS.configuration.studies[wildcards.study]
    return name_of_part(usual_loss(study, ATLAS.data[study.dataset].task))


def metric_of(wildcards):
    """Return the study's metric as JSON."""
    study = ATLAS.configuration.studies[wildcards.study]
    return metric_json(study, ATLAS.metric_of(wildcards.study))


def metric_title(wildcards):
    with speaking(ATLAS.configuration.language):
        return ATLAS.metric_of(wildcards.study).called


def dataset_of(wildcards):
    return ATLAS.configuration.studies[wildcards.study].dataset


def classes_of(wildcards):
    """Return the names of the classes as JSON; [] means those of the published data set."""
    return canonical_json(ATLAS.data[dataset_of(wildcards)].classes or [])


def title_of(wildcards):
    """Return the title of the study for figures and captions; its name if it has none."""
    return ATLAS.configuration.studies[wildcards.study].called(wildcards.study)


def figures_style(wildcards):
    return ATLAS.configuration.figures.style


def figures_language(wildcards):
    own = ATLAS.configuration.figures.language
    return own or language_of(ATLAS.configuration, wildcards.study)


def figures_titles(wildcards):
    return "yes" if ATLAS.configuration.figures.titles else "no"


def seeds_text(wildcards):
    count = len(ATLAS.configuration.studies[wildcards.study].seeds)
    plan, lacking = ATLAS.plans[wildcards.study], MISSING[wildcards.study]
    with speaking(ATLAS.configuration.language):
        return seeds_note(count, completeness(plan, lacking))


def validation_text(wildcards):
    with speaking(ATLAS.configuration.language):
        return validation_note(validation_of(wildcards), ATLAS.metric_of(wildcards.study))


def runs_to_do(study):
    """Return files of a study's unfinished runs, as inputs of a target.

    So a deleted run is made again although nothing else asks for it.

    Not those of all runs: Snakemake takes time with their number squared for the inputs of a job.
    """
    return [
        f"results/runs/{run.folder}/{HISTORY}"
        for run in WORKSHOP.unfinished(ATLAS.plans[study].asked)
    ]


def other_figures(study):
    """Return a figure of a study in each format beside SVG, as inputs of a target.

    So a format that is new is drawn although nothing else asks for it.
    """
    return [f"results/studies/{study}/{LAST_FIGURE}.{kind}" for kind in OTHER_FORMATS]


def certificate(wildcards):
    """Return the certificate of `make verify` if there is one; a new one rewrites the pages."""
    path = "results/verification.json"
    return path if Path(PLACES.placed(path)).exists() else []


def is_verified(wildcards):
    return bool(certificate(wildcards))


def study_results(study):
    """Return the last files of a study; all others are made on the way to them."""
    return [
        *(f"results/studies/{study}/{name}" for name in LAST_FILES),
        # Snakemake compares folders by time alone, so that a copied one would look changed; the
        # figure above, which the same job draws, says whether there is something new.
        ancient(f"results/studies/{study}/{CURVES}"),
    ]


def range_tests_of_study(wildcards):
    """Return the range tests of a study as JSON."""
    find = ATLAS.configuration.studies[wildcards.study].find
    return canonical_json(as_plain(range_tests(ATLAS.plans[wildcards.study]), find))


def range_tests_table(wildcards):
    """Return the table of a study's range tests; none where it asks for none."""
    has_some = ATLAS.configuration.studies[wildcards.study].find
    return f"results/studies/{wildcards.study}/range_tests.csv" if has_some else []


def images_of_study(wildcards):
    """Return the images of a study's runs."""
    return image_files(ATLAS.plans[wildcards.study].trained[0])
