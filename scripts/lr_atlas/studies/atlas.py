"""The content of a configuration: its studies, their runs, and the data that they need."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lr_atlas.common.canonical import canonical_json
from lr_atlas.config.config_file import ConfigFile, load_configuration
from lr_atlas.config.config_messages import Problems
from lr_atlas.config.config_text import read_text
from lr_atlas.config.study_models import Configuration, Study
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.datasets import (
    DATASETS,
    canonical_digest,
    inspect_folder,
    refuse_other_set,
)
from lr_atlas.studies.grid import GridError, Plan, Run, plan_study
from lr_atlas.studies.study_checks import (
    check_cache,
    check_claims,
    check_reference,
    check_size,
    check_study,
)
from lr_atlas.training.parts import count_own_files_from, own_files_folder

_DIGEST_LENGTH = 12


@dataclass(frozen=True)
class DataSource:
    """A data set as this configuration finds it."""

    name: str
    directory: str | None  # the configured folder
    digest: str
    canonical: bool
    training_images: int
    test_images: int
    given_classes: list[str] | None = None  # as configured
    transposed: bool = False  # whether own images look so

    @property
    def folder(self) -> str:
        """Return the name of the folder for this data: other data has another one."""
        return f"{self.name}-{self.digest[:_DIGEST_LENGTH]}"

    @property
    def classes(self) -> list[str] | None:
        """Return the names of the classes; None for those of the published data set.

        Other images have other classes, and numbers are true of any.
        """
        if self.given_classes or self.canonical:
            return self.given_classes
        return [str(label) for label in range(DATASETS[self.name].classes)]


@dataclass(frozen=True)
class Atlas:
    """The studies with their runs and data, as plain values for the workflow."""

    configuration: Configuration
    data: dict[str, DataSource]
    plans: dict[str, Plan]

    @cached_property
    def runs(self) -> dict[tuple[str, int], Run]:
        """Return the runs of all studies by (name, epochs), one that studies share once."""
        return {(run.name, run.epochs): run for plan in self.plans.values() for run in plan.runs}

    @cached_property
    def possible_runs(self) -> dict[tuple[str, int], Run]:
        """Return `runs`, and those that confirm a setting if it is chosen."""
        confirmations = {
            (run.name, run.epochs): run
            for plan in self.plans.values()
            for run in plan.confirmations
        }
        return confirmations | self.runs

    @cached_property
    def lengths(self) -> dict[str, set[int]]:
        """Return for how many epochs each possible run may be asked for, by its name."""
        lengths: dict[str, set[int]] = {}
        for name, epochs in self.possible_runs:
            lengths.setdefault(name, set()).add(epochs)
        return lengths

    def image_files(self, run: Run, results: Path) -> list[Path]:
        """Return the images that a run is trained on, then those of its validation if others."""
        folder = results / "data" / self.data[run.configuration["dataset"]].folder
        on_test = run.configuration.get("validation") == "test"
        return [folder / f"{split}.npz" for split in ("train", "test")[: 1 + on_test]]

    def checkpoint_directories(self, results: Path) -> list[Path]:
        """Return where jobs look for checkpoints, in order; they keep theirs in the first."""
        cache = self.configuration.cache.directory
        return [*([Path(cache)] if cache else []), results / "checkpoints"]

    def snapshot(self) -> dict:
        """Return plain values, for JSON, that `atlas_from_snapshot` makes the same Atlas of."""
        return {
            "own_files": str(own_files_folder()),
            "configuration": self.configuration.model_dump(mode="json", exclude_defaults=True),
            "data": {name: vars(source) for name, source in self.data.items()},
        }

    def longer_runs(self, name: str, epochs: int) -> int:
        """Return how many lengths above `epochs` the run `name` is asked for."""
        return sum(other > epochs for other in self.lengths[name])


def load_atlas(
    paths: Iterable[Path],
    overrides: Mapping | None = None,
    origin: str = "--config",
    read: Callable[[Path], str] = read_text,
) -> Atlas:
    """Return the studies of the configuration files, ready to run.

    overrides: dict laid over the files' content. origin: where it comes from, for messages. read:
    returns the text of a file.
    Raises errors.UserError with one message: the file, the line, the key and what to do.
    """
    paths = [*map(Path, paths)]
    # Paths to files of one's own begin where the first configuration file lies.
    count_own_files_from(paths[0].parent if paths else Path())
    file = load_configuration(paths, overrides, origin, read)
    configuration = file.configuration
    problems = Problems()
    data: dict[str, DataSource] = {}
    plans: dict[str, Plan] = {}
    with problems.noted():
        check_cache(file)
    with problems.noted():
        check_size(file)
    for dataset in dict.fromkeys(study.dataset for study in configuration.studies.values()):
        with problems.noted():
            data[dataset] = _find_data(dataset, file)
    problems.tell()
    for name, study in configuration.studies.items():
        with problems.noted():
            plans[name] = _checked_plan(name, study, data[study.dataset], file)
    problems.tell()
    return Atlas(configuration, data, plans)


def _checked_plan(name: str, study: Study, data: DataSource, file: ConfigFile) -> Plan:
    """Return the plan of a study, checked for what only its plan and its data can tell."""
    check_study(name, study, data.training_images, file)
    try:
        plan = _plan(name, study, data, file.configuration.compute.threads)
    except GridError as error:
        raise file.error(("studies", name), str(error)) from None
    problems = Problems()
    with problems.noted():
        check_reference(plan, study, file)
    with problems.noted():
        check_claims(plan, study, file)
    problems.tell()
    return plan


def atlas_from_snapshot(snapshot: dict) -> Atlas:
    """Return the Atlas of a `snapshot`. Nothing is checked again, no data is looked for."""
    count_own_files_from(Path(snapshot["own_files"]))
    configuration = Configuration.model_validate(snapshot["configuration"])
    data = {name: DataSource(**values) for name, values in snapshot["data"].items()}
    plans = {
        name: _plan(name, study, data[study.dataset], configuration.compute.threads)
        for name, study in configuration.studies.items()
    }
    return Atlas(configuration, data, plans)


def study_definition(atlas: Atlas, name: str) -> dict:
    """Return everything that decides a study's tables, as plain values without order.

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
            "transposed": source.transposed,
        },
        "threads": atlas.configuration.compute.threads,
    }


