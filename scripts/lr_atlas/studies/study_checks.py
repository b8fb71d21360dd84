"""Checks beyond the models of the configuration: names, folders, numbers of images, settings.

Each function raises config_text.ConfigError with the file, the line, the key and what to do.
"""

import os
from pathlib import Path

from lr_atlas.common.spelling import suggestion
from lr_atlas.config.claim_models import Claim
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.study_models import OptimizerEntry, Study
from lr_atlas.data.datasets import DATASETS
from lr_atlas.data.image_counts import ImageCounts, image_counts
from lr_atlas.studies.grid import Plan, runs_asked_for
from lr_atlas.studies.setting_match import matching_settings

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
    "figures",
    "study_page",
    "report",
)


#: With more, planning alone takes minutes and gigabytes.
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
    counts = {name: runs_asked_for(study) for name, study in file.configuration.studies.items()}
    if sum(counts.values()) > MOST_RUNS:
        largest = max(counts, key=counts.__getitem__)
        raise file.error(
            ("studies", largest),
            f"{counts[largest]:,} runs (settings x seeds) of {sum(counts.values()):,} in all; at "
            f"most {MOST_RUNS:,} can be planned at a time",
        )


def check_study(name: str, study: Study, training_images: int, file: ConfigFile) -> None:
    """Raise ConfigError for what can be known only with the number of training images."""
    problems = Problems()
    counts = image_counts(study.validation, study.training_images, training_images, 0)
    with problems.noted():
        _check_name(name, file)
    with problems.noted():
        _check_images(name, study, counts, training_images, file)
    problems.tell()
    for index, entry in enumerate(study.optimizers):
        with problems.noted():
            _check_batch_sizes(name, study, index, entry, counts.training, file)
    problems.tell()


def _check_name(name: str, file: ConfigFile) -> None:
    if name.lower() in RESERVED_NAMES:
        raise file.error(
            ("studies", name), f"'{name}' is the name of a target of the workflow; take another one"
        )


def _check_images(
    name: str, study: Study, counts: ImageCounts, training_images: int, file: ConfigFile
) -> None:
    held_out = training_images - counts.available
    classes = DATASETS[study.dataset].classes
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
    name: str, study: Study, index: int, entry: OptimizerEntry, images: int, file: ConfigFile
) -> None:
    trained_on = (
        f"{study.dataset} has here" if study.training_images == "all" else "the study trains on"
    )
    for batch_size in entry.batch_size or [study.batch_size]:
        if batch_size > images:
            keys = ("studies", name, "optimizers", index, "batch_size")
            raise file.error(
                keys if entry.batch_size else ("studies", name, "batch_size"),
                f"a batch of {batch_size} is larger than the {images} training images that "
                f"{trained_on}; choose {images} or less",
            )


def check_reference(plan: Plan, study: Study, file: ConfigFile) -> None:
    """Raise ConfigError unless every reported value belongs to exactly one setting."""
    problems = Problems()
    for index, values in enumerate(study.reference.values if study.reference else ()):
        keys = ("studies", plan.study, "reference", "values", index, "where")
        with problems.noted():
            _check_where(plan, values.where, keys, file)
    problems.tell()


def check_claims(plan: Plan, study: Study, file: ConfigFile) -> None:
    """Raise ConfigError unless every claim is about settings that there are."""
    problems = Problems()
    for index, claim in enumerate(study.claims):
        with problems.noted():
            _check_claim(plan, claim, ("studies", plan.study, "claims", index), file)
    problems.tell()


def _check_claim(plan: Plan, claim: Claim, keys: tuple, file: ConfigFile) -> None:
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
    _check_epochs(plan, claim, settings, keys, file)


def _check_epochs(
    plan: Plan, claim: Claim, settings: list[str], keys: tuple, file: ConfigFile
) -> None:
    """Raise ConfigError for a claim about epochs that there are not."""
    lengths = {run.setting: run.epochs for run in plan.runs}
    for key in ("at_epoch", "last"):
        asked = getattr(claim, key, None)
        short = [name for name in settings if asked and lengths[name] < asked]
        if short:
            raise file.error(
                (*keys, key),
                f"{key}: {asked} is more than the {lengths[short[0]]} epochs of {short[0]}",
            )


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
        needed = "at least one" if several else "exactly one"
        raise file.error(
            keys,
            f"{len(found)} settings match {where}, {needed} must. Matching: {shown}. "
            f"The study's settings: {', '.join(plan.settings[:20])}",
        )
    return found
