"""What the configuration asks for: its studies, their runs, and the data that they need."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lr_atlas.config_file import ConfigFile, load_configuration
from lr_atlas.datasets import CANONICAL_COUNTS, DataError, canonical_digest, inspect_folder
from lr_atlas.grid import GridError, Plan, Run, plan_study
from lr_atlas.image_format import CLASSES
from lr_atlas.run_identity import canonical_json, compact
from lr_atlas.spelling import suggestion
from lr_atlas.study_models import Configuration, Study

_DIGEST_LENGTH = 12

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


@dataclass(frozen=True)
class DataSource:
    """A data set as this configuration finds it."""

    name: str
    directory: str | None  # the configured folder, where it holds the files
    digest: str
    canonical: bool
    training_images: int
    test_images: int

    @property
    def folder(self) -> str:
        """The name of the folder for this data: other data has another one."""
        return f"{self.name}-{self.digest[:_DIGEST_LENGTH]}"


@dataclass(frozen=True)
class Atlas:
    """All that the workflow needs to know, as plain values."""

    configuration: Configuration
    data: dict[str, DataSource]
    plans: dict[str, Plan]

    @cached_property
    def runs(self) -> dict[tuple[str, int], Run]:
        """The runs of all studies by (name, epochs); a run that studies share is there once."""
        return {(run.name, run.epochs): run for plan in self.plans.values() for run in plan.runs}

    @cached_property
    def possible_runs(self) -> dict[tuple[str, int], Run]:
        """`runs`, and those that confirm a setting if it is chosen."""
        confirmations = {
            (run.name, run.epochs): run
            for plan in self.plans.values()
            for run in plan.confirmations
        }
        return confirmations | self.runs

    @cached_property
    def lengths(self) -> dict[str, set[int]]:
        """For how many epochs each possible run may be asked for, by its name."""
        lengths = {}
        for name, epochs in self.possible_runs:
            lengths.setdefault(name, set()).add(epochs)
        return lengths

    def image_files(self, run: Run, results: Path) -> list[Path]:
        """The images that a run is trained on; then those of its validation, if they are others."""
        folder = results / "data" / self.data[run.configuration["dataset"]].folder
        on_test = run.configuration.get("validation") == "test"
        return [folder / f"{split}.npz" for split in ("train", "test")[: 1 + on_test]]

    def checkpoint_directories(self, results: Path) -> list[Path]:
        """Where training jobs look for checkpoints, in order; they keep theirs in the first."""
        cache = self.configuration.cache.directory
        return [*([Path(cache)] if cache else []), results / "checkpoints"]

    def snapshot(self) -> dict:
        """Plain values, for JSON, that `atlas_from_snapshot` makes the same Atlas of."""
        return {
            "configuration": self.configuration.model_dump(mode="json", exclude_defaults=True),
            "data": {name: vars(source) for name, source in self.data.items()},
        }

    def longer_runs(self, name: str, epochs: int) -> int:
        """How many lengths above `epochs` the run `name` is asked for."""
        return sum(other > epochs for other in self.lengths[name])


def load_atlas(
    paths: Iterable[Path], overrides: Mapping | None = None, origin: str = "--config"
) -> Atlas:
    """The studies of the configuration files, ready to run.

    overrides: dict laid over the files' content. origin: where it comes from, for messages.
    Raises errors.UserError with one message: the file, the line, the key and what to do.
    """
    file = load_configuration(paths, overrides, origin)
    configuration = file.configuration
    _check_cache(file)
    data = {}
    for study in configuration.studies.values():
        if study.dataset not in data:
            data[study.dataset] = _find_data(study.dataset, file)
    plans = {}
    for name, study in configuration.studies.items():
        _check_study(name, study, data[study.dataset], file)
        try:
            plans[name] = _plan(name, study, data[study.dataset], configuration.compute.threads)
        except GridError as error:
            raise file.error(("studies", name), str(error)) from None
        _check_reference(plans[name], study, file)
        _check_claims(plans[name], study, file)
    return Atlas(configuration, data, plans)


def atlas_from_snapshot(snapshot: dict) -> Atlas:
    """The Atlas whose `snapshot` this is. Nothing is checked again, and no data is looked for."""
    configuration = Configuration.model_validate(snapshot["configuration"])
    data = {name: DataSource(**values) for name, values in snapshot["data"].items()}
    plans = {
        name: _plan(name, study, data[study.dataset], configuration.compute.threads)
        for name, study in configuration.studies.items()
    }
    return Atlas(configuration, data, plans)


def study_definition(atlas: Atlas, name: str) -> dict:
    """Everything that decides a study's tables, as plain values whose order means nothing.

    The order in which a study lists its optimizers and values changes no result, so it is taken
    out: lists that are sets are sorted.
    """
    study = atlas.configuration.studies[name]
    source = atlas.data[study.dataset]
    definition = study.model_dump(mode="json", exclude_defaults=True)
    entries = [_sorted_axes(entry) for entry in definition["optimizers"]]
    definition["optimizers"] = sorted(entries, key=canonical_json)
    definition["seeds"] = sorted(study.seeds)
    return {
        "name": name,
        "study": definition,
        "data": {
            "digest": None if source.canonical else source.digest,
            "training_images": source.training_images,
            "test_images": source.test_images,
        },
        "threads": atlas.configuration.compute.threads,
    }


def runs_definition(atlas: Atlas, name: str) -> dict:
    """The same without what the analysis alone reads: neither runs nor choices depend on it."""
    definition = study_definition(atlas, name)
    kept = {key: value for key, value in definition["study"].items() if key not in _ANALYSED}
    return {**definition, "study": kept}


_ANALYSED = ("description", "target", "reference", "claims")


def study_from_definition(definition: dict) -> tuple[Study, Plan]:
    """The study and its plan, of what `study_definition` gave."""
    study = Study.model_validate(definition["study"])
    plan = plan_study(
        definition["name"], study, definition["data"]["digest"], definition["threads"]
    )
    return study, plan


def _plan(name: str, study: Study, data: DataSource, threads: int) -> Plan:
    return plan_study(name, study, None if data.canonical else data.digest, threads)


def _sorted_axes(entry: dict) -> dict:
    """An optimizer entry (or its `model`) with the values of every axis in one order."""
    return {
        key: sorted(
            (_sorted_axes(item) if isinstance(item, dict) else item for item in value),
            key=canonical_json,
        )
        if isinstance(value, list)
        else value
        for key, value in entry.items()
    }


def _find_data(name: str, file: ConfigFile) -> DataSource:
    """The configured folder's data, or else the canonical data set, which will be downloaded."""
    directory = getattr(file.configuration.datasets, name).directory
    if directory is not None:
        try:
            contents = inspect_folder(Path(directory))
        except DataError as error:
            raise file.error(("datasets", name, "directory"), str(error)) from None
        if contents is not None:
            canonical = contents.digest == canonical_digest(name)
            return DataSource(
                name,
                directory,
                contents.digest,
                canonical,
                contents.training_images,
                contents.test_images,
            )
    return DataSource(name, directory, canonical_digest(name), True, *CANONICAL_COUNTS)


