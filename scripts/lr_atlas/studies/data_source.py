"""A data set as a configuration finds it: where it lies, its digest, its form and its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lr_atlas.common.errors import UserError
from lr_atlas.common.rounding import compact
from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.configuration import own_data
from lr_atlas.config.dataset_models import CatalogueData
from lr_atlas.config.own_data_models import OwnData
from lr_atlas.data.data_folders import DataError
from lr_atlas.data.datasets import (
    DATASETS,
    canonical_digest,
    inspect_folder,
    refuse_other_set,
    source_of,
)
from lr_atlas.data.stored_form import GREY_IMAGES
from lr_atlas.training.form import Form
from lr_atlas.training.parts import own_files_folder

_DIGEST_LENGTH = 12
#: Kinds of the catalogue whose inputs are no bytes.
NUMBERS = ("sklearn", "mnist1d")


@dataclass(frozen=True)
class DataSource:
    """A data set as this configuration finds it."""

    name: str
    directory: str | None  # the configured folder
    digest: str
    canonical: bool
    training_images: int  # those that the data itself holds out among them
    test_images: int
    given_classes: list[str] | None = None  # as configured
    transposed: bool = False  # whether own images look so
    form: Form = GREY_IMAGES
    class_names: list[str] | None = None  # that data of one's own has
    held_out: int = 0  # training images that the data itself holds out
    own: dict[str, Any] | None = None  # for the job, but for IDX files: values of a data.Source
    notes: tuple[str, ...] = ()  # on what was decided by default
    are_bytes: bool = True  # pixels of 0 to 255; other numbers are standardised
    arguments: dict[str, Any] = field(default_factory=dict)  # that set variants apart
    others: tuple[DataSource, ...] = ()  # variants, of the same form and numbers

    @classmethod
    def from_plain(cls, values: dict) -> DataSource:
        """Return what `to_plain` gave, after it has been JSON."""
        shape, *rest = values["form"]
        lists = {
            "form": Form(tuple(shape), *rest),
            "notes": tuple(values["notes"]),
            "others": tuple(map(cls.from_plain, values["others"])),
        }
        return cls(**{**values, **lists})

    def to_plain(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**vars(self), "others": [each.to_plain() for each in self.others]}

    @property
    def variants(self) -> tuple[DataSource, ...]:
        """Return the data sets that are meant by the name, each with its digest and folder."""
        return (self, *self.others)

    @property
    def arguments_of_variants(self) -> dict[str, dict[str, Any]] | None:
        """Return the arguments of each variant, by its digest; None where there is but one."""
        return {each.digest: each.arguments for each in self.variants} if self.others else None

    @property
    def folder(self) -> str:
        """Return the name of the folder for this data: other data has another one."""
        return f"{self.name}-{self.digest[:_DIGEST_LENGTH]}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one input; (rows, columns) of the published grey images."""
        return self.form.shape

    @property
    def classes_count(self) -> int:
        """Return how many classes there are; 0 in regression."""
        return self.form.classes

    @property
    def outputs(self) -> int:
        """Return how many numbers a network gives: the classes, or the targets in regression."""
        return self.form.outputs

    @property
    def task(self) -> str:
        """Return "classification" or "regression"."""
        return self.form.task

    @property
    def classes(self) -> list[str] | None:
        """Return the names of the classes; None for those of the published data set.

        Other images have other classes, and numbers are true of any.
        """
        if self.given_classes or self.canonical:
            return self.given_classes
        return self.class_names or [str(label) for label in range(self.classes_count)]


def find_data(name: str, file: ConfigFile) -> DataSource:
    """Return the data of that name, of the catalogue or of one's own.

    Raises ConfigError for data that cannot be used.
    """
    own = own_data(file.configuration).get(name)
    return _find_own(name, own, file) if own else _find_published(name, file)


def _find_published(name: str, file: ConfigFile) -> DataSource:
    """Return the data of the configured folder; where none is named, that to be downloaded."""
    configured = getattr(file.configuration.datasets, name)
    if DATASETS[name].kind:
        return _find_of_catalogue(name, configured, file)
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


def _find_of_catalogue(name: str, configured: CatalogueData, file: ConfigFile) -> DataSource:
    """Return published data of other files, whose content its name tells."""
    dataset = DATASETS[name]
    directory = getattr(configured, "directory", None)
    if directory is not None and not Path(directory).is_dir():
        raise file.error(
            ("datasets", name, "directory"),
            f"there is no folder {directory}; it should hold the files of "
            f"torchvision.datasets.{dataset.options['class']} as torchvision keeps them",
        )
    return DataSource(
        name,
        directory,
        canonical_digest(name),
        True,
        *dataset.counts,
        configured.classes,
        form=Form(dataset.shape, dataset.outputs, dataset.task),
        held_out=dataset.held_out,
        own=vars(source_of(name, directory)),
        are_bytes=dataset.kind not in NUMBERS,
    )


def _find_own(name: str, configured: OwnData, file: ConfigFile) -> DataSource:
    first, *others = (
        _find_variant(name, configured, options, file) for options in configured.variants
    )
    for other in others:
        if _numbers(other) != _numbers(first):
            raise file.error(
                ("datasets", name, "arguments"),
                f"with {_in_words(first.arguments)} the data has {_numbers(first)}, with "
                f"{_in_words(other.arguments)} it has {_numbers(other)}; what one study trains on "
                "must have the same. Name a data set for each, and a study for each of these",
            )
    return replace(first, others=tuple(others))


def _numbers(data: DataSource) -> str:
    """Return what variants of data must have in common, in words."""
    classes = f" in the classes {', '.join(data.class_names or [])}" if data.classes_count else ""
    shape = " x ".join(map(str, data.shape))
    return (
        f"inputs of {shape}, {data.training_images} to train on{classes} ({data.held_out} of them "
        f"to validate on), {data.test_images} to test on, for {data.task}"
    )


def _in_words(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{key} {compact(value)}" for key, value in arguments.items())


def _find_variant(
    name: str, configured: OwnData, options: dict[str, Any], file: ConfigFile
) -> DataSource:
    # Only now, since most configurations have no such data, and arrays take time to be imported.
    from lr_atlas.data import sources

    place = ("datasets", name, configured.kind)
    arguments = {key: options["arguments"][key] for key in configured.axes}
    base = str(own_files_folder()) if configured.kind == "python" else ""
    source = sources.Source(configured.kind, configured.place, options, base)
    try:
        found = sources.describe(source)
    except UserError as error:
        said = f"with {_in_words(arguments)}: {error}" if arguments else str(error)
        raise file.error(place, said) from None
    if configured.classes and len(configured.classes) != found.classes:
        said = f"it has {found.classes} classes" if found.classes else "a regression has none"
        raise file.error(
            ("datasets", name, "classes"), f"{len(configured.classes)} names stand here, and {said}"
        )
    return DataSource(
        name,
        configured.place,
        found.digest,
        False,
        found.training,
        found.test,
        configured.classes,
        form=Form(found.shape, found.outputs, found.task),
        class_names=list(found.class_names),
        held_out=found.validation,
        own=vars(source),
        notes=found.notes,
        are_bytes=found.are_bytes,
        arguments=arguments,
    )