def runs_definition(atlas: Atlas, name: str) -> dict:
    """Return the definition without what the analysis alone reads.

    Neither runs nor choices depend on that.
    """
    definition = study_definition(atlas, name)
    kept = {key: value for key, value in definition["study"].items() if key not in _ANALYSED}
    data = {key: value for key, value in definition["data"].items() if key != "transposed"}
    return {**definition, "study": kept, "data": data}


_ANALYSED = ("title", "description", "target", "margin", "reference", "claims")


def study_from_definition(definition: dict) -> tuple[Study, Plan]:
    """Return the study and its plan, of what `study_definition` gave."""
    study = Study.model_validate(definition["study"])
    plan = plan_study(
        definition["name"], study, definition["data"]["digest"], definition["threads"]
    )
    return study, plan


def _plan(name: str, study: Study, data: DataSource, threads: int) -> Plan:
    return plan_study(name, study, None if data.canonical else data.digest, threads)


def _sorted_axes(entry: dict) -> dict:
    """Return an optimizer entry (or its `model`) with the values of every axis in one order."""
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
    """Return the data of the configured folder; where none is named, that to be downloaded."""
    configured = getattr(file.configuration.datasets, name)
    if configured.directory is None:
        return DataSource(
            name, None, canonical_digest(name), True, *DATASETS[name].counts, configured.classes
        )
    try:
        contents = inspect_folder(configured.directory)
        refuse_other_set(name, contents, configured.directory)
    except DataError as error:
        raise file.error(
            ("datasets", name, "directory"),
            f"{error}. (Only without `directory` the published data set is downloaded.)",
        ) from None
    return DataSource(
        name,
        configured.directory,
        contents.digest,
        contents.digest == canonical_digest(name),
        contents.training_images,
        contents.test_images,
        configured.classes,
        contents.transposed and not configured.classes,
    )
