"""Checks beyond the models of the configuration: names, folders, numbers of images, settings.

Each function raises config_text.ConfigError with the file, the line, the key and what to do.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.claim import Claim, metric_names
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.configuration import own_data
from lr_atlas.config.study_models import Study
from lr_atlas.config.target_models import metric_of_target, value_of_target
from lr_atlas.config.torch_optimizers import defaults
from lr_atlas.data.image_counts import ImageCounts, image_counts
from lr_atlas.studies.claim_epochs import epochs_problem
from lr_atlas.studies.combinations import runs_asked_for
from lr_atlas.studies.data_source import DataSource
from lr_atlas.studies.grid import Plan
from lr_atlas.studies.metric_columns import metrics, title_of
from lr_atlas.studies.run_lengths import budgets_of
from lr_atlas.studies.setting_match import matching_settings, nearest_settings
from lr_atlas.studies.study_metric import StudyMetric

#: Names of targets of the workflow: a study cannot have one of these.
RESERVED_NAMES = (
    "all",
    "data",
    "train",
    "train_pack",
    "collect",
    "select",
    "evaluate",
    "analyse",
    "find_rates",
    "figures",
    "import_runs",
    "study_page",
    "report",
)


#: Planning more runs takes minutes and gigabytes.
MOST_RUNS = 100_000


def check_cache(file: ConfigFile) -> None:
    """Raise ConfigError for a shared folder that is not there or cannot be written to."""
    directory = file.configuration.cache.directory
    if directory is None:
        return
    problem = None
    if not Path(directory).is_dir():
        problem = f"there is no folder {directory}; make it first, writable for all who share it"
    elif not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        problem = f"the folder {directory} is not writable for you; ask for it (chmod g+rwx)"
    if problem:
        raise file.error(("cache", "directory"), problem)


def check_size(file: ConfigFile) -> None:
    """Refuse a grid that multiplies out to more runs than anybody waits for, before it does."""
    own = own_data(file.configuration)
    counts = {
        name: runs_asked_for(study)
        * (len(own[study.dataset].variants) if study.dataset in own else 1)
        for name, study in file.configuration.studies.items()
    }
    if sum(counts.values()) > MOST_RUNS:
        largest = max(counts, key=counts.__getitem__)
        raise file.error(
            ("studies", largest),
            f"{counts[largest]:,} runs (settings x seeds) of {sum(counts.values()):,} in all; at "
            f"most {MOST_RUNS:,} can be planned at a time",
        )


def check_study(name: str, study: Study, data: DataSource, file: ConfigFile) -> None:
    """Raise ConfigError for what can be known only with the number of training images."""
    problems = Problems()
    counts = image_counts(
        *(study.validation, study.training_images),
        *(data.training_images, 0, data.held_out),
    )
    with problems.noted():
        _check_images(name, study, counts, data, file)
    with problems.noted():
        if "pixels" in study.model_fields_set and not data.are_bytes:
            raise file.error(
                ("studies", name, "pixels"),
                f"{study.dataset} holds no pixels of 0 to 255, but other numbers, which are always "
                "standardised by the training part; leave `pixels` out",
            )
    if study.defaults and not any("lr" in defaults(entry.name) for entry in study.optimizers):
        with problems.noted():
            raise file.error(
                ("studies", name, "defaults"),
                "defaults: true is for torch's own optimizers, of which the study has none",
            )
    problems.tell()
    for index in range(len(study.optimizers)):
        with problems.noted():
            _check_batch_sizes(study, ("studies", name), index, counts.training, file)
    problems.tell()
    _check_evaluations(study, ("studies", name), counts.training, file)


def _check_evaluations(study: Study, place: tuple[str, ...], images: int, file: ConfigFile) -> None:
    """Raise ConfigError for evaluations after the end of every run."""
    if study.evaluate is None:
        return
    budgets = [each for entry in study.optimizers for each in budgets_of(study, entry, images)]
    longest = max(each.total or 0 for each in budgets)
    if study.evaluate.last > longest:
        key = "every" if study.evaluate.every else "steps"
        raise file.error(
            (*place, "evaluate", key),
            f"evaluate: no run comes to step {study.evaluate.last}; the longest has {longest} steps"
            + ("" if study.steps else f" (an epoch is {images} training images)"),
        )


def check_name(name: str, file: ConfigFile) -> None:
    """Raise ConfigError for a study whose name something else has."""
    if name.lower() in RESERVED_NAMES:
        raise file.error(
            ("studies", name), f"'{name}' is the name of a target of the workflow; take another one"
        )


def _check_images(
    name: str, study: Study, counts: ImageCounts, data: DataSource, file: ConfigFile
) -> None:
    if study.validation == "given" and not data.held_out:
        raise file.error(
            ("studies", name, "validation"),
            f"validation: {study.dataset} brings no images to validate on; hold out a number of "
            "its training images, or a share of them, as in 0.1",
        )
    training_images = data.training_images
    held_out = training_images - counts.available
    classes = data.classes_count or 1
    if 0 < held_out < classes:
        raise file.error(
            ("studies", name, "validation"),
            f"validation: at least {classes} images must be held out, one of each class",
        )
    if counts.available < classes:
        raise file.error(
            ("studies", name, "validation")
            if "validation" in study.model_fields_set
            else ("studies", name),
            f"validation: {held_out} training images cannot be held out of the "
            f"{training_images} that {study.dataset} has here; choose fewer, or `test`",
        )
    if not classes <= counts.training <= counts.available:
        of = f" of the {training_images} of {study.dataset}" if held_out else ""
        raise file.error(
            ("studies", name, "training_images"),
            f"training_images: {counts.training} is not allowed; it must be {classes} to "
            f"{counts.available}, the images{of} that are not held out, or `all`",
        )


def _check_batch_sizes(
    study: Study, place: tuple[str, ...], index: int, images: int, file: ConfigFile
) -> None:
    entry = study.optimizers[index]
    trained_on = (
        f"{study.dataset} has here" if study.training_images == "all" else "the study trains on"
    )
    for batch_size in entry.batch_size or [study.batch_size]:
        if batch_size > images:
            where = ("optimizers", index) if entry.batch_size else ()
            raise file.error(
                (*place, *where, "batch_size"),
                f"a batch of {batch_size} is larger than the {images} training images that "
                f"{trained_on}; choose {images} or less",
            )


def check_metric(name: str, study: Study, metric: StudyMetric, file: ConfigFile) -> None:
    """Raise ConfigError for a metric that its data has not, and for values that it cannot have."""
    place = ("studies", name)
    if not metric.of_program and metric.task not in metric.metric.tasks:
        fitting = [each for each, known in metrics().items() if metric.task in known.tasks]
        raise file.error(
            (*place, "metric"),
            f"{metric.name} is no metric of a {metric.task}, which {study.dataset} is for; "
            f"Allowed: {', '.join(fitting)}",
        )
    choosing = [each.removeprefix("validation_") for each in metric.columns if "validation" in each]
    if study.select_by is not None and study.select_by not in choosing:
        raise file.error(
            (*place, "select_by"),
            f"'{study.select_by}' is not measured in this study"
            f"{suggestion(study.select_by, choosing)}",
        )
    timed_by = metric_of_target(study.target)
    if timed_by is not None and timed_by not in choosing:
        raise file.error(
            (*place, "target", timed_by),
            f"'{timed_by}' is not measured in this study{suggestion(timed_by, choosing)}",
        )
    problems = Problems()
    least, most = metric.metric.lowest, metric.metric.highest
    target = value_of_target(study.target)
    for key, value, of in (("chance", study.chance, metric), ("target", target, metric.timed)):
        lowest, highest = of.metric.lowest, of.metric.highest
        with problems.noted():
            if value is not None and not lowest <= value <= highest:
                bound = f"at least {lowest:g}" if value < lowest else f"at most {highest:g}"
                raise file.error((*place, key), f"{value:.15g} is not allowed; it must be {bound}")
    for key, value in (("margin", study.margin), ("matters", study.matters)):
        with problems.noted():
            if value is not None and value >= most - least:
                raise file.error(
                    (*place, key),
                    f"{value:.15g} is not allowed; it must be less than {most - least:g}, since "
                    f"{title_of(metric.metric)} is from {least:g} to {most:g}",
                )
    problems.tell()


def check_reference(plan: Plan, study: Study, metric: StudyMetric, file: ConfigFile) -> None:
    """Raise ConfigError unless every reported value is measured, and belongs to one setting."""
    problems = Problems()
    known = (*metric.columns, metric.best, "seconds_per_epoch")
    for index, values in enumerate(study.reference.values if study.reference else ()):
        keys = ("studies", plan.study, "reference", "values", index)
        with problems.noted():
            _check_where(plan, values.where, (*keys, "where"), file)
        for name in values.metrics:
            with problems.noted():
                _check_measured(name, known, (*keys, name), file)
    problems.tell()


def check_claims(
    plan: Plan, study: Study, metric: StudyMetric, images: int, file: ConfigFile
) -> None:
    """Raise ConfigError unless every claim is about settings and metrics that there are.

    images: that the study trains on; 0 of a program.
    """
    problems = Problems()
    known = metric_names(metric.columns, metric.best)
    for index, claim in enumerate(study.claims):
        keys = ("studies", plan.study, "claims", index)
        with problems.noted():
            settings = _check_claim(plan, claim, keys, file)
            found = epochs_problem(plan, claim, settings, images)
            if found:
                said = (found[0],) if found[0] in claim.model_fields_set else ()
                raise file.error((*keys, *said), found[1])
        for key, name, of_epochs in claim.metrics_named:
            with problems.noted():
                _check_measured(name, metric.columns if of_epochs else known, (*keys, *key), file)
    problems.tell()


def _check_measured(name: str, known: Sequence[str], keys: tuple, file: ConfigFile) -> None:
    """Raise ConfigError for a metric that the runs do not have."""
    if name not in known:
        raise file.error(keys, f"unknown value '{name}'{suggestion(name, known)}")


def _check_claim(plan: Plan, claim: Claim, keys: tuple, file: ConfigFile) -> list[str]:
    """Return the settings that a claim is about."""
    found = {
        name: _check_where(plan, where, (*keys, *name), file)
        for name, where in claim.settings.items()
    }
    settings = [names[0] for names in found.values()]
    for name, setting in zip(list(found)[1:], settings[1:], strict=True):
        if settings.index(setting) < list(found).index(name):
            raise file.error(
                (*keys, *name),
                f"{setting} is compared with itself; single out another setting",
            )
    for name, where in claim.groups.items():
        settings += _check_where(plan, where, (*keys, *name), file, several=True)
    return settings


def _check_where(
    plan: Plan, where: dict, keys: tuple, file: ConfigFile, several: bool = False
) -> list[str]:
    """Return the settings that match; ConfigError unless exactly one, or several where allowed."""
    known = {"lr", *(key for run in plan.runs for key in run.parameters)} - {"learning_rate"}
    for key in where:
        if key not in known:
            raise file.error(keys, f"unknown parameter '{key}'{suggestion(key, sorted(known))}")
    found = matching_settings(plan, where)
    if not found or (len(found) > 1 and not several):
        shown = ", ".join(found[:5]) or "none"
        near = nearest_settings(plan, where)[:20]
        needed = "at least one" if several else "exactly one"
        raise file.error(
            keys,
            f"{len(found)} settings match {where}, {needed} must. Matching: {shown}. "
            f"The study's settings: {', '.join(near)}",
        )
    return found