def _check_cache(file: ConfigFile) -> None:
    """A shared folder is not made here: made by mistake it would be shared with nobody."""
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


def _check_study(name: str, study: Study, data: DataSource, file: ConfigFile) -> None:
    """What can be known only once the data is."""
    if name.lower() in RESERVED_NAMES:
        raise file.error(
            ("studies", name), f"'{name}' is the name of a target of the workflow; take another one"
        )
    held_out = 0 if study.validation == "test" else study.validation
    if 0 < held_out < CLASSES:
        raise file.error(
            ("studies", name, "validation"),
            f"validation: at least {CLASSES} images must be held out, one of each class",
        )
    if held_out > data.training_images - CLASSES:
        raise file.error(
            ("studies", name, "validation")
            if "validation" in study.model_fields_set
            else ("studies", name),
            f"validation: {held_out} training images cannot be held out of the "
            f"{data.training_images} that {data.name} has here; choose fewer, or `test`",
        )
    left = data.training_images - held_out
    for index, entry in enumerate(study.optimizers):
        for batch_size in entry.batch_size or [study.batch_size]:
            if batch_size > left:
                keys = ("studies", name, "optimizers", index, "batch_size")
                raise file.error(
                    keys if entry.batch_size else ("studies", name, "batch_size"),
                    f"a batch of {batch_size} is larger than the {left} training images that "
                    f"{data.name} has here; choose {left} or less",
                )


def _check_reference(plan: Plan, study: Study, file: ConfigFile) -> None:
    """Every reported value belongs to exactly one setting."""
    for index, values in enumerate(study.reference.values if study.reference else ()):
        keys = ("studies", plan.study, "reference", "values", index, "where")
        _check_where(plan, values.where, keys, file)


def _check_claims(plan: Plan, study: Study, file: ConfigFile) -> None:
    """Every claim is about settings that there are."""
    for index, claim in enumerate(study.claims):
        keys = ("studies", plan.study, "claims", index)
        found = {
            name: _check_where(plan, where, (*keys, *name), file)
            for name, where in claim.settings.items()
        }
        if len(found) == 2 and found[("where",)] == found[("than",)]:
            raise file.error(
                (*keys, "than"),
                f"{found[('than',)][0]} is compared with itself; single out another setting",
            )
        for name, where in claim.groups.items():
            _check_where(plan, where, (*keys, *name), file, several=True)


def _check_where(
    plan: Plan, where: dict, keys: tuple, file: ConfigFile, several: bool = False
) -> list[str]:
    """The settings that match, exactly one unless there may be several; ConfigError otherwise."""
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


def matching_settings(plan: Plan, where: dict) -> list[str]:
    """Names of the plan's settings whose parameters have all the values in `where`.

    where: dict by parameter name; `lr` stands for `learning_rate`.
    """
    wanted = {"learning_rate" if key == "lr" else key: value for key, value in where.items()}
    return list(
        dict.fromkeys(
            run.setting
            for run in plan.runs
            if all(
                key in run.parameters and _same_value(run.parameters[key], value)
                for key, value in wanted.items()
            )
        )
    )


def _same_value(parameter: Any, wanted: Any) -> bool:
    """Whether a parameter, where lists are texts, has the value that a configuration names."""
    if isinstance(wanted, list):
        joined = "-" if all(isinstance(element, int) for element in wanted) else "_"
        return parameter == joined.join(compact(element) for element in wanted)
    return parameter == wanted
